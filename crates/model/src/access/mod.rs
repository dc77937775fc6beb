//! Who is there and what it may do: peers, proxies, the origin policy, rights, limits.

pub mod door;
pub mod limits;
pub mod origin;
pub mod peer;
pub mod permit;
pub mod proxies;
