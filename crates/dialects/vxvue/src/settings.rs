//! The `[vxvue]` section of the configuration. Called by [`crate::ENTRY`]; read by the conversation and the room.

use std::time::Duration;
use tieline_model::{choice, section};

section! {
    /// The X-ray console hub.
    pub struct VxvueSettings {
        /// Whether a client that registers is told the current patient, step and exam at once. `false` is strict
        /// behaviour: it hears only what is sent from then on.
        replay_on_register: bool = "true",
        /// What becomes of a command that is not in the VXvue interface.
        unknown_commands: UnknownCommands = "\"forward\"",
        /// How many X-ray consoles may be registered at once.
        consoles: Consoles = "\"many\"",
        /// Whether a client that speaks before it has registered is registered as the type in its `sender`, without a
        /// reply. For devices that take registering for something only receivers have to do.
        register_by_sender: bool = "false",
        /// How long Tieline's own pages show the patient after the last X-ray console has gone. `"0"` hides at once.
        hide_after: Duration = "\"60s\"",
        /// How long after the last X-ray console has gone its exam is forgotten and ended at every display. `"0"` is never.
        source_lost: Duration = "\"10m\"",
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

choice! {
    /// How many X-ray consoles may be registered at once.
    pub enum Consoles {
        /// Any number; the newest message counts, and a warning names both addresses.
        Many = "many",
        /// One: a second one is refused with error 5 while the first is there.
        One = "one",
    }
}
