//! Pages and uploads of the measuring program's project, over HTTP of a whole gateway's console.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test says what it found by panicking")]

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use tieline_testkit::{PATIENCE, TestGateway};

struct World {
    gateway: TestGateway,
    folder: tempfile::TempDir,
}

impl World {
    /// With a store of its own, and whatever else its section says.
    fn new(section: &str) -> World {
        let folder = tempfile::tempdir().unwrap();
        World { gateway: World::gateway(&folder, section), folder }
    }

    fn gateway(folder: &tempfile::TempDir, section: &str) -> TestGateway {
        let path = folder.path().display();
        TestGateway::start(&format!(
            "[store]\npath = \"{path}\"\n[console]\n[inspect]\nallow_paths = [\"{path}\"]\n{section}"
        ))
    }

    /// Begins a request that promises so many bytes.
    fn begin(&self, request: &str, header: &str, bytes: usize) -> TcpStream {
        let mut stream = TcpStream::connect(self.gateway.console()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!(
            "{request} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{header}Content-Length: {bytes}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// The status, the head and the body of the answer to a request.
    fn ask(&self, request: &str, header: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
        let mut stream = self.begin(request, header, body.len());
        // Refused in the middle, the rest may find nobody who reads it.
        let _ = stream.write_all(body);
        heard(stream)
    }

    fn get(&self, path: &str) -> Value {
        let (status, _, body) = self.ask(&format!("GET /api/inspect/{path}"), "", b"");
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    fn status(&self, path: &str) -> u16 {
        self.ask(&format!("GET /api/inspect/{path}"), "", b"").0
    }

    fn upload(&self, query: &str, body: &[u8]) -> (u16, String) {
        let (status, _, body) = self.ask(&format!("POST /api/inspect/upload?{query}"), "", body);
        (status, String::from_utf8(body).unwrap())
    }

    fn job(&self, query: &str, body: &[u8]) -> (u16, Value) {
        let (status, body) = self.upload(query, body);
        (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {status} {body}")))
    }

    /// Files of uploads that are there.
    fn left(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path().join("uploads")).into_iter().flatten();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn nothing_is_kept(&self) {
        assert_eq!(self.left(), [""; 0]);
        assert_eq!(self.get("jobs")["total"], 0);
        assert_eq!(self.get("project")["series"], json!([]));
    }
}

fn heard(mut stream: TcpStream) -> (u16, String, Vec<u8>) {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(&answer)));
    let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head, answer[end + 4..].to_vec())
}

/// A grey picture as a PNG file, its pixels not compressed.
fn png(width: u32, height: u32) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        !bytes.iter().fold(!0u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
        })
    };
    let rows: Vec<u8> =
        (0..height).flat_map(|y| (0..=width).map(move |x| if x == 0 { 0 } else { (x * y) as u8 })).collect();
    let (a, b) = rows.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    let length = u16::try_from(rows.len()).unwrap();
    let pixels =
        [&[0x78, 1, 1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &rows, &(b << 16 | a).to_be_bytes()];
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]];
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in [("IHDR", header.concat()), ("IDAT", pixels.concat()), ("IEND", Vec::new())] {
        let chunk = [name.as_bytes(), &content].concat();
        file.extend((content.len() as u32).to_be_bytes());
        file.extend_from_slice(&chunk);
        file.extend(crc(&chunk).to_be_bytes());
    }
    file
}

const POINTS: &str = r#"<elements unit="mm"><point id="7" name="P" x="1.0" y="2.5" z="-3.0"/>
    <circle id="8" name="Hole" x="0" y="0" z="0" diameter="12.5"/></elements>"#;
const IMAGE: &str = "command=image&name=Left&focal_length=50.0&file=";

#[test]
fn an_image_is_uploaded_and_seen() {
    let world = World::new("");
    world.nothing_is_kept();
    let file = png(64, 48);
    let (status, job) = world.job(&format!("{IMAGE}p%C3%A4rt.png"), &file);
    assert_eq!((status, &job["state"], &job["reply"]), (200, &json!("done"), &json!("O.k.")), "{job}");
    assert_eq!((&job["file"], &job["name"], &job["id"]), (&json!("pärt.png"), &json!("Left"), &json!(1)));
    assert!(job["by"].as_str().unwrap().starts_with("upload 127.0.0.1:"), "{job}");
    assert_eq!(world.left(), [""; 0]);

    let project = world.get("project");
    let series = &project["series"][0];
    assert_eq!(
        (&series["name"], &series["focal_length"], &series["images"]),
        (&json!("Left"), &json!(50.0), &json!(1))
    );
    assert_eq!((&project["commands"], &project["upload_bytes"]), (&json!(["image", "elements"]), &json!(268_435_456)));
    let page = world.get(&format!("series/{}", series["id"]));
    let image = &page["images"][0];
    assert_eq!((&page["total"], &image["at"]), (&json!(1), &series["latest"]));
    let seen =
        ["file", "format", "width", "height", "bytes", "camera", "exif_focal_length"].map(|key| image[key].clone());
    assert_eq!(json!(seen), json!(["pärt.png", "PNG", 64, 48, file.len(), null, null]));
    let path = format!("GET /api/inspect/thumbnail/{}", image["hash"].as_str().unwrap());
    let (status, head, picture) = world.ask(&path, "", b"");
    assert_eq!(status, 200);
    let is_png = head.contains("content-type: image/png") && picture.starts_with(b"\x89PNG");
    assert!(is_png || head.contains("content-type: image/jpeg") && picture.starts_with(&[0xFF, 0xD8]), "{head}");
    assert_eq!(world.get("jobs"), json!({ "jobs": [job], "total": 1 }));
    assert_eq!(world.get("jobs/1"), job);
}

#[test]
fn lists_come_in_pages() {
    let world = World::new("");
    for width in 1..=5 {
        assert_eq!(world.job(&format!("{IMAGE}{width}.png"), &png(width, 4)).0, 200);
    }
    let files = |path: &str| {
        let page = world.get(path);
        assert_eq!(page["total"], 5);
        page["images"]
            .as_array()
            .unwrap()
            .iter()
            .map(|image| image["file"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(files("series/1?offset=1&limit=2"), ["2.png", "3.png"]);
    assert_eq!(files("series/1?offset=4"), ["5.png"]);
    assert_eq!(files("series/1?offset=18446744073709551615"), [""; 0]);
    let jobs = world.get("jobs?before=4&limit=2");
    assert_eq!((&jobs["jobs"][0]["id"], &jobs["jobs"][1]["id"], &jobs["total"]), (&json!(3), &json!(2), &json!(5)));
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 2);
    for path in ["series/1?limit=0", "series/1?limit=1001", "series/1?offset=-1", "jobs?before=x"] {
        assert_eq!(world.status(path), 400, "{path}");
    }
    let unknown = "0".repeat(64);
    for path in ["", "series/2", "series/x", "stages/0", "stages/1", "clipboard", "jobs/6", "thumbnail/zz", "nothing"] {
        assert_eq!(world.status(path), 404, "{path}");
    }
    assert_eq!(world.status(&format!("thumbnail/{unknown}")), 404);
    assert_eq!(world.status("upload"), 405);
    assert_eq!(world.ask("POST /api/inspect/project", "", b"x").0, 405);
}

#[test]
fn elements_are_uploaded_and_seen() {
    let world = World::new("");
    for (mode, times) in [("clipboard", 1), ("new_stage", 2)] {
        for _ in 0..times {
            let (status, job) =
                world.job(&format!("command=elements&file=a.gxml&import_mode={mode}"), POINTS.as_bytes());
            assert_eq!((status, &job["reply"], &job["name"]), (200, &json!("O.k."), &json!(null)), "{job}");
        }
    }
    let project = world.get("project");
    assert_eq!(project["clipboard"]["elements"], 2);
    assert_eq!(project["stages"].as_array().unwrap().len(), 2);
    let clipboard = world.get("clipboard");
    assert_eq!(
        (&clipboard["id"], &clipboard["total"], &clipboard["file"]),
        (&json!(null), &json!(2), &json!("a.gxml"))
    );
    let stage = world.get("stages/2?offset=1&limit=1");
    assert_eq!((&stage["id"], &stage["name"], &stage["total"]), (&json!(2), &json!("Stage 2"), &json!(2)));
    assert_eq!(stage["elements"].as_array().unwrap().len(), 1);
    let hole = &stage["elements"][0];
    let seen = ["number", "kind", "type", "name", "id", "points"].map(|key| hole[key].clone());
    assert_eq!(json!(seen), json!([2, "circle", "circle", "Hole", "8", [[0.0, 0.0, 0.0]]]));
    let numbers = hole["numbers"].as_array().unwrap();
    assert!(numbers.contains(&json!({ "name": "@diameter", "value": 12.5, "unit": null })), "{hole}");
    assert_eq!(hole["more"]["attributes"]["diameter"], "12.5");
}

/// Both roads lead to the same words and the same record.
#[tokio::test]
async fn replies_are_those_of_the_dialect() {
    let world = World::new(
        "[inspect.commands.show]\nexecutor = \"exec\"\nprogram = [\"cat\", \"{file}\"]\n\
         [inspect.commands.fail]\nexecutor = \"exec\"\nprogram = [\"false\", \"{file}\"]\n",
    );
    let mut client = world.gateway.client("inspect").await.unwrap();
    let folder = world.folder.path();
    for (at, (query, request, content, status)) in [
        (
            "command=image&name=A&focal_length=2",
            r#"{"image":{"file":"FILE","name":"A","focal_length":2}}"#,
            "no image",
            422,
        ),
        (
            "command=elements&import_mode=clipboard",
            r#"{"elements":{"file":"FILE","import_mode":"clipboard"}}"#,
            "",
            422,
        ),
        ("command=elements&import_mode=else", r#"{"elements":{"file":"FILE","import_mode":"else"}}"#, POINTS, 422),
        (
            "command=elements&import_mode=new_stage",
            r#"{"elements":{"file":"FILE","import_mode":"new_stage"}}"#,
            POINTS,
            200,
        ),
        ("command=show&x=1", r#"{"show":{"file":"FILE"}}"#, "hello", 200),
        ("command=show", r#"{"show":{"file":"FILE"}}"#, "", 200),
        ("command=fail", r#"{"fail":{"file":"FILE"}}"#, "x", 422),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{at}.dat");
        let path = folder.join(&name);
        std::fs::write(&path, content).unwrap();
        let path = path.to_str().unwrap();
        let (found, job) = world.job(&format!("{query}&file={name}"), content.as_bytes());
        assert_eq!((found, &job["file"]), (status, &json!(name)), "{job}");
        client.say(request.replace("FILE", path)).await.unwrap();
        client.expect(&job["reply"].as_str().unwrap().replace(&name, path)).await.unwrap();
    }
    assert_eq!(world.left(), [""; 0]);
    // The record is written behind the reply.
    world.job("command=show&file=last", b"");
    let jobs = world.get("jobs");
    assert_eq!(jobs["total"], 15);
    let jobs = jobs["jobs"].as_array().unwrap();
    for pair in jobs[1..].chunks(2) {
        let same = ["command", "state", "detail"];
        // Each is a stage of its own.
        let told = |value: &Value| value.to_string().replace("stage 2", "stage 1");
        assert_eq!(same.map(|key| told(&pair[0][key])), same.map(|key| told(&pair[1][key])));
        let by = |job: &Value| job["by"].as_str().unwrap().starts_with("upload ");
        assert_eq!((by(&pair[0]), by(&pair[1])), (false, true));
    }
}

#[test]
fn what_cannot_be_begun_is_told() {
    let world = World::new("[inspect.commands.away]\nexecutor = \"relay\"\nurl = \"ws://127.0.0.1:9/\"\n");
    let file = png(4, 4);
    for (query, status) in [
        ("file=a.png", 400),
        ("command=image&file=a.png&name=A", 400),
        ("command=image&file=a.png&focal_length=1", 400),
        ("command=image&file=a.png&name=A&focal_length=0", 400),
        ("command=image&file=a.png&name=A&focal_length=NaN", 400),
        ("command=image&name=A&focal_length=1", 400),
        ("command=elements&file=a", 400),
        ("command=away&file=a", 400),
        ("command=weld&file=a", 404),
        ("command=quit&file=a", 404),
    ] {
        let (found, line) = world.upload(query, &file);
        assert_eq!(found, status, "{query}: {line}");
    }
    let longest = "a".repeat(256);
    for name in ["..%2Fa.png", "%2Fetc%2Fpasswd", "C:%5Ca.png", "..", ".", "", "a%00b", "a%0Ab", "a:b", &longest] {
        let (found, line) = world.upload(&format!("{IMAGE}{name}"), &file);
        assert_eq!(found, 400, "{name}: {line}");
    }
    let foreign = "Origin: http://elsewhere.example\r\n";
    assert_eq!(world.ask(&format!("POST /api/inspect/upload?{IMAGE}a.png"), foreign, &file).0, 403);
    world.nothing_is_kept();
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let world = World::new("max_file_size = 100000\n");
    let (status, line) = world.upload(&format!("{IMAGE}a.png"), &vec![7; 100_001]);
    assert_eq!(status, 413, "{line}");
    world.nothing_is_kept();
    assert_eq!(world.job(&format!("{IMAGE}a.png"), &vec![7; 100_000]).0, 422);
}

/// A program that would tell of any file it was given: half a file is none.
#[test]
fn a_file_that_does_not_come_whole_is_not_kept() {
    let world = World::new("[inspect.commands.show]\nexecutor = \"exec\"\nprogram = [\"cat\", \"{file}\"]\n");
    for ends in [Some(Shutdown::Write), Some(Shutdown::Both), None] {
        for round in 0..20 {
            let mut stream = world.begin("POST /api/inspect/upload?command=show&file=a", "", 100_000);
            stream.write_all(&[b'x'; 50_000]).unwrap();
            let begun = std::time::Instant::now();
            while world.left().is_empty() {
                assert!(begun.elapsed() < PATIENCE, "it has begun to come");
                std::thread::yield_now();
            }
            match ends {
                Some(how) => stream.shutdown(how).unwrap(),
                // A reset, as when the caller's program is ended.
                None => {
                    drop(socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).map(|()| stream))
                }
            }
            while !world.left().is_empty() {
                assert!(begun.elapsed() < PATIENCE, "it is removed");
                std::thread::yield_now();
            }
            assert_eq!(world.get("jobs")["total"], 0, "{ends:?}, round {round}");
        }
    }
    world.nothing_is_kept();
}

#[test]
fn more_than_there_is_room_for_is_told() {
    let world = World::new("");
    let begun: Vec<_> =
        (0..4).map(|_| world.begin(&format!("POST /api/inspect/upload?{IMAGE}a.png"), "", 10)).collect();
    let since = std::time::Instant::now();
    while world.left().len() < 4 {
        assert!(since.elapsed() < PATIENCE, "four have begun");
        std::thread::yield_now();
    }
    assert_eq!(world.upload(&format!("{IMAGE}a.png"), b"x").0, 429);
    for mut stream in begun {
        stream.write_all(b"0123456789").unwrap();
        assert_eq!(heard(stream).0, 422);
    }
    assert_eq!(world.upload(&format!("{IMAGE}a.png"), b"x").0, 422);
    assert_eq!(world.left(), [""; 0]);
}

#[test]
fn what_a_kill_left_is_removed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("uploads")).unwrap();
    std::fs::write(folder.path().join("uploads/0.png"), "half").unwrap();
    let world = World { gateway: World::gateway(&folder, ""), folder };
    world.nothing_is_kept();
    assert_eq!(world.job(&format!("{IMAGE}a.png"), &png(4, 4)).0, 200);
}
