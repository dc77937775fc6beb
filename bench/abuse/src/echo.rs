//! The peer: a server that sends back what it gets and is attacked by nobody.
//!
//! It is a process like the gateway, on the same machine in the same moment; what its clients wait for is the machine's
//! doing. Promises: it ends when the program that started it ends. Called by `attack` for the child, by `run` to start it.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The running peer.
#[derive(Debug)]
pub(crate) struct Echo {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Echo {
    /// Starts this program again as the peer.
    pub(crate) fn start() -> Result<Echo> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(std::env::current_exe()?).args(["abuse", "--echo"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start the peer with `setpriv`")?;
        let mut line = String::new();
        let read = child.stdout.take().map(|pipe| BufReader::new(pipe).read_line(&mut line));
        let address = read.context("the peer has no output")?.map(|_| line.trim().parse());
        match address {
            Ok(Ok(address)) => Ok(Echo { child, address }),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                anyhow::bail!("the peer did not say where it listens, but {line:?}")
            }
        }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says where it listens, and serves until it is killed.
pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(echo(socket));
    }
}

async fn echo(mut socket: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match socket.read(&mut buffer).await? {
            0 => return Ok(()),
            read => socket.write_all(&buffer[..read]).await?,
        }
    }
}
