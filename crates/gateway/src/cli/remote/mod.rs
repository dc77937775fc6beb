//! Commands that ask a running gateway: `tieline tail`, `tieline send`.

mod http;
pub(super) mod send;
pub(super) mod tail;
