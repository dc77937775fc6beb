//! `tieline opcua folders`: what the configured folders hold, as the gateway would find it now.
//!
//! Promises: reads only; what a bound cuts off is said.

use super::arguments::Folders;
use super::reach::{Connected, connect};
use super::target::Target;
use super::{configured, status};
use serde_json::json;
use tieline_commandline::{FAILED, Failure, Plain, WELL};
use tieline_model::ToolContext;
use tieline_opcua_client::folders::{Held, look};
use tieline_opcua_settings::{FolderSettings, OpcuaSettings, ServerSettings};

/// Looks and prints; the exit code says whether every folder is there as a whole.
pub(super) async fn folders(arguments: &Folders, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let said = configured(context, &arguments.given)?;
    let settings = OpcuaSettings::from_values(&said.values);
    let mut targets = Vec::new();
    for name in &arguments.servers {
        targets.push(Target::find(name, &settings, &arguments.way)?);
    }
    if arguments.servers.is_empty() {
        let with = settings.server.iter().filter(|server| !server.folder.is_empty());
        targets = with.map(|server| Target::configured(server, &arguments.way)).collect::<Result<_, _>>()?;
    }
    if targets.iter().all(|target| target.server.folder.is_empty()) {
        return Err(Failure::Usage("no server has a `folder`: add [[opcua.server.folder]] to one".to_owned()));
    }
    let mut code = WELL;
    for target in &targets {
        let connected = connect(target, &said.store).await?;
        for folder in &target.server.folder {
            code = code.max(told(&target.server, folder, &connected, arguments.json, context).await?);
        }
        connected.close().await;
    }
    Ok(code)
}

async fn told(
    server: &ServerSettings,
    folder: &FolderSettings,
    connected: &Connected,
    is_json: bool,
    context: &mut ToolContext<'_>,
) -> Result<u8, Failure> {
    let found = look(&connected.asking, folder, &server.namespaces, &connected.namespaces).await;
    let Held { variables, is_cut, unopened } = match found {
        Ok(held) => held,
        Err(why) => {
            let why = status::name(why);
            writeln!(
                context.diagnostics,
                "error: {}: the folder {} cannot be looked through: {why}",
                server.name, folder.node
            )?;
            return Ok(FAILED);
        }
    };
    let mut table = Plain::new(&["name", "node", "type", "access"]);
    for one in &variables {
        let kind = format!("{}{}", one.data_type, if one.is_array { "[]" } else { "" });
        let access = if one.is_writable { "rw" } else { "r" };
        if is_json {
            let line = json!({
                "server": server.name, "name": one.name, "node": one.node.to_string(), "type": one.data_type,
                "array": one.is_array, "writable": one.is_writable,
            });
            writeln!(context.out, "{line}")?;
        } else {
            table.add([one.name.as_str(), &one.node.to_string(), &kind, access]);
        }
    }
    if !is_json && !variables.is_empty() {
        write!(context.out, "{}", table.text())?;
    }
    writeln!(context.diagnostics, "{}: the folder {} holds {} variables.", server.name, folder.node, variables.len())?;
    if unopened > 0 {
        writeln!(
            context.diagnostics,
            "What may be below {unopened} nodes at the last level was not looked at: see `depth`."
        )?;
    }
    if is_cut {
        writeln!(context.diagnostics, "There are more than `most`, {}: the rest is left out.", folder.most)?;
    }
    Ok(if is_cut { FAILED } else { WELL })
}
