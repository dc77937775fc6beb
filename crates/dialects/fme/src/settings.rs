//! The `[fme]` section of the configuration. Called by [`crate::ENTRY`]; read by the dialect.

use tieline_model::section;

section! {
    /// The stream server.
    pub struct FmeSettings {
        /// Whether a client also receives what it sends itself. A client that reads and writes one stream would then
        /// answer itself for ever, so leave it off unless clients expect it.
        echo: bool = "false",
        /// Path in front of `/websocket` and `/`, as a reverse proxy or an older installation has it: with `"/fme"`
        /// clients connect to `/fme/websocket` or `/fme/`, and to nothing else.
        prefix: String = "\"\"",
        /// Streams whose newest message is kept in memory and given to each client that opens them, as in `["maps.*"]`; `*`
        /// stands for any characters. It stays until a newer one comes or the gateway ends.
        keep_last: Vec<String> = "[]",
    }
}
