//! Playing a transcript against a gateway of its own.

use super::parse::{Action, Step, Transcript};
use crate::{Client, Done, Failure, Raw, TestGateway};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Plays a conversation in this dialect. The error says the line and what went otherwise.
pub async fn play(dialect: &str, transcript: &Transcript) -> Result<(), String> {
    let gateway = TestGateway::start(&format!("[{dialect}]\n{}", transcript.settings));
    let mut stage =
        Stage { address: gateway.address(dialect), console: gateway.console(), clients: BTreeMap::new(), last: None };
    for step in &transcript.steps {
        stage.act(step).await.map_err(|failure| format!("line {}: {failure}", step.line))?;
    }
    stage.end().await.map_err(|failure| format!("at the end: {failure}"))
}

struct Stage {
    address: SocketAddr,
    console: SocketAddr,
    clients: BTreeMap<String, Client>,
    /// Who did something last.
    last: Option<String>,
}

impl Stage {
    async fn act(&mut self, step: &Step) -> Done {
        if let Some(last) = self.last.take_if(|last| *last != step.name) {
            self.settle(&last).await?;
        }
        if let Action::Publish { topic, json } = &step.action {
            return self.publish(topic, json).await;
        }
        self.last = Some(step.name.clone());
        if let Action::Connect { path, refused } = &step.action {
            return self.connect(&step.name, path, *refused).await;
        }
        if step.action == Action::HearNothing {
            let others: Vec<String> = self.clients.keys().filter(|name| **name != step.name).cloned().collect();
            for name in others {
                self.settle(&name).await?;
            }
        }
        let filled = |text: &str| self.filled(text);
        let (say, hear) = match &step.action {
            Action::Say(text) => (Some(filled(text)), None),
            Action::Hear(text) => (None, Some(filled(text))),
            _ => (None, None),
        };
        let name = &step.name;
        let client = self.clients.get_mut(name).ok_or_else(|| Failure(format!("{name} has not connected")))?;
        match &step.action {
            Action::Say(_) => client.say(say.unwrap_or_default()).await,
            Action::SayBinary(bytes) => client.say_binary(bytes.clone()).await,
            Action::Hear(_) => client.expect(&hear.unwrap_or_default()).await,
            Action::HearNothing => client.hears_nothing().await,
            Action::Close(code) => {
                let ended = client.close(*code).await?;
                agree(&ended, *code, None)
            }
            Action::Closed { code, reason } => {
                let ended = client.closed().await?;
                client.nothing_unread()?;
                agree(&ended, *code, reason.as_deref())
            }
            Action::Connect { .. } | Action::Publish { .. } => Ok(()),
        }
    }

    async fn connect(&mut self, name: &str, path: &str, refused: Option<u16>) -> Done {
        if self.clients.contains_key(name) {
            return Err(Failure(format!("{name} has connected already")));
        }
        match (Client::try_connect(self.address, path).await?, refused) {
            (Ok(client), None) => {
                self.clients.insert(name.to_owned(), client);
                Ok(())
            }
            (Err(status), Some(expected)) if status == expected => Ok(()),
            (Err(status), Some(expected)) => Err(Failure(format!("expected a refusal with {expected}, got {status}"))),
            (Err(status), None) => Err(Failure(format!("expected a connection, got a refusal with {status}"))),
            (Ok(_), Some(expected)) => Err(Failure(format!("expected a refusal with {expected}, got a connection"))),
        }
    }

    /// Publishes by the console, as the command line does.
    async fn publish(&self, topic: &str, json: &str) -> Done {
        let (length, topic) = (json.len(), utf8_percent_encode(topic, NON_ALPHANUMERIC));
        let request = format!(
            "POST /api/send?topic={topic} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{json}"
        );
        let mut console = Raw::connect(self.console).await?;
        console.write(request.as_bytes()).await?;
        let answer = console.answer().await?;
        match answer.status {
            200 => Ok(()),
            status => Err(Failure(format!("publishing was refused with {status}: {}", answer.body.trim()))),
        }
    }

    /// Makes sure that what a participant said has been heard. One whose connection has ended says nothing more.
    async fn settle(&mut self, name: &str) -> Done {
        let Some(client) = self.clients.get_mut(name).filter(|client| client.ended().is_none()) else { return Ok(()) };
        match client.barrier().await {
            Err(_) if client.ended().is_some() => Ok(()),
            done => done.map_err(|failure| Failure(format!("{name}: {failure}"))),
        }
    }

    async fn end(&mut self) -> Done {
        let names: Vec<String> = self.clients.keys().cloned().collect();
        for name in &names {
            self.settle(name).await?;
        }
        // Twice around: only now has everybody heard what the others said last.
        for name in &names {
            self.settle(name).await?;
            self.clients[name].nothing_unread().map_err(|failure| Failure(format!("{name}: {failure}")))?;
        }
        Ok(())
    }

    /// Puts the ports in.
    fn filled(&self, text: &str) -> String {
        let put = |text: String, (name, client): (&String, &Client)| {
            text.replace(&format!("${{{name}.port}}"), &client.local().port().to_string())
        };
        self.clients.iter().fold(text.to_owned(), put)
    }
}

fn agree(ended: &crate::Ended, code: u16, reason: Option<&str>) -> Done {
    if ended.code == Some(code) && reason.is_none_or(|reason| ended.reason == reason) {
        return Ok(());
    }
    Err(Failure(format!("expected closed {code} {}, got: {ended}", reason.unwrap_or_default())))
}
