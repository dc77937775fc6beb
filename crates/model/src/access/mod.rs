//! Who is there and what it may do: peers, proxies, the origin policy, rights, limits.

pub mod limits;
pub mod origin;
pub mod origin_policy;
pub mod peer;
pub mod permit;
pub mod proxies;
