//! The `[vxvue]` section of the configuration. Called by [`crate::ENTRY`]; read by the conversation.

use tieline_model::{choice, section};

section! {
    /// The X-ray console hub.
    pub struct VxvueSettings {
        /// Whether a client that registers is told the current patient, step and exam at once. `false` is strict
        /// behaviour: it hears only what is sent from then on.
        replay_on_register: bool = "true",
        /// What becomes of a command that is not in the VXvue interface.
        unknown_commands: UnknownCommands = "\"forward\"",
    }
}

choice! {
    /// What becomes of a command that is not in the VXvue interface.
    pub enum UnknownCommands {
        /// Passed on unread to whom it is addressed.
        Forward = "forward",
        /// Refused with error 2.
        Reject = "reject",
    }
}
