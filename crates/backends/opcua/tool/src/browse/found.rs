//! What was found in an address space, as plain data.
//!
//! Promises: every node is told once with what is below it; where it is met again it is only named. Made by `walk`, read
//! by what prints it.

use opcua::types::{DataValue, NodeClass, NodeId};

/// Nodes in the order in which they were met: whoever is above comes first.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The nodes.
    pub(super) nodes: Vec<Node>,
    /// Whether the bound was met, so that there is more.
    pub(super) is_cut: bool,
    /// What may be below so many nodes was not looked at, since the depth was reached.
    pub(super) unopened: usize,
}

/// One node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Its address.
    pub(super) id: NodeId,
    /// The node it was met below.
    pub(super) parent: Option<usize>,
    /// How many levels it is below where the walk began.
    pub(super) depth: usize,
    /// Its browse name, without the namespace.
    pub(super) name: String,
    /// What people are to call it.
    pub(super) display: String,
    /// What it is.
    pub(super) class: NodeClass,
    /// Why what is below it is not here.
    pub(super) below: Below,
    /// For variables: properties by their names, for units and limits.
    pub(super) properties: Vec<(String, NodeId)>,
    /// For variables that were looked at closely.
    pub(super) variable: Option<Variable>,
}

/// What is known of what is below a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Below {
    /// It is here, if there is any.
    Opened,
    /// Not asked for: the depth was reached, or it is the server's diagnostics.
    Closed,
    /// The node was met before, and is opened there.
    Before,
    /// The server did not say.
    Refused,
}

/// What a variable is.
#[derive(Debug, Clone, Default)]
pub(super) struct Variable {
    /// The name of its built-in type.
    pub(super) data_type: String,
    /// Whether it is an array.
    pub(super) is_array: bool,
    /// Whether its value may be read, written, and read from history.
    pub(super) access: [bool; 3],
    /// Its value.
    pub(super) value: DataValue,
    /// Its unit, as people write it.
    pub(super) unit: Option<String>,
    /// The limits that it normally stays within.
    pub(super) limits: Option<(f64, f64)>,
}

impl Found {
    /// The browse names from the top to the node.
    pub(super) fn path(&self, at: usize) -> String {
        let mut names = Vec::new();
        let mut next = Some(at);
        while let Some(node) = next.and_then(|at| self.nodes.get(at)) {
            names.push(node.name.as_str());
            next = node.parent;
        }
        names.reverse();
        names.join("/")
    }

    /// Which nodes hold `text`, in upper or lower case, in path below the start, display name or address.
    pub(super) fn matching(&self, text: &str) -> Vec<bool> {
        let text = text.to_lowercase();
        let holds = |hay: &str| hay.to_lowercase().contains(&text);
        let is_match =
            |(at, node): (usize, &Node)| holds(&self.path(at)) || holds(&node.display) || holds(&node.id.to_string());
        self.nodes.iter().enumerate().map(is_match).collect()
    }

    /// The same with every node on the way to one that is kept.
    pub(super) fn with_way(&self, mut kept: Vec<bool>) -> Vec<bool> {
        for at in (0..self.nodes.len()).rev() {
            if kept.get(at) == Some(&true)
                && let Some(above) = self.nodes.get(at).and_then(|node| node.parent)
                && let Some(above) = kept.get_mut(above)
            {
                *above = true;
            }
        }
        kept
    }

    /// The nodes right below one, in the server's order.
    pub(super) fn below(&self) -> Vec<Vec<usize>> {
        let mut below = vec![Vec::new(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            if let Some(list) = node.parent.and_then(|parent| below.get_mut(parent)) {
                list.push(at);
            }
        }
        below
    }
}

impl Variable {
    /// `rw`, and `h` when there is a history.
    pub(super) fn access(&self) -> String {
        let marks = self.access.iter().zip(['r', 'w', 'h']);
        let text: String = marks.filter(|(has, _)| **has).map(|(_, mark)| mark).collect();
        if text.is_empty() { "-".to_owned() } else { text }
    }

    /// `Double`, or `Double[]`.
    pub(super) fn kind(&self) -> String {
        format!("{}{}", self.data_type, if self.is_array { "[]" } else { "" })
    }
}
