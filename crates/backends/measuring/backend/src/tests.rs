//! The executors as the gateway runs them: commands in, answers, events and the record out.

use crate::BACKEND;
use bytes::Bytes;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tieline_model::settings::{Value, Values};
use tieline_model::{
    Answers, Backend, BackendPlan, Command, Done, Interest, InterestChanged, Publisher, Reason, Refusal, SessionId,
    Topic,
};
use tieline_store::Store;

const LONG: Duration = Duration::from_secs(60);

/// What a client and those who watch come to know.
struct Recipient {
    answers: Mutex<SyncSender<(u64, Result<String, Reason>)>>,
    events: Mutex<SyncSender<(String, serde_json::Value)>>,
}

impl Answers for Recipient {
    fn put(&self, _session: SessionId, ticket: u64, answer: Result<Bytes, Refusal>) {
        let answer = answer.map(|json| String::from_utf8(json.to_vec()).unwrap()).map_err(|refusal| refusal.reason);
        self.answers.lock().unwrap().send((ticket, answer)).unwrap();
    }
}

impl Publisher for Recipient {
    fn publish(&self, tokens: &[&str], json: &str) -> Result<(), Refusal> {
        // Nobody may be there any more when the last jobs are recorded.
        let _ = self.events.lock().unwrap().send((tokens.join("/"), serde_json::from_str(json).unwrap()));
        Ok(())
    }
}

impl Interest for Recipient {
    fn watch(&self, _told: InterestChanged) {}
}

struct Gateway {
    backend: Option<Box<dyn Backend>>,
    recipient: Arc<Recipient>,
    answers: Receiver<(u64, Result<String, Reason>)>,
    events: Receiver<(String, serde_json::Value)>,
    store: tempfile::TempDir,
}

impl Gateway {
    fn start(commands: &[(&str, &[(&'static str, Value)])]) -> Gateway {
        let table = |of: &[(&'static str, Value)]| {
            let mut values = Values::default();
            of.iter().for_each(|(key, value)| values.set(key, value.clone()));
            values
        };
        let commands = commands.iter().map(|(name, of)| ((*name).to_owned(), table(of))).collect();
        Gateway::of(table(&[("commands", Value::Named(commands))]), None)
    }

    fn demo() -> Gateway {
        let mut values = Values::default();
        (BACKEND.demo)(&mut values);
        let store = tempfile::tempdir().unwrap();
        Gateway::of(values, Some(store))
    }

    /// With the demo's folder, which is its store too.
    fn of(values: Values, demo: Option<tempfile::TempDir>) -> Gateway {
        let wrong: Vec<_> = (BACKEND.check)(&values).into_iter().filter(|bad| !bad.is_usable).collect();
        assert_eq!(wrong, []);
        let (store, demo) = match demo {
            Some(folder) => (folder, true),
            None => (tempfile::tempdir().unwrap(), false),
        };
        let (answers, events) = (sync_channel(100), sync_channel(100));
        let recipient = Arc::new(Recipient { answers: Mutex::new(answers.0), events: Mutex::new(events.0) });
        let plan = BackendPlan {
            values: &values,
            store: store.path(),
            publish: recipient.clone(),
            interest: recipient.clone(),
            demo: demo.then(|| store.path().to_owned()),
        };
        let backend = (BACKEND.start)(plan).map_err(|fault| fault.to_string()).unwrap();
        Gateway { backend: Some(backend), recipient, answers: answers.1, events: events.1, store }
    }

    fn ask(&self, ticket: u64, command: &str, body: &str) {
        let topic = Topic::new(["any", command]);
        let done = Done::new(self.recipient.clone(), SessionId::new(1, 2), ticket);
        let command = Command { verb: "run", topic, body: Bytes::from(body.to_owned()), ticket };
        self.backend.as_ref().unwrap().executor().unwrap().carry_out(command, done);
    }

    fn answer(&self) -> (u64, Result<String, Reason>) {
        self.answers.recv_timeout(LONG).unwrap()
    }

    fn stop(&mut self) {
        self.backend.take().unwrap().stop();
    }

    fn jobs(&self) -> Vec<(String, String)> {
        let mut store = Store::open(self.store.path()).unwrap();
        let jobs = store.project().jobs(None, 1000).unwrap().into_iter().rev();
        jobs.map(|job| (job.command, job.result)).collect()
    }
}

fn exec(script: &str) -> [(&'static str, Value); 2] {
    let program = ["sh", "-c", script].map(str::to_owned).to_vec();
    [("executor", Value::Text("exec".to_owned())), ("program", Value::Texts(program))]
}

fn reply(text: &str) -> Result<String, Reason> {
    Ok(serde_json::json!({ "reply": text }).to_string())
}

/// A program's word that it runs: it writes a line into a FIFO, which is waited for here.
struct Gate {
    folder: tempfile::TempDir,
}

impl Gate {
    fn new() -> Gate {
        let folder = tempfile::tempdir().unwrap();
        for name in ["began", "go"] {
            let made = std::process::Command::new("mkfifo").arg(folder.path().join(name)).status().unwrap();
            assert!(made.success());
        }
        Gate { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Says that it has begun, then waits to be let go.
    fn script(&self) -> String {
        format!("echo x > {}; read line < {}; echo done", self.path("began").display(), self.path("go").display())
    }

    fn began(&self) {
        let mut line = [0; 2];
        std::fs::File::open(self.path("began")).unwrap().read_exact(&mut line).unwrap();
    }

    fn go(&self) {
        std::fs::OpenOptions::new().write(true).open(self.path("go")).unwrap().write_all(b"x\n").unwrap();
    }
}

#[test]
fn a_command_is_answered_recorded_and_told() {
    let mut gateway = Gateway::start(&[("image", &exec("cat >&2; echo fine")), ("a.b", &exec("exit 7"))]);
    gateway.ask(5, "image", r#"{"image":{"file":"C:/a.jpg","name":"","focal_length":50.0}}"#);
    assert_eq!(gateway.answer(), (5, reply("fine")));
    let (topic, mut event) = gateway.events.recv_timeout(LONG).unwrap();
    assert!(event["took_ms"].take().is_u64());
    let request = r#"{"image":{"file":"C:/a.jpg","name":"","focal_length":50.0}}"#;
    let expected = serde_json::json!({
        "command": "image", "job": 1, "result": "done", "detail": request, "file": "C:/a.jpg", "name": "", "took_ms": null
    });
    assert_eq!((topic.as_str(), event), ("image", expected));
    gateway.ask(6, "a.b", r#"{"a.b":1}"#);
    assert_eq!(gateway.answer(), (6, Ok(r#"{"error":"Request 'a.b' failed with exit code 7."}"#.to_owned())));
    let (topic, event) = gateway.events.recv_timeout(LONG).unwrap();
    assert_eq!((topic.as_str(), &event["result"], &event["job"]), ("a.b", &"failed".into(), &2.into()));
    gateway.ask(7, "other", "{}");
    assert_eq!(gateway.answer(), (7, Err(Reason::Unknown)));
    gateway.ask(8, "image", "no JSON");
    assert_eq!(gateway.answer(), (8, Ok(r#"{"error":"The request could not be read."}"#.to_owned())));
    gateway.stop();
    let expected = [("image", "done"), ("a.b", "failed"), ("image", "failed")];
    assert_eq!(gateway.jobs(), expected.map(|(command, result)| (command.to_owned(), result.to_owned())));
}

#[test]
fn a_full_queue_is_an_answer_and_another_command_has_its_own() {
    let gate = Gate::new();
    let mut slow = exec(&gate.script()).to_vec();
    slow.push(("queue", Value::Count(2)));
    let mut gateway = Gateway::start(&[("slow", &slow), ("quick", &exec("echo quick"))]);
    gateway.ask(0, "slow", "{}");
    gate.began();
    // One is under way, one has left the queue to wait for its place, two wait: the next is one too many. The queue runner may
    // take the one a moment later, so the queue is filled until it is full.
    let mut asked = 0;
    let refused = loop {
        asked += 1;
        gateway.ask(asked, "slow", "{}");
        if let Ok(answer) = gateway.answers.try_recv() {
            break answer;
        }
    };
    assert_eq!(refused, (asked, Err(Reason::TooMany)));
    assert!((3..=4).contains(&asked), "{asked}");
    gateway.ask(100, "quick", "{}");
    assert_eq!(gateway.answer(), (100, reply("quick")));
    gate.go();
    for ticket in 0..asked {
        if ticket > 0 {
            gate.began();
            gate.go();
        }
        assert_eq!(gateway.answer(), (ticket, reply("done")), "in the order in which they were asked");
    }
    gateway.stop();
}

#[test]
fn as_many_as_configured_run_at_the_same_time() {
    let gates: Vec<Gate> = (0..3).map(|_| Gate::new()).collect();
    let script = "echo x > \"$0/began\"; read line < \"$0/go\"; echo done".to_owned();
    let program = ["sh", "-c", &script, "{name}"].map(str::to_owned).to_vec();
    let of = [
        ("executor", Value::Text("exec".to_owned())),
        ("program", Value::Texts(program)),
        ("concurrency", Value::Count(3)),
    ];
    let mut gateway = Gateway::start(&[("slow", &of)]);
    for (ticket, gate) in (0..).zip(&gates) {
        let body = serde_json::json!({ "slow": { "name": gate.folder.path() } });
        gateway.ask(ticket, "slow", &body.to_string());
    }
    gates.iter().for_each(Gate::began);
    // The last one first: nobody waits for anybody.
    for (ticket, gate) in [2, 1, 0].into_iter().zip(gates.iter().rev()) {
        gate.go();
        assert_eq!(gateway.answer(), (ticket, reply("done")));
    }
    gateway.stop();
}

#[test]
fn one_that_has_waited_too_long_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let mut of = exec(&format!("echo x >> {}/begun; sleep 600", folder.path().display())).to_vec();
    of.push(("timeout", Value::Duration(Duration::from_millis(400))));
    let mut gateway = Gateway::start(&[("slow", &of)]);
    let began = Instant::now();
    (0..4).for_each(|ticket| gateway.ask(ticket, "slow", "{}"));
    let late = Ok(r#"{"error":"Request 'slow' took longer than 400ms."}"#.to_owned());
    let mut answers: Vec<_> = (0..4).map(|_| gateway.answer()).collect();
    answers.sort_by_key(|(ticket, _)| *ticket);
    assert_eq!(answers[0], (0, late));
    assert!(answers[1..].iter().all(|(_, answer)| *answer == Err(Reason::TooMany)), "{answers:?}");
    assert!(began.elapsed() < LONG / 2);
    gateway.stop();
    assert_eq!(std::fs::read_to_string(folder.path().join("begun")).unwrap(), "x\n");
}

#[test]
fn a_stop_answers_everybody_and_ends_what_runs() {
    let gate = Gate::new();
    let mut gateway = Gateway::start(&[("slow", &exec(&gate.script()))]);
    (0..3).for_each(|ticket| gateway.ask(ticket, "slow", "{}"));
    gate.began();
    let began = Instant::now();
    let executor = gateway.backend.as_ref().unwrap().executor().unwrap();
    gateway.stop();
    assert!(began.elapsed() < LONG / 2);
    let mut answers: Vec<_> = (0..3).map(|_| gateway.answer()).collect();
    answers.sort_by_key(|(ticket, _)| *ticket);
    assert_eq!(answers, (0..3).map(|ticket| (ticket, Err(Reason::Unavailable))).collect::<Vec<_>>());
    // Whoever still has the executor is answered as well.
    let done = Done::new(gateway.recipient.clone(), SessionId::NONE, 9);
    let command = Command { verb: "run", topic: Topic::new(["any", "slow"]), body: Bytes::new(), ticket: 9 };
    executor.carry_out(command, done);
    assert_eq!(gateway.answer(), (9, Err(Reason::Unavailable)));
    assert_eq!(gateway.jobs(), [("slow".to_owned(), "failed".to_owned())]);
}

#[test]
fn dropping_it_ends_what_runs_as_well() {
    let gate = Gate::new();
    let mut gateway = Gateway::start(&[("slow", &exec(&gate.script()))]);
    gateway.ask(0, "slow", "{}");
    gate.began();
    drop(gateway.backend.take());
    assert_eq!(gateway.answer(), (0, Err(Reason::Unavailable)));
    assert!(is_gone(gate.folder.path()));
}

#[test]
fn the_demos_files_can_be_imported() {
    let mut gateway = Gateway::demo();
    for (ticket, body) in (0..).zip([
        r#"{"file":"C:/temp/part-1.png","name":"","focal_length":50.0}"#,
        r#"{"file":"c:\\TEMP\\part-2.png","name":"Left","focal_length":35.5}"#,
        r#"{"file":"C:/temp/part-6.png","name":"Left","focal_length":35.5}"#,
    ]) {
        gateway.ask(ticket, "image", body);
        assert_eq!(gateway.answer(), (ticket, Ok(r#"{"done":true}"#.to_owned())), "{body}");
    }
    for (ticket, mode) in [(3, "clipboard"), (4, "new_stage")] {
        let body = format!(r#"{{"file":"C:/temp/points.gxml","import_mode":"{mode}"}}"#);
        gateway.ask(ticket, "elements", &body);
        assert_eq!(gateway.answer(), (ticket, Ok(r#"{"done":true}"#.to_owned())));
    }
    let (_, event) = gateway.events.recv_timeout(LONG).unwrap();
    assert_eq!(event["detail"], "png, 640 × 480, 8 bits; a new series");
    for (ticket, command, body, expected) in [
        (5, "image", r#"{"file":"C:/temp/none.png","name":"","focal_length":50.0}"#, r#"{"failed":"read"}"#),
        (6, "image", r#"{"file":"/etc/passwd","name":"","focal_length":50.0}"#, r#"{"failed":"read"}"#),
        (7, "image", r#"{"file":"C:/temp/points.gxml","name":"","focal_length":50.0}"#, r#"{"failed":"import"}"#),
        (8, "elements", r#"{"file":"C:/temp/part-1.png","import_mode":"clipboard"}"#, r#"{"failed":"import"}"#),
        (9, "elements", r#"{"file":"C:/temp/points.gxml","import_mode":"other"}"#, r#"{"failed":"import"}"#),
    ] {
        gateway.ask(ticket, command, body);
        assert_eq!(gateway.answer(), (ticket, Ok(expected.to_owned())), "{body}");
    }
    gateway.stop();
    let mut store = Store::open(gateway.store.path()).unwrap();
    let series: Vec<_> = store.project().series(0, 10).unwrap().into_iter().map(|one| (one.name, one.images)).collect();
    assert_eq!(series, [(String::new(), 1), ("Left".to_owned(), 2)]);
    let stages: Vec<_> =
        store.project().stages(0, 10).unwrap().into_iter().map(|one| (one.number, one.elements)).collect();
    assert_eq!(stages, [(0, 13), (1, 13)]);
    assert_eq!(store.project().jobs(None, 100).unwrap().len(), 10);
}

/// Whether no process has this path in its command line.
fn is_gone(path: &Path) -> bool {
    let folders = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = folders.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    !lines.into_iter().any(|line| String::from_utf8_lossy(&line).contains(path.to_str().unwrap()))
}

#[test]
fn two_commands_of_one_server_take_turns() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let of = [("executor", Value::Text("relay".to_owned())), ("url", Value::Text(url))];
    let mut gateway = Gateway::start(&[("image", &of), ("weld", &of)]);
    // Takes connections, tells how many there are, and answers nobody.
    gateway.ask(0, "image", r#"{"focal_length":1.0}"#);
    let (first, _) = listener.accept().unwrap();
    gateway.ask(1, "weld", r#"{"weld":1}"#);
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "the second has to wait");
    drop(first);
    assert_eq!(gateway.answer(), (0, Err(Reason::Unavailable)));
    listener.set_nonblocking(false).unwrap();
    drop(listener.accept().unwrap());
    assert_eq!(gateway.answer(), (1, Err(Reason::Unavailable)));
    gateway.stop();
}
