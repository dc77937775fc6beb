//! A web client of the dialect: requests and their answers, monitors and their updates.

use super::{LONG, at_last};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use tieline_testkit::{Client, Done, Failure, Heard, TestGateway};

/// A connected client.
pub struct Web {
    client: Client,
    handles: u64,
    /// What has come and nobody has asked for yet, by handle.
    unread: HashMap<String, VecDeque<Value>>,
}

/// A value's text, whichever form its scalars have.
pub fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Web {
    /// Connects.
    pub async fn connect(gateway: &TestGateway) -> Done<Web> {
        Ok(Web { client: gateway.client("opcua").await?, handles: 0, unread: HashMap::new() })
    }

    /// Sends a request and gives its handle.
    pub async fn say(&mut self, kind: &str, body: Value) -> Done<String> {
        self.handles += 1;
        let handle = self.handles.to_string();
        self.say_as(kind, &handle, body).await?;
        Ok(handle)
    }

    /// Sends a request with this handle.
    pub async fn say_as(&mut self, kind: &str, handle: &str, body: Value) -> Done {
        let header = json!({ "MessageType": format!("{kind}_REQUEST"), "ClientHandle": handle });
        self.client.say(json!({ "Header": header, "Body": body }).to_string()).await
    }

    /// Sends a text that is no request.
    pub async fn say_text(&mut self, text: &str) -> Done {
        self.client.say(text).await
    }

    /// The next message with this handle; what comes for others is kept for them.
    pub async fn hear(&mut self, handle: &str) -> Done<Value> {
        loop {
            if let Some(message) = self.unread.get_mut(handle).and_then(VecDeque::pop_front) {
                return Ok(message);
            }
            let message = self.any().await?;
            self.unread.entry(scalar(&message["Header"]["ClientHandle"])).or_default().push_back(message);
        }
    }

    /// The next message of all; waits as long as it takes to find a lost server again.
    async fn any(&mut self) -> Done<Value> {
        let text = at_last("a message", async {
            loop {
                match self.client.receive().await {
                    Ok(Heard::Text(text)) => return Ok(text),
                    Ok(other) => return Err(Failure(format!("no text: {other:?}"))),
                    Err(failure) if self.client.ended().is_some() => return Err(failure),
                    Err(_) => {}
                }
            }
        });
        let text = text.await.map_err(|failure| Failure(format!("{failure}; waited {} s", LONG.as_secs())))?;
        serde_json::from_str(&text).map_err(|error| Failure(format!("no JSON: {error}: {text}")))
    }

    /// Asks and waits for the answer.
    pub async fn ask(&mut self, kind: &str, body: Value) -> Done<Value> {
        let handle = self.say(kind, body).await?;
        let answer = self.hear(&handle).await?;
        let expected = format!("{kind}_RESPONSE");
        if answer["Header"]["MessageType"] == expected.as_str() {
            return Ok(answer);
        }
        Err(Failure(format!("expected {expected}, got {answer}")))
    }

    /// The body of the answer to a READ.
    pub async fn read(&mut self, variable: &str) -> Done<Value> {
        Ok(self.ask("READ", json!({ "Variable": variable })).await?["Body"].take())
    }

    /// Writes; the status code of the refusal, from header or body, if there is one.
    pub async fn write(&mut self, variable: &str, kind: u8, body: &Value) -> Done<Option<String>> {
        let value = json!({ "Value": { "Type": kind, "Body": body } });
        let answer = self.ask("WRITE", json!({ "Variable": variable, "Value": value })).await?;
        let code = answer["Header"].get("StatusCode").or_else(|| answer["Body"].get("StatusCode"));
        match code {
            Some(code) => Ok(Some(scalar(code))),
            None if answer["Body"] == "" || answer["Body"] == json!({}) => Ok(None),
            None => Err(Failure(format!("neither done nor refused: {answer}"))),
        }
    }

    /// Starts to watch a variable; gives the handle of its updates.
    pub async fn monitor(&mut self, variable: &str) -> Done<String> {
        let handle = self.say("MONITORSTART", json!({ "Variable": variable })).await?;
        let answer = self.hear(&handle).await?;
        let is_well = answer["Header"]["MessageType"] == "MONITORSTART_RESPONSE"
            && answer["Header"].get("StatusCode").is_none()
            && answer["Body"].get("StatusCode").is_none();
        if is_well { Ok(handle) } else { Err(Failure(format!("no monitor of {variable}: {answer}"))) }
    }

    /// The next update of a monitor: its value's text, or its status code.
    pub async fn update(&mut self, handle: &str) -> Done<String> {
        let message = self.hear(handle).await?;
        if message["Header"]["MessageType"] != "MONITORUPDATE_MESSAGE" {
            return Err(Failure(format!("no update: {message}")));
        }
        let code = message["Header"].get("StatusCode").or_else(|| message["Body"].get("StatusCode"));
        Ok(scalar(code.unwrap_or(&message["Body"]["Value"]["Body"])))
    }

    /// Updates of a monitor up to and with this one; the last is not among them.
    pub async fn updates_until(&mut self, handle: &str, last: &str) -> Done<Vec<String>> {
        let mut heard = Vec::new();
        loop {
            match self.update(handle).await? {
                update if update == last => return Ok(heard),
                update => heard.push(update),
            }
            if heard.len() > 100_000 {
                return Err(Failure(format!("{last} is not among 100000 updates")));
            }
        }
    }

    /// Everything has been heard that was sent before now, and of this handle there is nothing unread.
    pub async fn hears_nothing(&mut self, handle: &str) -> Done {
        self.client.barrier().await?;
        while self.client.nothing_unread().is_err() {
            let message = self.any().await?;
            self.unread.entry(scalar(&message["Header"]["ClientHandle"])).or_default().push_back(message);
        }
        match self.unread.get(handle).and_then(VecDeque::front) {
            None => Ok(()),
            Some(message) => Err(Failure(format!("expected nothing, got {message}"))),
        }
    }

    /// Leaves.
    pub async fn close(mut self) -> Done {
        self.client.close(1000).await.map(|_| ())
    }
}
