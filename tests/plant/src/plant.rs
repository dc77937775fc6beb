//! An OPC UA server of `tests/opcua` as a process: asked by lines of JSON, killed and started again, stopped and let go on.
//!
//! Promises: it is ended by its own process id, at the latest with the value; its port is its own until then, also while it
//! is on its way or down.

use super::at_last;
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};
use std::env;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tieline_testkit::{Done, Failure};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The folder of the servers' libraries, as `cargo xtask test opcua` makes it.
const FOLDER: &str = "TIELINE_OPCUA";
/// Its certificate is signed by an issuer.
const ISSUED: &str = "--issued";

/// Which library a server is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    /// `asyncua`, in Python: one request of a connection after the other.
    Asyncua,
    /// `node-opcua`, in Node: several at a time.
    NodeOpcua,
    /// `asyncua` again, with quirks that can be switched on and off.
    Quirky,
    /// `open62541`, in C: a part of the plant, and every limit of the library's.
    Open62541,
}

impl Library {
    /// Those with the whole plant and nothing odd.
    pub const ALL: [Library; 2] = [Library::Asyncua, Library::NodeOpcua];

    fn command(self) -> Done<Command> {
        let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
            let what =
                "names no folder with OPC UA servers; get them and run this test with: cargo xtask test opcua unit";
            return Err(Failure(format!("{FOLDER} {what}")));
        };
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("opcua");
        let mut command = match self {
            Library::Asyncua | Library::Quirky => Command::new(folder.join("venv/bin/python")),
            Library::NodeOpcua => Command::new("node"),
            Library::Open62541 => Command::new(folder.join("open62541/build/server")),
        };
        match self {
            Library::Asyncua => command.arg("-B").arg(scripts.join("asyncua_server.py")),
            Library::Quirky => command.arg("-B").arg(scripts.join("quirk_server.py")),
            Library::NodeOpcua => command.arg(scripts.join("node_server.mjs")),
            Library::Open62541 => &mut command,
        };
        command.current_dir(folder);
        Ok(command)
    }
}

/// A server at work.
pub struct Plant {
    library: Library,
    arguments: Vec<String>,
    port: u16,
    /// Keeps the port: nobody else is given it.
    _reserved: Socket,
    process: Process,
    /// Its certificate and key.
    pki: TempDir,
}

struct Process {
    child: Child,
    input: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Plant {
    /// Starts it with further arguments and waits until it serves.
    pub async fn start(library: Library, arguments: &[&str]) -> Done<Plant> {
        let pki = tempfile::tempdir().map_err(failed("a folder"))?;
        let mut arguments: Vec<String> = arguments.iter().map(|argument| argument.to_string()).collect();
        arguments.extend(["--pki".to_owned(), pki.path().display().to_string()]);
        issue(library, &arguments, pki.path()).await?;
        let (reserved, port) = reserve().map_err(failed("a port"))?;
        let process = Process::start(library, &arguments, port).await?;
        Ok(Plant { library, arguments, port, _reserved: reserved, process, pki })
    }

    /// Which library it is made with.
    pub fn library(&self) -> Library {
        self.library
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file of its certificate; there is one when it was started with `--secure`.
    pub fn certificate(&self) -> PathBuf {
        if self.arguments.iter().any(|argument| argument == ISSUED) {
            return self.pki.path().join("certificate.der");
        }
        self.pki.path().join(match self.library {
            Library::NodeOpcua => "server/own/certs/certificate.pem",
            _ => "certificate.der",
        })
    }

    /// Where its certificate lies, and with `--issued` what else its issuer has made.
    pub fn pki(&self) -> &Path {
        self.pki.path()
    }

    /// Ends it at once, as a power cut does.
    pub async fn kill(&mut self) -> Done {
        self.process.child.kill().await.map_err(failed("killing the server"))
    }

    /// Starts it again, on the same port; with these arguments more than the first time.
    pub async fn again(&mut self, further: &[&str]) -> Done {
        let arguments: Vec<String> =
            self.arguments.iter().cloned().chain(further.iter().map(|argument| argument.to_string())).collect();
        issue(self.library, &arguments, self.pki.path()).await?;
        self.process = Process::start(self.library, &arguments, self.port).await?;
        Ok(())
    }

    /// Stops it where it is: its sockets stay, and nobody answers.
    pub async fn freeze(&self) -> Done {
        self.signal("-STOP").await
    }

    /// Lets it go on.
    pub async fn thaw(&self) -> Done {
        self.signal("-CONT").await
    }

    async fn signal(&self, signal: &str) -> Done {
        let process = self.process.child.id().ok_or_else(|| Failure("the server has ended".to_owned()))?;
        let sent = Command::new("kill").args([signal, &process.to_string()]).status().await;
        if sent.map_err(failed("kill"))?.success() { Ok(()) } else { Err(Failure(format!("kill {signal} failed"))) }
    }

    /// What it answers to a command.
    pub async fn ask(&mut self, command: Value) -> Done<Value> {
        let line = format!("{command}\n");
        self.process.input.write_all(line.as_bytes()).await.map_err(failed("asking the server"))?;
        let text = self.process.next("ANSWER ").await?;
        let answer: Value = serde_json::from_str(&text).map_err(failed("the server's answer"))?;
        match answer.get("error") {
            None => Ok(answer),
            Some(error) => Err(Failure(format!("the server on {command}: {error}"))),
        }
    }

    /// `Type`, `Body` and `Status` of a node as the server itself sees them.
    pub async fn get(&mut self, node: &str) -> Done<Value> {
        self.ask(json!({ "do": "get", "node": node })).await
    }

    /// Gives a node a value of its type, in the words of `plant.json`.
    pub async fn set(&mut self, node: &str, body: Value) -> Done {
        self.ask(json!({ "do": "set", "node": node, "body": body })).await.map(|_| ())
    }

    /// `Counter` takes 1, 2, … `to`, with so many milliseconds between.
    pub async fn count(&mut self, to: u64, every: u64) -> Done {
        self.ask(json!({ "do": "count", "to": to, "every": every })).await.map(|_| ())
    }

    /// Switches a quirk on, or with `null` off; `tests/opcua/quirk_server.py` lists them, and other libraries have some.
    pub async fn quirk(&mut self, name: &str, value: &Value) -> Done {
        self.ask(json!({ "do": "quirk", "name": name, "value": value })).await.map(|_| ())
    }

    /// Has it end every session, without a word to its client.
    pub async fn forget(&mut self) -> Done {
        self.ask(json!({ "do": "forget" })).await.map(|_| ())
    }

    /// `Image` has so many bytes.
    pub async fn fill(&mut self, size: usize) -> Done {
        self.ask(json!({ "do": "fill", "size": size })).await.map(|_| ())
    }

    /// A number of its statistics: `items`, `requests.Read`.
    pub async fn stat(&mut self, path: &str) -> Done<u64> {
        let stats = self.ask(json!({ "do": "stats" })).await?;
        let found = path.split('.').fold(&stats, |value, key| &value[key]);
        found.as_u64().ok_or_else(|| Failure(format!("no {path} in {stats}")))
    }

    /// Waits until a number of its statistics is so; when it never is, the failure tells all of them.
    pub async fn comes_to(&mut self, path: &str, expected: u64) -> Done {
        let what = format!("{path} of the server comes to {expected}");
        let waited = at_last(&what, async {
            while self.stat(path).await? != expected {
                tokio::task::yield_now().await;
            }
            Ok(())
        });
        let Err(late) = waited.await else { return Ok(()) };
        let stats = self.ask(json!({ "do": "stats" })).await?;
        Err(Failure(format!("{late}; it has {stats}")))
    }
}

/// A free port of the loopback. The socket is bound, and does not listen: another one may be bound beside it, and no port is
/// chosen for others that somebody is bound to.
fn reserve() -> io::Result<(Socket, u16)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let port = socket.local_addr()?.as_socket().map_or(0, |address| address.port());
    Ok((socket, port))
}

/// Has the certificates made that are not there yet.
async fn issue(library: Library, arguments: &[String], pki: &Path) -> Done {
    if !arguments.iter().any(|argument| argument == ISSUED) {
        return Ok(());
    }
    let folder = env::var_os(FOLDER).map(PathBuf::from).unwrap_or_default();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("opcua").join("authority.py");
    let uri = match library {
        Library::Asyncua => "urn:tieline:test:asyncua",
        Library::NodeOpcua => "urn:tieline:test:node-opcua",
        Library::Quirky | Library::Open62541 => {
            return Err(Failure(format!("{library:?} takes no certificate of an issuer ({ISSUED})")));
        }
    };
    let made = Command::new(folder.join("venv/bin/python")).arg("-B").arg(script).arg(pki).arg(uri).status().await;
    if made.map_err(failed("the authority"))?.success() {
        Ok(())
    } else {
        Err(Failure("the authority failed".to_owned()))
    }
}

impl Process {
    async fn start(library: Library, arguments: &[String], port: u16) -> Done<Process> {
        let mut command = library.command()?;
        command.args(["--port", &port.to_string()]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(failed("starting an OPC UA server"))?;
        let (Some(input), Some(said)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure("the server has no pipes".to_owned()));
        };
        let mut process = Process { child, input, said: BufReader::new(said).lines() };
        process.next("READY ").await?;
        Ok(process)
    }

    /// What comes behind this word.
    async fn next(&mut self, word: &str) -> Done<String> {
        at_last("an answer of the OPC UA server", async {
            while let Some(line) = self.said.next_line().await.map_err(failed("the server's output"))? {
                if let Some(rest) = line.strip_prefix(word) {
                    return Ok(rest.to_owned());
                }
            }
            Err(Failure("the OPC UA server has ended".to_owned()))
        })
        .await
    }
}

fn failed<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Failure {
    move |error| Failure(format!("{what}: {error}"))
}
