//! A node as the configuration writes it: by its namespace's place in the list of the server's `namespaces`, because the
//! server's own numbers of namespaces may be others after every restart.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opcua::types::{ByteString, Guid, Identifier, NodeId};

/// A node's address in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAddress {
    /// The place in `namespaces`, from 0; `None` is the standard's own namespace.
    pub(crate) namespace: Option<usize>,
    /// The id within the namespace.
    pub(crate) id: Identifier,
}

impl NodeAddress {
    /// Reads `ns=1;s=Oven.Temperature`, also with `i=`, `g=` and `b=`, and without `ns` for the standard's nodes.
    pub fn parse(text: &str) -> Option<NodeAddress> {
        let (namespace, id) = match text.strip_prefix("ns=") {
            Some(rest) => {
                let (number, id) = rest.split_once(';')?;
                // Numbers only: Rust would read a plus sign too.
                let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
                (number.parse::<u16>().ok().filter(|_| is_number)?, id)
            }
            None => (0, text),
        };
        Some(NodeAddress { namespace: usize::from(namespace).checked_sub(1), id: identifier(id)? })
    }

    /// The node in a server with these namespaces; `namespaces` is the configuration's list. `None`: the namespace is in
    /// one of the two lists only.
    pub fn resolve(&self, namespaces: &[String], of_server: &[String]) -> Option<NodeId> {
        let namespace = match self.namespace {
            None => 0,
            Some(place) => {
                let uri = namespaces.get(place)?;
                u16::try_from(of_server.iter().position(|known| known == uri)?).ok()?
            }
        };
        Some(NodeId { namespace, identifier: self.id.clone() })
    }
}

fn identifier(text: &str) -> Option<Identifier> {
    let (kind, id) = text.split_once('=')?;
    let id = match kind {
        "i" if id.bytes().all(|byte| byte.is_ascii_digit()) => Identifier::Numeric(id.parse().ok()?),
        "s" if !id.is_empty() => Identifier::String(id.into()),
        "g" if id.len() == 36 => Identifier::Guid(id.parse::<Guid>().ok()?),
        "b" => Identifier::ByteString(ByteString::from(STANDARD.decode(id).ok().filter(|bytes| !bytes.is_empty())?)),
        _ => return None,
    };
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_kind_of_id_is_read() {
        let parse = |text: &str| NodeAddress::parse(text).map(|address| (address.namespace, address.id.to_string()));
        assert_eq!(parse("ns=1;i=208"), Some((Some(0), "i=208".to_owned())));
        assert_eq!(parse("ns=2;s=Oven;ns=1=x"), Some((Some(1), "s=Oven;ns=1=x".to_owned())));
        assert_eq!(parse("i=2258"), Some((None, "i=2258".to_owned())));
        assert_eq!(parse("ns=0;i=2258"), Some((None, "i=2258".to_owned())));
        let guid = "72962b91-fa75-4ae6-8d28-b404dc7daf63";
        assert_eq!(parse(&format!("ns=1;g={guid}")), Some((Some(0), format!("g={guid}"))));
        assert_eq!(parse("ns=1;b=AQI="), Some((Some(0), "b=AQI=".to_owned())));
        for wrong in
            ["", "Oven", "ns=1", "ns=1;", "ns=+1;i=2", "ns=70000;i=1", "ns=1;i=-1", "ns=1;i=+1", "ns=1;i=4294967296"]
                .into_iter()
                .chain([
                    "ns=1;s=",
                    "ns=1;g=1",
                    "ns=1;b=!",
                    "ns=1;b=",
                    "ns=1; i=1",
                    "ns=x;i=1",
                    "ns=1;x=1",
                    "ns=;i=1",
                    "i=",
                ])
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_server_counts_its_namespaces_as_it_likes() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let (ours, theirs) = (texts(&["urn:a", "urn:b"]), texts(&["http://opcfoundation.org/UA/", "urn:x", "urn:b"]));
        let resolve = |text| NodeAddress::parse(text).unwrap().resolve(&ours, &theirs).map(|id| id.to_string());
        assert_eq!(resolve("ns=2;i=5"), Some("ns=2;i=5".to_owned()));
        assert_eq!(resolve("i=5"), Some("i=5".to_owned()));
        assert_eq!(resolve("ns=1;i=5"), None);
        assert_eq!(resolve("ns=3;i=5"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), id in any::<String>()) {
            let _ = (NodeAddress::parse(&text), NodeAddress::parse(&format!("ns={id}")));
            prop_assert_eq!(NodeAddress::parse(&format!("ns=1;s={id}")).is_some(), !id.is_empty());
        }
    }
}
