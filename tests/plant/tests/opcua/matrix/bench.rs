//! One gateway in front of one server, two clients, and a case of the table carried out on them.
//!
//! Promises: it lives over many cases; after each the server is as it was, and whoever watched is served. Called by
//! `main.rs`, and as what `chance.rs` stands on.

use super::model::Watched;
use super::probe::{self, browse, code, soon};
use super::table::{AWAY, Case, Expect, Then};
use serde_json::{Value, json};
use std::time::Duration;
use tieline_opcua_tests::{Library, Plant, Proxy, Rig, Web, bare, scalar, variable};
use tieline_testkit::{Done, Failure};
use tokio::time::timeout;

/// How long it may take until all is well again: an item that a server has refused is asked for again in half a minute.
const HEALED: Duration = Duration::from_secs(45);
/// What one read of an image comes to where no message is large enough for it.
const TOO_LARGE: &[&str] = &["BadResponseTooLarge", "BadEncodingLimitsExceeded", "BadTcpMessageTooLarge"];

/// See the module.
pub(crate) struct Bench {
    pub(crate) plant: Plant,
    pub(crate) proxy: Proxy,
    rig: Rig,
    /// Asks.
    pub(crate) web: Web,
    /// Watches `Counter` all the time, and does nothing else.
    watcher: Web,
    /// Its monitors: one, and those that a draw begins.
    watched: Vec<Watched>,
    /// The newest value of `Counter`.
    pub(crate) newest: u64,
    /// The last number that was to be written.
    mark: u64,
    /// What nobody wants written any more: it was refused.
    refused: Vec<u64>,
    image: usize,
}

/// The names of variables with these numbers.
fn numbered(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{name}.{number}")).collect()
}

/// The gateway's configuration: limits that tests can wait for, and a busy machine keeps.
fn section(port: u16) -> String {
    let server = "connect_timeout = \"6s\"\nrequest_timeout = \"6s\"";
    // Who watches is not served while another case's answer is awaited: its client answers no pings meanwhile.
    let pong = "[access.limits]\npong = \"10m\"\n";
    let mut text = pong.to_owned() + &bare(port, "retry = \"200ms\"", server);
    for (name, kind) in [("Counter", "Int32"), ("Place", "String"), ("Image", "ByteString"), ("History.Ramp", "Double")]
    {
        text += &variable(name, kind, "");
    }
    numbered("Load", 10).iter().for_each(|name| text += &variable(name, "Int32", ""));
    numbered("Long", 40).iter().for_each(|name| text += &variable(name, "String", ""));
    let kept = "name = \"Kept\"\nnode = \"ns=1;s=History.None\"\ntype = \"Double\"\nhistory = true";
    text + &format!("[[opcua.server.variable]]\n{kept}\n")
}

/// The status code that an update is.
fn code_of(update: &str) -> Option<&str> {
    update.parse::<u64>().is_err().then_some(update)
}

impl Bench {
    pub(crate) async fn start(library: Library) -> Done<Bench> {
        let plant = Plant::start(library, &[]).await?;
        let proxy = Proxy::start(plant.port()).await?;
        let folder = tempfile::tempdir().map_err(|error| Failure(format!("a folder: {error}")))?;
        let rig = Rig::on(folder, &section(proxy.port()));
        let (web, mut watcher) = (rig.web().await?, Web::connect(&rig.gateway).await?);
        let watched = vec![Watched::new(watcher.monitor("Counter").await?, 0)];
        let (refused, image) = (Vec::new(), 0);
        let mut bench = Bench { plant, proxy, rig, web, watcher, watched, newest: 0, mark: 0, refused, image };
        bench.moves(&[]).await?;
        Ok(bench)
    }

    /// Leaves, and stops the gateway: whatever happened before, it stops.
    pub(crate) async fn end(self) -> Done {
        // Connections that have ended already are closed.
        let (_, _) = (self.web.close().await, self.watcher.close().await);
        self.rig.gateway.stop().await.map(|_| ()).map_err(|failure| Failure(format!("at the end: {failure}")))
    }

    /// Carries out a case, and sees to it that all is well again.
    pub(crate) async fn carry_out(&mut self, case: &Case) -> Done {
        self.plant.stat("most_sessions").await?;
        for (name, value) in case.quirks {
            self.switch(name, &serde_json::from_str(value).unwrap()).await?;
        }
        self.meet(case.then).await?;
        let asked = self.ask(case).await;
        // Whatever came of it, the server is as it was for the next one.
        self.proxy.pass();
        if case.then == Then::Freezes {
            self.plant.thaw().await?;
        }
        for (name, _) in case.quirks {
            self.switch(name, &Value::Null).await?;
        }
        asked?;
        let codes = if let Expect::Told(codes) | Expect::Answered(codes) = case.monitor { codes } else { &[] };
        self.heals(codes).await
    }

    /// Switches a quirk, which is a node's value where it is the image.
    pub(crate) async fn switch(&mut self, name: &str, value: &Value) -> Done {
        if name != "image" {
            return self.plant.quirk(name, value).await;
        }
        self.image = value.as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        self.plant.fill(self.image).await
    }

    /// Has the gateway meet the quirk.
    pub(crate) async fn meet(&mut self, then: Then) -> Done {
        match then {
            Then::Goes => {}
            Then::Cut => self.proxy.cut(),
            Then::Forgets => {
                self.plant.forget().await?;
                self.proxy.cut();
            }
            Then::Refuses => self.proxy.refuse(),
            Then::Holds => self.proxy.hold(),
            Then::Freezes => self.plant.freeze().await?,
        }
        Ok(())
    }

    async fn ask(&mut self, case: &Case) -> Done {
        if case.then.lasts() {
            self.is_told_of_the_loss(case.then, &[]).await?;
        }
        soon(&format!("READ comes to {:?}", case.read), self.settles(case.read)).await?;
        self.reads(case).await?;
        self.writes(case).await?;
        self.monitors(case).await?;
        self.histories(case).await?;
        if !case.then.lasts() {
            self.has_few_sessions().await?;
        }
        self.browses(case).await
    }

    /// The watcher hears that the server is away; a value that the server takes now is the oldest to be told again.
    pub(crate) async fn is_told_of_the_loss(&mut self, then: Then, codes: &[&str]) -> Done {
        for at in 0..self.watched.len() {
            while !self.watched[at].is_lost() {
                soon("the watcher is told of the loss", self.hears(at, codes)).await?;
            }
        }
        if then != Then::Freezes {
            self.sets().await?;
            self.watched.iter_mut().for_each(|watched| watched.present(self.newest));
        }
        Ok(())
    }

    /// The next update of one of the watcher's monitors.
    async fn hears(&mut self, at: usize, codes: &[&str]) -> Done {
        let watched = &mut self.watched[at];
        let update = self.watcher.update(&watched.handle).await?;
        watched.hear(&update, self.newest, codes).map_err(Failure)
    }

    /// `Counter` takes its next value.
    pub(crate) async fn sets(&mut self) -> Done {
        self.newest += 1;
        self.plant.set("Counter", json!(self.newest.to_string())).await
    }

    /// The watcher begins to watch once more.
    pub(crate) async fn watches(&mut self) -> Done {
        let handle = self.watcher.monitor("Counter").await?;
        // The server may not yet have reported what is newer.
        self.watched.push(Watched::new(handle, self.watched[0].least));
        Ok(())
    }

    /// The watcher has the one monitor that it began with.
    pub(crate) async fn watches_no_more(&mut self) -> Done {
        for watched in self.watched.split_off(1) {
            probe::leave(&mut self.watcher, &["Counter".to_owned()], &[watched.handle]).await?;
        }
        Ok(())
    }

    /// Waits until a read comes to what is expected; before that the server may be away.
    async fn settles(&mut self, expected: Expect) -> Done {
        loop {
            let answer = self.web.ask("READ", json!({ "Variable": "Place" })).await?;
            if expected.fits(code(&answer).as_deref()) {
                return Ok(());
            }
            if code(&answer).is_some_and(|code| !AWAY.contains(&code.as_str()) && code != "BadNodeIdInvalid") {
                return Err(Failure(format!("READ: expected {expected:?}, got {answer}")));
            }
            tokio::task::yield_now().await;
        }
    }

    async fn reads(&mut self, case: &Case) -> Done {
        let mut names = vec!["Counter".to_owned(), "Place".to_owned()];
        names.extend(numbered("Long", 40));
        // The image last, so that it is in a request with others.
        names.push("Image".to_owned());
        let has = |name: &str| case.quirks.iter().any(|(quirk, _)| *quirk == name);
        let image = if has("message") && has("image") { Expect::Told(TOO_LARGE) } else { case.read };
        let is_away = |answer: &Value| code(answer).is_some_and(|code| AWAY.contains(&code.as_str()));
        let (web, is_learned) = (&mut self.web, case.read == Expect::Learned);
        let learned = async {
            loop {
                let answers = probe::read(web, &names).await?;
                if !is_learned || !answers.iter().any(is_away) {
                    return Ok(answers);
                }
            }
        };
        for (name, answer) in names.iter().zip(soon("READ of all, again and again", learned).await?) {
            let expected = if name == "Image" { image } else { case.read };
            let answer = expected.of(&format!("READ {name}"), answer)?;
            if code(&answer).is_none() {
                self.is_true(name, &answer["Body"]["Value"]["Body"])?;
            }
        }
        Ok(())
    }

    /// Whether a value that was read is the one that is there.
    pub(crate) fn is_true(&self, name: &str, value: &Value) -> Done {
        let text = scalar(value);
        let is_true = match name {
            "Counter" => text == self.newest.to_string(),
            "Place" => text == "plant",
            // Base64 has four letters for three bytes.
            "Image" => text.len() == self.image.div_ceil(3) * 4,
            _ => text.len() == 4096,
        };
        let short: String = text.chars().take(40).collect();
        if is_true { Ok(()) } else { Err(Failure(format!("READ {name}: {short} is not its value"))) }
    }

    async fn writes(&mut self, case: &Case) -> Done {
        let names = numbered("Load", 10);
        // As in `reads`: while it is learned how much the server takes the connection may be lost over it.
        let is_away = |answer: &Value| code(answer).as_deref() == Some("BadNotConnected");
        let learned = async {
            loop {
                let answers = self.written(&names).await?;
                if case.read != Expect::Learned || !answers.iter().any(is_away) {
                    return Ok(answers);
                }
            }
        };
        let answers = soon("WRITE of all, again and again", learned).await?;
        for (name, answer) in names.iter().zip(answers) {
            case.write.of(&format!("WRITE {name}"), answer)?;
        }
        Ok(())
    }

    /// Writes the next number to these variables. What is done the server has; the answers.
    pub(crate) async fn written(&mut self, names: &[String]) -> Done<Vec<Value>> {
        self.mark += 1;
        let answers = probe::write(&mut self.web, names, self.mark).await?;
        for (name, answer) in names.iter().zip(&answers) {
            match code(answer).as_deref() {
                None => {
                    let found = self.plant.get(name).await?["Body"].take();
                    if found != json!(self.mark.to_string()) {
                        return Err(Failure(format!("WRITE {name} is done, and the server has {found}")));
                    }
                }
                Some("BadNotConnected") => self.refused.push(self.mark),
                Some(_) => {}
            }
        }
        Ok(answers)
    }

    async fn monitors(&mut self, case: &Case) -> Done {
        let mut names = vec!["Counter".to_owned()];
        names.extend(numbered("Load", 10));
        let handles = probe::watch(&mut self.web, &names).await?;
        let codes = if let Expect::Told(codes) | Expect::Answered(codes) = case.monitor { codes } else { &[] };
        let mut counter = Watched::new(handles[0].clone(), self.newest);
        // After a loss a monitor may first be told of it.
        let was_lost = matches!(case.then, Then::Cut | Then::Forgets);
        for (name, handle) in names.iter().zip(&handles) {
            let update = loop {
                let update = soon(&format!("an update of {name}"), self.web.update(handle)).await?;
                if name == "Counter" {
                    counter.hear(&update, self.newest, codes).map_err(Failure)?;
                }
                if !was_lost || case.monitor.fits(code_of(&update)) || !AWAY.contains(&update.as_str()) {
                    break update;
                }
            };
            if !case.monitor.fits(code_of(&update)) {
                return Err(Failure(format!("MONITORSTART {name}: expected {:?}, got {update}", case.monitor)));
            }
            // What is late may be written meanwhile.
            if name != "Counter" && case.write == Expect::Served && code_of(&update).is_none() {
                let found = scalar(&self.plant.get(name).await?["Body"]);
                // A server may report what was written only after a while.
                let comes = async {
                    let mut last = update;
                    while last != found {
                        last = self.web.update(handle).await?;
                    }
                    Ok(())
                };
                soon(&format!("{found}, the value of {name}"), comes).await?;
            }
        }
        if matches!(case.monitor, Expect::Served | Expect::Polled) {
            self.sets().await?;
            let mut update = String::new();
            while update != self.newest.to_string() {
                update = soon("a change of Counter", self.web.update(&counter.handle)).await?;
                counter.hear(&update, self.newest, codes).map_err(Failure)?;
            }
        }
        if case.monitor == Expect::Polled {
            let about = self.web.ask("VALUEINFO", json!({ "Variables": ["Counter"] })).await?;
            if about["Body"]["Variables"][0]["Delivery"] != "polling" {
                return Err(Failure(format!("VALUEINFO: expected \"polling\", got {about}")));
            }
        }
        probe::leave(&mut self.web, &names, &handles).await
    }

    async fn histories(&mut self, case: &Case) -> Done {
        // Libraries differ in whether the end belongs to it: no value is there.
        let (start, end) = ("2020-01-01T00:00:10Z", "2020-01-01T00:00:19.5Z");
        let answer = probe::history(&mut self.web, "History.Ramp", start, end).await?;
        let answer = case.history.of("HISTORICALREAD", answer)?;
        let expected: Vec<String> = (10..20).map(|number| number.to_string()).collect();
        if code(&answer).is_none() && probe::values(&answer) != expected {
            let values = probe::values(&answer);
            return Err(Failure(format!("HISTORICALREAD: {values:?} are not the values of these ten seconds")));
        }
        if case.quirks.iter().any(|(quirk, _)| *quirk == "clock") {
            return self.keeps().await;
        }
        Ok(())
    }

    /// Tieline's own record has what a server says whose clock is wrong.
    async fn keeps(&mut self) -> Done {
        self.mark += 1;
        let mark = self.mark.to_string();
        self.plant.set("History.None", json!(mark)).await?;
        let kept = async {
            loop {
                let answer = probe::history(&mut self.web, "Kept", "19900101T000000Z", "21000101T000000Z").await?;
                if probe::values(&answer).contains(&mark) {
                    return Ok(());
                }
                tokio::task::yield_now().await;
            }
        };
        soon("Tieline's own record has the value", kept).await
    }

    async fn browses(&mut self, case: &Case) -> Done {
        if case.browse == Expect::Left {
            return Ok(());
        }
        let (exit, text) = browse(self.plant.port()).await?;
        let is_well = match case.browse {
            Expect::Told(codes) => exit == 1 && codes.iter().any(|code| text.contains(code)),
            _ => exit == 0 && text.contains("Counter"),
        };
        if is_well { Ok(()) } else { Err(Failure(format!("browse: expected {:?}, got {exit}: {text}", case.browse))) }
    }

    /// There never was more than one session but for the moment in which one takes the place of another.
    pub(crate) async fn has_few_sessions(&mut self) -> Done {
        match self.plant.stat("most_sessions").await? {
            0..=2 => Ok(()),
            most => Err(Failure(format!("the server had {most} sessions at once"))),
        }
    }

    /// Without anybody doing anything all are served again, and the server has one session and nothing that was refused.
    pub(crate) async fn heals(&mut self, codes: &[&str]) -> Done {
        let mut missing = "a read";
        let healed = async {
            self.settles(Expect::Served).await?;
            missing = "an update of each monitor";
            self.moves(codes).await?;
            missing = "a write";
            let names = vec!["Load.9".to_owned()];
            let before = self.plant.get("Load.9").await?["Body"].take();
            if self.refused.drain(..).any(|number| before == json!(number.to_string())) {
                return Err(Failure(format!("{before} was refused, and written later")));
            }
            for answer in self.written(&names).await? {
                Expect::Served.of("WRITE", answer)?;
            }
            missing = "a single session on the server";
            self.plant.comes_to("sessions", 1).await
        };
        let healed = timeout(HEALED, healed).await;
        let late = |_| Failure(format!("{missing} is missing after {} s", HEALED.as_secs()));
        let Err(failure) = healed.map_err(late).and_then(|done| done) else { return Ok(()) };
        let stats = self.plant.ask(json!({ "do": "stats" })).await?;
        Err(Failure(format!("afterwards: {failure}; the server has {stats}")))
    }

    /// `Counter` takes another value, and the watcher hears of it with each of its monitors.
    async fn moves(&mut self, codes: &[&str]) -> Done {
        self.sets().await?;
        for at in 0..self.watched.len() {
            while !self.watched[at].has(self.newest) {
                self.hears(at, codes).await?;
            }
        }
        Ok(())
    }
}
