//! Commands of a measuring program's scripts, as they say them: real files, programs that misbehave, a measuring program
//! that does, and many imports beside another dialect's clients.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test says what it found by panicking")]

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tieline_testkit::{Client, Heard, TestGateway, within};
use tieline_tests::{on_stream, send};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// Two grey pixels beside each other.
const SMALL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x01\x08\0\0\0\0\xd1I V\
    \0\0\0\x0bIDATx\x9ccp8\0\0\x01C\x01\x01\x05\x11w|\0\0\0\0IEND\xaeB`\x82";
/// The same pixels behind a header that promises 2,000,000,000 × 2,000,000,000 of them, its checksum right.
const VAST: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDRw5\x94\0w5\x94\0\x08\x02\0\0\0\xd4B\xf3q\
    \0\0\0\x0bIDATx\x9ccp8\0\0\x01C\x01\x01\x05\x11w|\0\0\0\0IEND\xaeB`\x82";
const POINTS: &str = r#"<elements unit="mm"><point id="7" name="P" x="1.0" y="2.5" z="-3.0"/></elements>"#;
const MODES: [&str; 2] = ["clipboard", "new_stage"];

struct World {
    gateway: TestGateway,
    folder: tempfile::TempDir,
}

impl World {
    /// Clients know the folder `pictures` as `C:/temp`; nothing else may be read. `section`: of the folder, the rest.
    fn new(section: impl Fn(&Path) -> String) -> World {
        World::with_shards(2, section)
    }

    fn with_shards(shards: usize, section: impl Fn(&Path) -> String) -> World {
        let folder = tempfile::tempdir().unwrap();
        let (store, pictures) = (folder.path().join("store"), folder.path().join("pictures"));
        std::fs::create_dir(&pictures).unwrap();
        let config = format!(
            "[store]\npath = {store:?}\n[console]\n[fme]\n[inspect]\nallow_paths = [{pictures:?}]\n\
             path_map = [{{ from = \"C:/temp\", to = {pictures:?} }}]\n{}",
            section(folder.path())
        );
        World { gateway: TestGateway::with_shards(shards, &config), folder }
    }

    fn plain() -> World {
        World::new(|_| String::new())
    }

    /// Writes a file that clients may name.
    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join("pictures").join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    async fn client(&self) -> Client {
        self.gateway.client("inspect").await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.gateway.get(&format!("/api/inspect/{path}")).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Fails when anything was imported.
    async fn is_empty(&self) {
        let project = self.get("project").await;
        assert_eq!(
            (&project["series"], &project["stages"], &project["clipboard"]),
            (&json!([]), &json!([]), &json!(null))
        );
    }
}

fn image(file: &str, name: &str, focal_length: impl Into<Value>) -> String {
    json!({ "image": { "file": file, "name": name, "focal_length": focal_length.into() } }).to_string()
}

fn elements(file: &str, mode: &str) -> String {
    json!({ "elements": { "file": file, "import_mode": mode } }).to_string()
}

/// Says a request and hears exactly this.
async fn told(client: &mut Client, request: impl Into<String>, reply: &str) {
    let request = request.into();
    client.say(request.clone()).await.unwrap();
    client.expect(reply).await.unwrap_or_else(|failure| panic!("{request}: {failure:?}"));
}

#[tokio::test]
async fn images_are_imported_under_every_name_of_their_file() {
    let world = World::plain();
    let path = world.put("small.png", SMALL);
    std::os::unix::fs::symlink("small.png", path.with_file_name("linked.png")).unwrap();
    let mut client = world.client().await;
    for (file, name, focal_length) in [
        ("C:/temp/small.png", "Left", json!("50.0")),
        ("c:\\TEMP\\small.png", "Left", json!(35)),
        ("C:/temp/linked.png", "Left", json!(" 50 ")),
        (path.to_str().unwrap(), "Left", json!(50.0)),
        ("C:/temp/small.png", "Right", json!(35.5)),
        ("C:/temp/small.png", "", json!("2.0")),
    ] {
        told(&mut client, format!("{}\n", image(file, name, focal_length)), "O.k.").await;
    }
    let project = world.get("project").await;
    let series = project["series"].as_array().unwrap();
    let seen: Vec<_> = series.iter().map(|one| json!([one["name"], one["focal_length"], one["images"]])).collect();
    // The same image is one, and a series keeps the focal length it was made with.
    assert_eq!(json!(seen), json!([["Left", 50.0, 1], ["Right", 35.5, 1], ["", 2.0, 1]]));
    let mut hashes = Vec::new();
    for one in series {
        let images = world.get(&format!("series/{}", one["id"])).await["images"].clone();
        assert_eq!(
            (&images[0]["width"], &images[0]["height"], images.as_array().unwrap().len()),
            (&json!(2), &json!(1), 1)
        );
        hashes.push(images[0]["hash"].clone());
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1);
    let thumbnail = format!("/api/inspect/thumbnail/{}", hashes[0].as_str().unwrap());
    assert_eq!(world.gateway.get(&thumbnail).await.map(|answer| answer.status).unwrap_or(0), 200);
}

#[tokio::test]
async fn elements_go_into_the_clipboard_or_a_new_stage() {
    let world = World::plain();
    world.put("Points.gxml", POINTS);
    let mut client = world.client().await;
    for mode in ["clipboard", "new_stage", "new_stage", "clipboard"] {
        told(&mut client, elements("C:/temp/Points.gxml", mode), "O.k.").await;
    }
    let project = world.get("project").await;
    assert_eq!((&project["clipboard"]["elements"], project["stages"].as_array().unwrap().len()), (&json!(1), 2));
    assert_eq!(world.get("stages/2").await["elements"][0]["points"], json!([[1.0, 2.5, -3.0]]));
}

/// Whatever the way to it, a file elsewhere is one that cannot be read, and so is one that is not there.
#[tokio::test]
async fn what_may_not_be_read_is_not_told_from_what_is_not_there() {
    let world = World::new(|_| "max_file_size = 1000\n".to_owned());
    let outside = world.folder.path().join("outside.png");
    std::fs::write(&outside, SMALL).unwrap();
    std::fs::write(world.folder.path().join("outside.gxml"), POINTS).unwrap();
    let pictures = world.folder.path().join("pictures");
    std::os::unix::fs::symlink(&outside, pictures.join("link.png")).unwrap();
    std::os::unix::fs::symlink(world.folder.path(), pictures.join("up")).unwrap();
    std::os::unix::fs::symlink("loop.png", pictures.join("loop.png")).unwrap();
    world.put("large.png", [SMALL, &[0; 1000]].concat());
    let upwards = pictures.join("../outside.png");
    let mut client = world.client().await;
    for file in [
        "C:/temp/missing.png",
        "C:/temp",
        "C:/temp/",
        "C:/temp/../outside.png",
        "C:\\temp\\..\\outside.png",
        "C:/temp/link.png",
        "C:/temp/up/outside.png",
        "C:/temp/up/outside.gxml",
        "C:/temp/loop.png",
        "C:/temp/large.png",
        "C:/tempest/small.png",
        "C:small.png",
        "D:/temp/small.png",
        "\\\\server\\share\\small.png",
        "//server/share/small.png",
        "\\\\?\\C:\\temp\\link.png",
        "\\\\.\\PhysicalDrive0",
        "file:///etc/passwd",
        "/etc/passwd",
        "/dev/zero",
        "small.png",
        "",
        "C:/temp/ü\u{0}.png",
        outside.to_str().unwrap(),
        upwards.to_str().unwrap(),
    ] {
        told(&mut client, image(file, "Left", 50), &format!("Error: Image file {file} could not be read.")).await;
        for mode in MODES {
            told(&mut client, elements(file, mode), &format!("Error: Elements file {file} could not be read.")).await;
        }
    }
    world.is_empty().await;
}

#[tokio::test]
async fn what_is_no_image_and_no_elements_is_an_import_error() {
    let world = World::plain();
    let mut files = vec![
        ("empty.png".to_owned(), Vec::new()),
        ("text.png".to_owned(), b"no image at all".to_vec()),
        ("points.gxml".to_owned(), POINTS.as_bytes().to_vec()),
        ("vast.png".to_owned(), VAST.to_vec()),
        ("cut.bmp".to_owned(), bitmap(300, 100)[..50_000].to_vec()),
    ];
    // Wherever it is cut off it is not whole.
    files.extend((1..SMALL.len()).map(|length| (format!("cut{length}.png"), SMALL[..length].to_vec())));
    let mut client = world.client().await;
    for (name, content) in files {
        world.put(&name, content);
        let file = format!("C:/temp/{name}");
        told(&mut client, image(&file, "Left", 50), &format!("Error: Image could not be imported from file {file}."))
            .await;
    }
    let broken =
        [("empty.gxml", ""), ("cut.gxml", &POINTS[..40]), ("text.gxml", "no elements"), ("other.gxml", "<a/>")];
    for (name, content) in broken {
        world.put(name, content);
        let file = format!("C:/temp/{name}");
        for mode in MODES {
            let reply = format!("Error: Elements could not be imported from file {file} with import mode {mode}.");
            told(&mut client, elements(&file, mode), &reply).await;
        }
    }
    world.put("points.gxml", POINTS);
    let reply = "Error: Elements could not be imported from file C:/temp/points.gxml with import mode new.";
    told(&mut client, elements("C:/temp/points.gxml", "new"), reply).await;
    world.is_empty().await;
    world.put("small.png", SMALL);
    told(&mut client, image("C:/temp/small.png", "Left", 50), "O.k.").await;
}

#[tokio::test]
async fn a_program_answers_fails_hangs_and_floods() {
    let world = World::new(|folder| {
        let script = folder.join("tool.sh");
        let content = "case $1 in\n answer) cat;;\n silent) :;;\n fail) echo half; exit 3;;\n flood) yes;;\n\
                       hang) sleep 1000 & echo $! > \"$2\"; wait;;\nesac\n";
        std::fs::write(&script, content).unwrap();
        let program = |rest: &str| format!("executor = \"exec\"\nprogram = [\"sh\", {script:?}, {rest}]\n");
        format!(
            "[inspect.commands.weld]\n{}[inspect.commands.wait]\n{}timeout = \"2s\"\n[inspect.commands.image]\n{}",
            program("\"{name}\""),
            program(&format!("\"hang\", {:?}", folder.join("number"))),
            program("\"{name}\", \"{file}\"")
        )
    });
    let mut client = world.client().await;
    let weld = |how: &str| json!({ "weld": { "name": how, "x": 1 } }).to_string();
    let hang = r#"{"wait":{}}"#;
    let took_long = "Error: Request 'wait' took longer than 2s.";
    // All asked at once, and told in order all the same.
    for request in [hang, &weld("answer"), &weld("flood"), &weld("fail"), hang, &weld("silent"), r#"{"weld":{}}"#] {
        client.say(request).await.unwrap();
    }
    for reply in
        [took_long, &weld("answer"), "Error: Request 'weld' failed.", "Error: Request 'weld' failed with exit code 3."]
    {
        client.expect(reply).await.unwrap();
    }
    // This one has waited for the first, so long that it is not begun; or it was, and took as long.
    let heard = format!("{:?}", client.receive().await.unwrap());
    let too_late = "Error: Busy, try again later: it waited for longer than its `timeout` and was not begun.";
    assert!(heard.contains(took_long) || heard.contains(too_late), "{heard}");
    client.expect("Ok").await.unwrap();
    client.expect("Error: Missing parameter 'name' in 'weld' request.").await.unwrap();

    // What it had started has ended with it; until somebody asks after it, it may still have a number.
    let number = std::fs::read_to_string(world.folder.path().join("number")).unwrap();
    let line = std::fs::read(format!("/proc/{}/cmdline", number.trim())).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&line).contains("sleep"), "{number}");

    world.put("small.png", SMALL);
    let file = "C:/temp/small.png";
    told(&mut client, image(file, "silent", 50), "O.k.").await;
    let failed = format!("Error: Image could not be imported from file {file}.");
    for how in ["fail", "flood"] {
        told(&mut client, image(file, how, 50), &failed).await;
    }
    // As it came, but for where the file is.
    let local = world.folder.path().join("pictures/small.png");
    let forwarded = image(local.to_str().unwrap(), "answer", "50");
    told(&mut client, image(file, "answer", "50"), &forwarded).await;
    told(&mut client, image("C:/temp/x.png", "silent", 50), "Error: Image file C:/temp/x.png could not be read.").await;
    world.is_empty().await;
}

/// A measuring program that says `replies` to each request, the first of them only when it may.
fn measuring_program(listener: TcpListener, replies: fn(&str) -> Vec<String>, may: Option<Arc<Notify>>) {
    tokio::spawn(async move {
        let mut may = may;
        // One after the other, as the product does it.
        while let Ok((stream, _)) = listener.accept().await {
            let mut socket = accept_async(stream).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                let Message::Text(text) = message else { continue };
                if let Some(may) = may.take() {
                    may.notified().await;
                }
                for reply in replies(&text) {
                    // Whoever asked may have gone.
                    let _ = socket.send(Message::text(reply)).await;
                }
            }
        }
    });
}

#[tokio::test]
async fn a_measuring_program_is_away_slow_and_answers_twice() {
    let mut listeners = Vec::new();
    for _ in 0..3 {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    let [gone, slow, twice]: [TcpListener; 3] = listeners.try_into().unwrap();
    let urls = [&gone, &slow, &twice].map(|listener| listener.local_addr().unwrap());
    let relay = |name: &str, at: usize| {
        format!("[inspect.commands.{name}]\nexecutor = \"relay\"\nurl = \"ws://{}/\"\n", urls[at])
    };
    let section =
        format!("{}{}timeout = \"1s\"\n{}{}", relay("gone", 0), relay("slow", 1), relay("twice", 2), relay("image", 2));
    let world = World::new(|_| section.clone());
    let (address, may) = (gone.local_addr().unwrap(), Arc::new(Notify::new()));
    drop(gone);
    measuring_program(slow, |text| vec![format!("to {text}")], Some(may.clone()));
    measuring_program(twice, |text| vec![format!("to {text}"), "again".to_owned()], None);
    let mut client = world.client().await;

    told(&mut client, r#"{"gone":1}"#, "Error: Not available now.").await;
    told(&mut client, r#"{"gone":2}"#, "Error: Not available now.").await;
    let late = "Error: The measuring program did not reply within 1s. It may still do it.";
    told(&mut client, r#"{"slow":1}"#, late).await;
    may.notify_one();
    told(&mut client, r#"{"slow":2}"#, r#"to {"slow":2}"#).await;
    for number in 0..20 {
        client.say(format!(r#"{{"twice":{number}}}"#)).await.unwrap();
    }
    for number in 0..20 {
        client.expect(&format!(r#"to {{"twice":{number}}}"#)).await.unwrap();
    }
    // The file is the measuring program's affair, and so is everything else: it has the request as it came.
    let asked = image("E:/anywhere.jpg", "Left", 50);
    told(&mut client, asked.clone(), &format!("to {asked}")).await;
    let asked = r#"{"image":{"file":"C:/temp/a.jpg","name":"L","focal_length":"50.0","camera":"left"},"job":"17"}"#;
    told(&mut client, asked, &format!("to {asked}")).await;

    measuring_program(TcpListener::bind(address).await.unwrap(), |_| vec!["O.k.".to_owned()], None);
    let is_back = async {
        while {
            client.say(r#"{"gone":3}"#).await.unwrap();
            client.receive().await.unwrap() != Heard::Text("O.k.".to_owned())
        } {}
    };
    within("the measuring program", is_back).await.unwrap();
    world.is_empty().await;
}

/// A preview of one pixel, as a NEF file has it first, with its maker's name; nothing of it is a measured picture.
fn camera_raw() -> Vec<u8> {
    let entries: [(u16, u16, u32, u32); 10] = [
        (254, 4, 1, 1),
        (256, 4, 1, 1),
        (257, 4, 1, 1),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 32803),
        (271, 2, 6, 8 + 2 + 10 * 12 + 4),
        (273, 4, 1, 8),
        (278, 4, 1, 1),
        (279, 4, 1, 1),
    ];
    let mut file = b"II*\0\x08\0\0\0\x0A\0".to_vec();
    for (tag, kind, count, value) in entries {
        file.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat());
    }
    file.extend(b"\0\0\0\0NIKON\0");
    file
}

/// The sentence is the product's; the cause behind it stands there for who asks for it, in the log and in the record.
#[tokio::test]
async fn camera_raw_is_refused_by_its_name_where_that_is_wanted() {
    for tells in [false, true] {
        let world = World::new(|_| format!("reply_cause = {tells}\n"));
        world.put("a.nef", camera_raw());
        let mut client = world.client().await;
        client.say(image("C:/temp/a.nef", "Left", 50)).await.unwrap();
        let Heard::Text(reply) = client.receive().await.unwrap() else { panic!("no text") };
        let cause = reply.strip_prefix("Error: Image could not be imported from file C:/temp/a.nef.").unwrap();
        match tells {
            true => {
                assert!(cause.starts_with(" (") && cause.contains("camera raw") && cause.contains("NEF"), "{cause}")
            }
            false => assert_eq!(cause, ""),
        }
        // The record is written behind the reply.
        let recorded = async { while !world.get("jobs").await.to_string().contains("camera raw") {} };
        within("the record of the job", recorded).await.unwrap();
        world.is_empty().await;
    }
}

/// A picture of three colours, nothing of it compressed. `width` is a multiple of four.
fn bitmap(width: u32, height: u32) -> Vec<u8> {
    let pixels = width * height * 3;
    let mut file = b"BM".to_vec();
    for number in [54 + pixels, 0, 54, 40, width, height, 24 << 16 | 1, 0, pixels, 0, 0, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    file.extend((0..pixels).map(|at| (at * 7 / 3) as u8));
    file
}

/// One takes as long as thousands of messages.
const IMPORTS: usize = 200;
const SCRIPTS: usize = 4;

/// All on one shard: were it to wait for a decoder, there would be a few messages at most between one import and the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_heard_while_large_images_are_imported() {
    let world = World::with_shards(1, |_| String::new());
    let file = bitmap(1872, 1781);
    assert!(file.len() > 10_000_000);
    world.put("large.bmp", file);
    let (mut sender, mut subscriber) =
        (on_stream(&world.gateway, "a").await.unwrap(), on_stream(&world.gateway, "a").await.unwrap());
    let mut scripts = tokio::task::JoinSet::new();
    for script in 0..SCRIPTS {
        let mut client = world.client().await;
        scripts.spawn(async move {
            for number in 0..IMPORTS / SCRIPTS {
                told(&mut client, image("C:/temp/large.bmp", &format!("{script}.{number}"), 50), "O.k.").await;
            }
        });
    }
    let scripts = tokio::spawn(async move {
        while let Some(ended) = scripts.join_next().await {
            ended.unwrap()
        }
    });
    let mut messages = 0;
    while !scripts.is_finished() {
        let text = messages.to_string();
        sender.say(send(&text)).await.unwrap();
        subscriber.expect(&text).await.unwrap();
        messages += 1;
    }
    scripts.await.unwrap();
    assert!(messages >= 50 * IMPORTS, "{messages} messages while {IMPORTS} images were imported");
    subscriber.hears_nothing().await.unwrap();
    let project = world.get("project?limit=1000").await;
    let series = project["series"].as_array().unwrap();
    assert_eq!(series.len(), IMPORTS);
    assert!(series.iter().all(|one| one["images"] == 1), "{project}");
}
