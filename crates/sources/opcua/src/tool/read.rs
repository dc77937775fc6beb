//! `tieline opcua read`: the present values of variables.
//!
//! Promises: one Read per server, or as few as it allows; a server that cannot be reached does not hide the others.

use super::arguments::Asked;
use super::reach::{Connected, connect};
use super::table::Plain;
use super::variable::{Group, groups};
use super::{FAILED, Trouble, WELL, text};
use opcua::types::{DataValue, NodeId, ReadValueId};
use std::path::Path;
use tieline_model::Desk;

/// Reads and prints; the exit code says whether every value is of use.
pub(super) async fn read(arguments: &Asked, desk: &mut Desk<'_>) -> Result<u8, Trouble> {
    let (groups, store) = groups(&arguments.which, &arguments.way, &arguments.given, desk)?;
    let mut table = Plain::new(&["name", "value", "type", "status", "time"]);
    let (mut code, mut lines) = (WELL, 0);
    for group in &groups {
        let values = match values(group, &store).await {
            Ok(values) => values,
            Err(Trouble::Failed(why)) => {
                code = FAILED;
                writeln!(desk.talk, "error: {why}")?;
                continue;
            }
            Err(trouble) => return Err(trouble),
        };
        for (wanted, (node, value)) in group.wanted.iter().zip(&values) {
            if value.status().is_bad() {
                code = FAILED;
            }
            if arguments.json {
                writeln!(desk.out, "{}", text::line(group, &wanted.name, node, value))?;
                continue;
            }
            lines += 1;
            let cells = [text::shown(value), text::type_of(value), text::status_of(value), text::time_of(value)];
            table.add([wanted.name.clone()].into_iter().chain(cells));
        }
    }
    if lines > 0 {
        write!(desk.out, "{}", table.text())?;
    }
    Ok(code)
}

async fn values(group: &Group, store: &Path) -> Result<Vec<(NodeId, DataValue)>, Trouble> {
    let connected = connect(&group.target, store).await?;
    let read = read_all(group, &connected).await;
    connected.close().await;
    read
}

async fn read_all(group: &Group, connected: &Connected) -> Result<Vec<(NodeId, DataValue)>, Trouble> {
    let nodes = nodes(group, connected)?;
    let asked: Vec<ReadValueId> = nodes.iter().cloned().map(ReadValueId::from).collect();
    Ok(nodes.into_iter().zip(connected.read(&asked).await?).collect())
}

/// The nodes of everything that is wanted.
pub(super) fn nodes(group: &Group, connected: &Connected) -> Result<Vec<NodeId>, Trouble> {
    group.wanted.iter().map(|wanted| wanted.node(&group.target, &connected.namespaces)).collect()
}
