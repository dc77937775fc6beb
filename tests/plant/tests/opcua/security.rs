//! Who may speak with a server, and how: every policy and mode, names and passwords, certificates that a person trusts.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::json;
use std::fs;
use tempfile::TempDir;
use tieline_opcua_client::trust;
use tieline_opcua_tests::{Library, Plant, Proxy, Rig, Web, at_last, section};

const POLICIES: [&str; 3] = ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"];

/// A folder whose store trusts the server already.
fn trusting(plant: &Plant) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    trust::add(&folder.path().join("store"), plant.certificate().to_str().unwrap()).unwrap();
    folder
}

/// The keys of a server for this policy and mode; with a user, its password in a file of the folder.
fn keys(folder: &TempDir, policy: &str, mode: &str, password: Option<&str>) -> String {
    let user = password.map_or_else(String::new, |password| {
        let file = folder.path().join("password");
        fs::write(&file, format!("{password}\n")).unwrap();
        format!("user = \"operator\"\npassword_file = {file:?}\n")
    });
    format!("security_policy = \"{policy}\"\nsecurity_mode = \"{mode}\"\n{user}")
}

async fn not_connected(web: &mut Web) {
    assert_eq!(web.read("Place").await.unwrap(), json!({ "StatusCode": "BadNotConnected" }));
}

async fn every_policy(library: Library) {
    let plant = Plant::start(library, &["--secure", "--no-none"]).await.unwrap();
    for policy in POLICIES {
        for mode in ["Sign", "SignAndEncrypt"] {
            for password in [None, Some("op-secret")] {
                let folder = trusting(&plant);
                let section = section(plant.port(), "", &keys(&folder, policy, mode, password));
                let rig = Rig::on(folder, &section);
                let mut web =
                    rig.web().await.unwrap_or_else(|failure| panic!("{policy} {mode} {password:?}: {failure}"));
                assert_eq!(web.write("Counter", 6, &json!("3")).await.unwrap(), None, "{policy} {mode} {password:?}");
                assert_eq!(web.read("Counter").await.unwrap()["Value"]["Body"], "3", "{policy} {mode} {password:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_policy_with_asyncua() {
    every_policy(Library::Asyncua).await;
}

#[tokio::test]
async fn every_policy_with_node_opcua() {
    every_policy(Library::NodeOpcua).await;
}

/// A server nobody knows is refused until a person trusts it, while the gateway runs.
#[tokio::test]
async fn trusted_by_hand() {
    for library in Library::ALL {
        let plant = Plant::start(library, &["--secure", "--no-none"]).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let section = section(plant.port(), "retry = \"1s\"", &keys(&folder, "Basic256Sha256", "SignAndEncrypt", None));
        let rig = Rig::on(folder, &section);
        let mut web = Web::connect(&rig.gateway).await.unwrap();
        let handle = web.monitor("Place").await.unwrap();
        let mut refused = Vec::new();
        at_last("the certificate is kept", async {
            while refused.is_empty() {
                refused = trust::list(&store).unwrap_or_default();
                tokio::task::yield_now().await;
            }
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(refused.len(), 1, "{library:?}");
        assert_eq!(refused[0].state, trust::State::Rejected, "{library:?}");
        assert!(refused[0].uri.starts_with("urn:tieline:test:"), "{library:?}: {}", refused[0].uri);
        not_connected(&mut web).await;
        trust::add(&store, &refused[0].thumbprint).unwrap();
        let updates = web.updates_until(&handle, "plant").await.unwrap();
        assert!(updates.iter().all(|update| update == "BadNotConnected"), "{library:?}: {updates:?}");
    }
}

/// A wrong password is not tried again and again: accounts are locked by that.
#[tokio::test]
async fn a_wrong_password() {
    for library in Library::ALL {
        let plant = Plant::start(library, &["--secure", "--no-none", "--users"]).await.unwrap();
        let proxy = Proxy::start(plant.port()).await.unwrap();
        let folder = trusting(&plant);
        let keys = keys(&folder, "Basic256Sha256", "SignAndEncrypt", Some("wrong"));
        let rig = Rig::on(folder, &section(proxy.port(), "retry = \"500ms\"", &keys));
        let mut web = Web::connect(&rig.gateway).await.unwrap();
        at_last("the first attempt", async {
            while proxy.made() == 0 {
                tokio::task::yield_now().await;
            }
            Ok(())
        })
        .await
        .unwrap();
        // Five times as long as it waits for a server that is only away.
        let rest = std::time::Duration::from_millis(2500);
        let watched = tokio::time::timeout(rest, std::future::pending::<()>()).await;
        assert!(watched.is_err());
        not_connected(&mut web).await;
        assert!(proxy.made() <= 4, "{library:?}: {} connections", proxy.made());
    }
}

/// Without encryption a password is sent only when somebody has said so.
#[tokio::test]
async fn a_password_in_the_open() {
    let plant = Plant::start(Library::Asyncua, &["--users"]).await.unwrap();
    let open = |further: &str| {
        let folder = tempfile::tempdir().unwrap();
        let keys = format!("{}{further}", keys(&folder, "None", "None", Some("op-secret")));
        Rig::on(folder, &section(plant.port(), "retry = \"500ms\"", &keys))
    };
    let allowed = open("insecure_password = true");
    let mut web = allowed.web().await.unwrap();
    assert_eq!(web.read("Place").await.unwrap()["Value"]["Body"], "plant");
    let refused = open("");
    let mut web = Web::connect(&refused.gateway).await.unwrap();
    at_last("a refusal", async {
        while refused.gateway.metrics().await?.sum("tieline_links_refused_total", &[]) == 0.0 {}
        Ok(())
    })
    .await
    .unwrap();
    not_connected(&mut web).await;
}

/// Whatever an issuer has signed is trusted: a server with its chain, without it, and with a new certificate.
#[tokio::test]
async fn an_issuer_vouches() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &["--secure", "--no-none", "--issued"]).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        trust::add_issuer(&store, &plant.pki().join("ca.der")).unwrap();
        let section = section(plant.port(), "retry = \"1s\"", &keys(&folder, "Basic256Sha256", "SignAndEncrypt", None));
        let rig = Rig::on(folder, &section);
        let mut web = rig.web().await.unwrap_or_else(|failure| panic!("{library:?}: {failure}"));
        let handle = web.monitor("Place").await.unwrap();
        assert_eq!(web.update(&handle).await.unwrap(), "plant", "{library:?}");
        plant.kill().await.unwrap();
        web.updates_until(&handle, "BadNotConnected").await.unwrap();
        fs::remove_file(plant.pki().join("certificate.der")).unwrap();
        plant.again(&[]).await.unwrap();
        web.updates_until(&handle, "plant").await.unwrap();
        assert!(trust::list(&store).unwrap().iter().all(|one| one.state == trust::State::Issuer), "{library:?}");
    }
}

/// A server that sends its certificate with its chain is trusted by its own.
#[tokio::test]
async fn a_chain_is_accepted_by_its_first_certificate() {
    let plant = Plant::start(Library::NodeOpcua, &["--secure", "--no-none", "--issued"]).await.unwrap();
    for policy in POLICIES {
        let folder = trusting(&plant);
        let section = section(plant.port(), "", &keys(&folder, policy, "SignAndEncrypt", Some("op-secret")));
        let rig = Rig::on(folder, &section);
        let mut web = rig.web().await.unwrap_or_else(|failure| panic!("{policy}: {failure}"));
        assert_eq!(web.read("Place").await.unwrap()["Value"]["Body"], "plant", "{policy}");
    }
}

/// Who logs in with a certificate is let in by its key, and by no other; that is not tried again and again.
#[tokio::test]
async fn a_person_with_a_certificate() {
    for library in Library::ALL {
        let plant = Plant::start(library, &["--secure", "--no-none", "--users", "--issued"]).await.unwrap();
        let start = |key: &str, port: u16| {
            let folder = trusting(&plant);
            let person = format!(
                "user_certificate = {:?}\nuser_key = {:?}\n",
                plant.pki().join("user.pem"),
                plant.pki().join(key)
            );
            let keys = keys(&folder, "Basic256Sha256", "SignAndEncrypt", None) + &person;
            Rig::on(folder, &section(port, "retry = \"500ms\"", &keys))
        };
        let rig = start("user_key.pem", plant.port());
        let mut web = rig.web().await.unwrap_or_else(|failure| panic!("{library:?}: {failure}"));
        assert_eq!(web.read("Place").await.unwrap()["Value"]["Body"], "plant", "{library:?}");
        let other = start("other_key.pem", plant.port());
        at_last("a refusal", async {
            while other.gateway.metrics().await?.sum("tieline_links_refused_total", &[]) == 0.0 {
                tokio::task::yield_now().await;
            }
            Ok(())
        })
        .await
        .unwrap_or_else(|failure| panic!("{library:?}: {failure}"));
        not_connected(&mut Web::connect(&other.gateway).await.unwrap()).await;
    }
}
