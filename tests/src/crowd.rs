//! Many clients in a process of their own, so that the gateway's memory and file descriptors are counted apart.
//!
//! `crowd stay ADDRESS COUNT` connects so many, all on stream `x`, says `ready`, waits until each has heard one message,
//! says `heard`, and leaves when its input ends. `crowd churn ADDRESS COUNT` connects, opens a stream and leaves so many
//! times, says `done` and ends. Every wait is bounded; when something fails it ends with an error. Called by the test `many`.
#![allow(clippy::print_stdout)]

use futures_util::future::try_join_all;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tieline_testkit::{Done, Raw, opcode, process};
use tieline_tests::joined;

/// Handshakes under way at a time.
const AT_ONCE: usize = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, address, count] = &arguments[..] else { return Err("crowd stay|churn ADDRESS COUNT".into()) };
    let (address, count) = (address.parse()?, count.parse()?);
    process::allow_files();
    match what.as_str() {
        "stay" => stay(address, count).await,
        "churn" => churn(address, count).await,
        other => Err(format!("crowd cannot {other}").into()),
    }
}

async fn stay(address: SocketAddr, count: usize) -> Result<(), Box<dyn Error>> {
    let mut clients = Vec::with_capacity(count);
    while clients.len() < count {
        let few = (clients.len()..count).take(AT_ONCE).map(|number| client(address, number, "x".to_owned()));
        clients.extend(try_join_all(few).await?);
    }
    println!("ready");
    for client in &mut clients {
        client.receive().await?;
    }
    println!("heard");
    // Until the other end is closed.
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

async fn churn(address: SocketAddr, count: usize) -> Result<(), Box<dyn Error>> {
    for first in (0..count).step_by(AT_ONCE) {
        let few = (first..count.min(first + AT_ONCE)).map(|number| visit(address, number));
        try_join_all(few).await?;
    }
    println!("done");
    Ok(())
}

/// Every other one says goodbye, the rest just go.
async fn visit(address: SocketAddr, number: usize) -> Done {
    let mut client = client(address, number, format!("stream {number}")).await?;
    if number.is_multiple_of(2) {
        client.send(0x80 | opcode::CLOSE, &1000u16.to_be_bytes()).await?;
        client.closed().await?;
    }
    Ok(())
}

async fn client(address: SocketAddr, number: usize, stream: String) -> Done<Raw> {
    let source = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2 + (number % 20) as u8));
    joined(Raw::connect_from(source, address).await?.upgraded("").await?, &stream).await
}
