//! `tieline opcua browse`: what a server has, as a tree, as lines for programs, or as configuration to copy.
//!
//! Promises: reads only; bounded, and says so when the bound cut something off.

mod configuration;
mod details;
mod found;
mod progress;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

use super::arguments::Browse;
use super::reach::{Connected, connect};
use super::target::Target;
use super::{configured, variable};
use found::Found;
use opcua::types::{NodeClass, NodeId};
use progress::Progress;
use tieline_commandline::{FAILED, Failure, WELL, printable};
use tieline_model::ToolContext;
use tieline_opcua_settings::import::to_toml;
use tieline_opcua_settings::{OpcuaSettings, ServerSettings};
use tieline_opcua_values::Structures;

/// How many levels are opened, for a look and for a search.
const LOOK: u16 = 3;
const SEARCH: u16 = 32;

/// Walks and prints; the exit code says whether anything was found.
pub(super) async fn browse(arguments: &Browse, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let said = configured(context, &arguments.given)?;
    let settings = OpcuaSettings::from_values(&said.values);
    let target = Target::find(&arguments.target, &settings, &arguments.way)?;
    let connected = connect(&target, &said.store).await?;
    let done = look(arguments, &connected, context).await;
    let settings = as_reached(&target, &connected);
    let known = (connected.namespaces.clone(), connected.structures.clone());
    connected.close().await;
    let (found, kept) = done?;
    print(arguments, &found, &kept, &settings, (&known.0, &known.1), context)
}

/// What is there, and which of it is wanted.
async fn look(
    arguments: &Browse,
    connected: &Connected,
    context: &mut ToolContext<'_>,
) -> Result<(Found, Vec<bool>), Failure> {
    let mut progress = Progress::new(context.is_terminal);
    let plan = plan(arguments, &connected.namespaces)?;
    let found = walk::walk(connected, &plan, |count| progress.show(count, context.diagnostics)).await;
    progress.stop(context.diagnostics)?;
    let mut found = found?;
    let kept = match &arguments.search {
        Some(text) => found.matching(text),
        None => vec![true; found.nodes.len()],
    };
    // As configuration only what matches, in a tree the way to it as well.
    let kept = if is_configuration(arguments) { kept } else { found.with_way(kept) };
    details::describe(connected, &mut found, &kept).await?;
    Ok((found, kept))
}

fn plan(arguments: &Browse, namespaces: &[String]) -> Result<walk::Plan, Failure> {
    let node = |text: &String| variable::node(text, namespaces).map_err(Failure::Usage);
    let roots = match (arguments.config_for.as_slice(), &arguments.node) {
        ([], Some(text)) => vec![node(text)?],
        ([], None) => vec![NodeId::objects_folder_id()],
        (nodes, _) => nodes.iter().map(node).collect::<Result<_, _>>()?,
    };
    let is_search = arguments.toml || arguments.search.is_some();
    let depth = match arguments.depth {
        Some(depth) => depth,
        None if !arguments.config_for.is_empty() => 0,
        None if is_search => SEARCH,
        None => LOOK,
    };
    Ok(walk::Plan { roots, depth: usize::from(depth), most: arguments.most as usize })
}

fn is_configuration(arguments: &Browse) -> bool {
    arguments.toml || !arguments.config_for.is_empty()
}

fn print(
    arguments: &Browse,
    found: &Found,
    kept: &[bool],
    settings: &ServerSettings,
    (namespaces, structures): (&[String], &Structures),
    context: &mut ToolContext<'_>,
) -> Result<u8, Failure> {
    if found.is_cut {
        let most = arguments.most;
        writeln!(
            context.diagnostics,
            "There is more than these {most} nodes: --most raises the bound, --node begins further down."
        )?;
    }
    let is_kept = |at: usize| kept.get(at) == Some(&true);
    if !(0..found.nodes.len()).any(is_kept) {
        writeln!(context.diagnostics, "Nothing was found. --depth looks deeper, --node begins elsewhere.")?;
        return Ok(FAILED);
    }
    if is_configuration(arguments) {
        let is_variable = |node: &found::Node| node.class == NodeClass::Variable;
        let mut code = WELL;
        for node in found.nodes.iter().filter(|node| !arguments.config_for.is_empty() && !is_variable(node)) {
            writeln!(
                context.diagnostics,
                "error: {} is no variable; --node and --toml take what is below it",
                node.id
            )?;
            code = FAILED;
        }
        if !found.nodes.iter().enumerate().any(|(at, node)| is_kept(at) && is_variable(node)) {
            writeln!(context.diagnostics, "No variable was found. --depth looks deeper, --node begins elsewhere.")?;
            return Ok(FAILED);
        }
        let (server, left) = configuration::server(found, kept, settings, namespaces);
        write!(context.out, "{}", to_toml(&server))?;
        return left_out(found, &left, context).map(|()| code);
    }
    if arguments.json {
        for line in tree::lines(found, kept, namespaces, structures) {
            writeln!(context.out, "{line}")?;
        }
    } else {
        write!(context.out, "{}", tree::tree(found, kept, structures))?;
    }
    Ok(WELL)
}

/// Says what is not among the variables that were printed.
fn left_out(found: &Found, left: &[NodeId], context: &mut ToolContext<'_>) -> Result<(), Failure> {
    if found.unopened > 0 {
        let count = found.unopened;
        writeln!(
            context.diagnostics,
            "What may be below {count} nodes at the last level was not looked at: --depth looks deeper."
        )?;
    }
    let closed = found.nodes.iter().filter(|node| node.below == found::Below::Refused).count();
    if closed > 0 {
        writeln!(context.diagnostics, "{closed} nodes cannot be opened, at least not by this user.")?;
    }
    if let Some(first) = left.first() {
        let (count, first) = (left.len(), printable(&first.to_string()));
        let why = "no configuration can name them: no name, no namespace, or an empty id";
        writeln!(context.diagnostics, "{count} variables were left out, the first of them {first}: {why}.")?;
    }
    Ok(())
}

/// The settings with what was found out on the way there.
fn as_reached(target: &Target, connected: &Connected) -> ServerSettings {
    let mut settings = target.server.clone();
    (settings.security_policy, settings.security_mode) = connected.security;
    if settings.name.is_empty() {
        let word: String =
            connected.server_name.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c)).collect();
        let word = word.split_whitespace().collect::<Vec<_>>().join("-");
        settings.name = if word.is_empty() { "server".to_owned() } else { word };
    }
    settings
}
