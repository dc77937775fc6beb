//! The one place where rights are asked for, before the hub.
//!
//! Called by transport's sessions and by the console for what they publish. Rules come with the gateway; without any,
//! each right's own standing decides (contract `access`, section Rights).

use crate::{Peer, Reason, Refusal, Right, Standing, safe};

/// Decides whether a client may do something.
pub trait Permit: Send + Sync {
    /// Refuses with [`Reason::NotPermitted`] what the client has no right to.
    fn permit(&self, peer: &Peer, right: &Right) -> Result<(), Refusal>;
}

/// Rights when nothing is configured: what each right's standing says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standings;

impl Permit for Standings {
    fn permit(&self, peer: &Peer, right: &Right) -> Result<(), Refusal> {
        match right.standing {
            Standing::Everyone => Ok(()),
            Standing::Loopback if peer.is_local() => Ok(()),
            Standing::Loopback => {
                let detail = safe!("{} is allowed from this machine only", right.verb);
                Err(Refusal::new(Reason::NotPermitted, detail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionId;

    #[test]
    fn loopback_rights_stop_at_the_machine() {
        let right = Right { verb: "x.admin", topics: Vec::new(), standing: Standing::Loopback };
        for (address, forwarded, allowed) in [
            ("127.0.0.1:1", false, true),
            ("[::1]:1", false, true),
            ("[::ffff:127.0.0.1]:1", false, true),
            ("192.0.2.1:1", false, false),
            // Through a web server on this machine, or one that says it comes from here.
            ("127.0.0.1:1", true, false),
            ("[::1]:1", true, false),
        ] {
            let address = address.parse().unwrap();
            let peer = Peer { session: SessionId::NONE, address, forwarded, target: "/".into() };
            assert_eq!(Standings.permit(&peer, &right).is_ok(), allowed, "{address} {forwarded}");
        }
    }
}
