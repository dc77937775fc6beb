//! The `[opcua]` section of the configuration, as far as it is about web clients. Called by [`crate::ENTRY`]; read by the
//! dialect. Servers and how they are reached belong to the backend; the dialect only reads what their variables are called.

use tieline_model::settings::{choice, section};

section! {
    /// JSON access to OPC UA variables.
    pub struct OpcuaSettings {
        /// How numbers, truths and what is empty are written. Clients may send either form whatever is set here.
        scalars: Scalars = "\"string\"",
        /// How exact the times beside a value are written. A value that is itself a time is always exact.
        timestamps: Timestamps = "\"seconds\"",
        /// The most names that one request may ask about; 0 is no bound.
        variables: usize = "10000",
    }
}

choice! {
    /// How numbers, truths and what is empty are written.
    pub enum Scalars {
        /// Every number and truth as a text, nothing and empty lists as the empty text, as the reference does.
        Text = "string",
        /// As JSON has them.
        Native = "native",
    }
}

choice! {
    /// How exact the times beside a value are.
    pub enum Timestamps {
        /// Whole seconds, as the reference does.
        Seconds = "seconds",
        /// With their fraction, down to 100 nanoseconds.
        Exact = "exact",
    }
}
