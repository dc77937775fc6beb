//! A structure that a client has written as an object, until its bytes are known.
//!
//! Promises: it is never sent as it is; whoever sends it puts the bytes in its place first, when the type is
//! known, or refuses it.

use opcua::types::{
    BinaryEncodable, Context, EncodingResult, Error, ExpandedMessageInfo, ExpandedNodeId, NodeId, UaNullable,
};
use std::io::Write;

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fields {
    /// The type as the client names it; `None` is the node's own.
    pub(crate) type_id: Option<NodeId>,
    /// The object as it was written.
    pub(crate) json: String,
}

impl BinaryEncodable for Fields {
    fn byte_len(&self, _context: &Context<'_>) -> usize {
        0
    }

    fn encode<S: Write + ?Sized>(&self, _stream: &mut S, _context: &Context<'_>) -> EncodingResult<()> {
        Err(Error::encoding("the bytes of a structure are not known"))
    }
}

impl ExpandedMessageInfo for Fields {
    fn full_type_id(&self) -> ExpandedNodeId {
        ExpandedNodeId::new(self.type_id.clone().unwrap_or_default())
    }

    fn full_json_type_id(&self) -> ExpandedNodeId {
        self.full_type_id()
    }

    fn full_xml_type_id(&self) -> ExpandedNodeId {
        self.full_type_id()
    }

    fn full_data_type_id(&self) -> ExpandedNodeId {
        self.full_type_id()
    }
}

impl UaNullable for Fields {}
