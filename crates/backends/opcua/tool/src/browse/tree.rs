//! What was found, as a tree for people and as lines for programs.
//!
//! Promises: one node, one line; nothing a server says can command a terminal. Called by `tieline opcua browse`.

use super::found::{Below, Found, Node};
use crate::text;
use opcua::types::NodeClass;
use serde_json::{Value as Json, json};
use tieline_commandline::printable;
use tieline_opcua_values::Structures;

/// The longest value in a tree, in characters.
const LONGEST: usize = 60;

/// The tree of the nodes that are kept.
pub(super) fn tree(found: &Found, kept: &[bool], structures: &Structures) -> String {
    let below = found.below();
    let is_kept = |at: &usize| kept.get(*at) == Some(&true);
    let mut out = String::new();
    let roots = (0..found.nodes.len()).filter(|at| found.nodes.get(*at).is_some_and(|node| node.parent.is_none()));
    // Each with what stands before its own line and before those below it; the last is the next.
    let mut waiting: Vec<(usize, String, String)> =
        roots.filter(is_kept).map(|at| (at, String::new(), String::new())).collect();
    waiting.reverse();
    while let Some((at, own, under)) = waiting.pop() {
        let Some(node) = found.nodes.get(at) else { continue };
        out.push_str(&own);
        out.push_str(&line(node, structures));
        out.push('\n');
        let children: Vec<usize> = below.get(at).into_iter().flatten().copied().filter(is_kept).collect();
        let last = children.last().copied();
        for child in children.into_iter().rev() {
            let (mark, rest) = if Some(child) == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            waiting.push((child, format!("{under}{mark}"), format!("{under}{rest}")));
        }
    }
    out
}

fn line(node: &Node, structures: &Structures) -> String {
    let name = printable(&node.name);
    let name = match node.class {
        NodeClass::Variable => name,
        NodeClass::Method => format!("{name}()"),
        _ => format!("{name}/"),
    };
    let mut line = format!("{name}  {}", printable(&node.id.to_string()));
    if !node.display.is_empty() && node.display != node.name {
        line.push_str(&format!("  \"{}\"", printable(&node.display)));
    }
    if let Some(variable) = &node.variable {
        line.push_str(&format!("  {} {}", variable.kind(), variable.access()));
        let value = text::cut(&text::shown(&variable.value, structures), LONGEST);
        if !value.is_empty() {
            line.push_str(&format!(" = {value}"));
        }
        if let Some(unit) = &variable.unit {
            line.push_str(&format!(" {}", printable(unit)));
        }
        if let Some((low, high)) = variable.limits {
            line.push_str(&format!(" [{low} … {high}]"));
        }
        let status = text::status_of(&variable.value);
        if !status.is_empty() {
            line.push_str(&format!("  {status}"));
        }
    }
    line.push_str(match node.below {
        Below::Opened => "",
        Below::Closed if node.class == NodeClass::Variable || node.class == NodeClass::Method => "",
        Below::Closed => "  (not opened)",
        Below::Before => "  (above)",
        Below::Refused => "  (cannot be opened)",
    });
    line
}

/// One JSON object per node that is kept.
pub(super) fn lines(found: &Found, kept: &[bool], namespaces: &[String], structures: &Structures) -> Vec<String> {
    let each = found.nodes.iter().enumerate().filter(|(at, _)| kept.get(*at) == Some(&true));
    each.map(|(at, node)| {
        let mut line = json!({
            "path": found.path(at), "node": node.id.to_string(),
            "namespace": namespaces.get(usize::from(node.id.namespace)),
            "class": format!("{:?}", node.class), "name": node.name, "display": node.display,
        });
        if let (Some(variable), Some(line)) = (&node.variable, line.as_object_mut()) {
            let data =
                serde_json::from_str::<Json>(&text::event_form(&variable.value, structures)).unwrap_or(Json::Null);
            line.insert("type".to_owned(), variable.data_type.as_str().into());
            line.insert("array".to_owned(), variable.is_array.into());
            line.insert("access".to_owned(), variable.access().into());
            line.insert("unit".to_owned(), variable.unit.as_deref().into());
            line.insert("limits".to_owned(), json!(variable.limits));
            line.insert("data".to_owned(), data);
        }
        line.to_string()
    })
    .collect()
}
