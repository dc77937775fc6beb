//! The words of the product: splitting a request into its parts, how answers and updates begin, and how a value in event
//! form is written for clients. Called by the rest of the dialect; knows no topic.

pub(crate) mod fields;
pub(crate) mod head;
pub(crate) mod request;
pub(crate) mod style;
