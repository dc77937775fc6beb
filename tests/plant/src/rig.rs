//! A gateway in front of a plant: its configuration, its folder, and the waiting until it is connected.

use super::words::plant;
use super::{Library, Scalars, Web, at_last, types};
use tempfile::TempDir;
use tieline_testkit::{Done, Failure, TestGateway};

/// A gateway with a folder of its own. Its time is the system's, since that of its servers is too.
pub struct Rig {
    /// The gateway.
    pub gateway: TestGateway,
    /// Its store is in `store` below this.
    pub folder: TempDir,
}

impl Rig {
    /// Starts a gateway in front of the server on `port`, with these further keys of the section and of the server.
    pub fn start(port: u16, section_keys: &str, server_keys: &str) -> Done<Rig> {
        let folder = tempfile::tempdir().map_err(|error| Failure(format!("a folder: {error}")))?;
        Ok(Rig::on(folder, &section(port, section_keys, server_keys)))
    }

    /// The same with a folder that is there and a whole section.
    pub fn on(folder: TempDir, section: &str) -> Rig {
        let store = folder.path().join("store");
        let gateway = TestGateway::in_real_time(&format!("[store]\npath = {store:?}\n{section}"));
        Rig { gateway, folder }
    }

    /// A gateway with all defaults that writes scalars this way, connected.
    pub async fn connected(port: u16, scalars: Scalars) -> Done<(Rig, Web)> {
        let rig = Rig::start(port, &format!("scalars = \"{}\"", scalars.word()), "")?;
        let web = rig.web().await?;
        Ok((rig, web))
    }

    /// A client, once the gateway has found its server.
    pub async fn web(&self) -> Done<Web> {
        let mut web = Web::connect(&self.gateway).await?;
        at_last("the server is found", async {
            while web.read("Place").await?.get("Value").is_none() {
                tokio::task::yield_now().await;
            }
            Ok(())
        })
        .await?;
        Ok(web)
    }
}

/// The section for the plant on `port`: every variable of it under its own name.
pub fn section(port: u16, section_keys: &str, server_keys: &str) -> String {
    let mut text = bare(port, section_keys, server_keys);
    // What the second library cannot hold is in the values alone.
    for kind in types(Library::Asyncua) {
        text += &variable(&format!("Scalar.{}", kind.name), kind.builtin(), "");
        text += &variable(&format!("Array.{}", kind.name), kind.builtin(), "array = true");
    }
    for (name, kind, more) in [
        ("Scalar.Variant", "Variant", ""),
        ("Array.Variant", "Variant", "array = true"),
        ("Odd.Matrix", "Double", "array = true"),
        ("Odd.Empty", "Int32", "array = true"),
        ("Odd.Null", "Int32", ""),
        ("Odd.ReadOnly", "Int32", ""),
        ("Odd.Bad", "Int32", ""),
        ("Odd.Uncertain", "Int32", ""),
        ("Odd.Slow", "Int32", ""),
        ("Counter", "Int32", ""),
        ("Place", "String", ""),
        ("Missing", "Int32", ""),
        ("History.Ramp", "Double", ""),
        ("History.None", "Double", ""),
    ] {
        text += &variable(name, kind, more);
    }
    for number in 0..10 {
        text += &variable(&format!("Load.{number}"), "Int32", "");
    }
    let ids = ["ns=1;i=4001", "ns=1;g=12345678-1234-5678-9ABC-123456789ABC", "ns=1;b=AAH/", "ns=2;s=Place", "ns=3;i=1"];
    for (node, (name, kind)) in ids.iter().zip([
        ("Id.1", "Double"),
        ("Id.2", "Double"),
        ("Id.3", "Double"),
        ("Spare", "String"),
        ("Nowhere", "Int32"),
    ]) {
        text += &format!("[[opcua.server.variable]]\nname = \"{name}\"\nnode = \"{node}\"\ntype = \"{kind}\"\n");
    }
    text
}

/// The same without any variable.
pub fn bare(port: u16, section_keys: &str, server_keys: &str) -> String {
    format!("[opcua]\n{section_keys}\n[[opcua.server]]\n{}\n{server_keys}\n", server("plant", port))
}

fn server(name: &str, port: u16) -> String {
    let names: Vec<String> = plant()["namespaces"].as_array().into_iter().flatten().map(ToString::to_string).collect();
    let namespaces = format!("[{}, \"urn:tieline:test:absent\"]", names.join(", "));
    // Every change is of interest here, however fast it goes.
    let every = "sampling = \"0\"\nqueue = 100";
    format!("name = \"{name}\"\nendpoint = \"opc.tcp://127.0.0.1:{port}\"\nnamespaces = {namespaces}\n{every}")
}

/// A variable of the plant under its own name, with further keys.
pub fn variable(name: &str, kind: &str, more: &str) -> String {
    format!("[[opcua.server.variable]]\nname = \"{name}\"\nnode = \"ns=1;s={name}\"\ntype = \"{kind}\"\n{more}\n")
}
