//! `tieline opcua read`: the present values of variables.
//!
//! Promises: one Read per server, or as few as it allows; a server that cannot be reached does not hide the others.

use super::arguments::Asked;
use super::reach::{Connected, connect};
use super::text;
use super::variable::{Group, groups};
use opcua::types::{DataValue, NodeId, ReadValueId};
use std::path::Path;
use std::sync::Arc;
use tieline_commandline::{FAILED, Failure, Plain, WELL};
use tieline_model::ToolContext;
use tieline_opcua_values::Structures;

/// Reads and prints; the exit code says whether every value is of use.
pub(super) async fn read(arguments: &Asked, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let (groups, store) = groups(&arguments.which, &arguments.way, &arguments.given, context)?;
    let mut table = Plain::new(&["name", "value", "type", "status", "time"]);
    let (mut code, mut lines) = (WELL, 0);
    for group in &groups {
        let (values, structures) = match values(group, &store).await {
            Ok(read) => read,
            Err(Failure::Failed(why)) => {
                code = FAILED;
                writeln!(context.diagnostics, "error: {why}")?;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        for (wanted, (node, value)) in group.wanted.iter().zip(&values) {
            if value.status().is_bad() {
                code = FAILED;
            }
            if arguments.json {
                writeln!(context.out, "{}", text::line(group, &wanted.name, node, value, &structures))?;
                continue;
            }
            lines += 1;
            let (value, rest) =
                (text::shown(value, &structures), [text::type_of(value), text::status_of(value), text::time_of(value)]);
            table.add([wanted.name.clone(), value].into_iter().chain(rest));
        }
    }
    if lines > 0 {
        write!(context.out, "{}", table.text())?;
    }
    Ok(code)
}

/// What was read of each node.
type Values = Vec<(NodeId, DataValue)>;

async fn values(group: &Group, store: &Path) -> Result<(Values, Arc<Structures>), Failure> {
    let connected = connect(&group.target, store).await?;
    let (read, structures) = (read_all(group, &connected).await, connected.structures.clone());
    connected.close().await;
    Ok((read?, structures))
}

async fn read_all(group: &Group, connected: &Connected) -> Result<Values, Failure> {
    let nodes = nodes(group, connected)?;
    let asked: Vec<ReadValueId> = nodes.iter().cloned().map(ReadValueId::from).collect();
    let values = connected.read(&asked).await?;
    connected.learn(&values).await;
    Ok(nodes.into_iter().zip(values).collect())
}

/// The nodes of everything that is wanted.
pub(super) fn nodes(group: &Group, connected: &Connected) -> Result<Vec<NodeId>, Failure> {
    group.wanted.iter().map(|wanted| wanted.node(&group.target, &connected.namespaces)).collect()
}
