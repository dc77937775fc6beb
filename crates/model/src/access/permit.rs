//! The one place where rights are asked for, before the hub.
//!
//! Called by transport's sessions and by the console for what they publish. Rules come with the gateway; without any,
//! each right's own default grant decides (contract `access`, section Rights).

use crate::{DefaultGrant, Peer, Reason, Refusal, Right, safe};

/// Decides whether a client may do something.
pub trait Permit: Send + Sync {
    /// Refuses with [`Reason::NotPermitted`] what the client has no right to.
    fn permit(&self, peer: &Peer, right: &Right) -> Result<(), Refusal>;
}

/// Rights when nothing is configured: what each right's default grant says.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultGrants;

impl Permit for DefaultGrants {
    fn permit(&self, peer: &Peer, right: &Right) -> Result<(), Refusal> {
        match right.default_grant {
            DefaultGrant::Everyone => Ok(()),
            DefaultGrant::Loopback if peer.is_local() => Ok(()),
            DefaultGrant::Loopback => {
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
        let right = Right { verb: "x.admin", topics: Vec::new(), default_grant: DefaultGrant::Loopback };
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
            assert_eq!(DefaultGrants.permit(&peer, &right).is_ok(), allowed, "{address} {forwarded}");
        }
    }
}
