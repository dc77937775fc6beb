//! The desk's decisions one by one, in a world of its own.

use super::super::backlog::{Candidate, How};
use super::super::counts::Tallies;
use super::super::desk::{Desk, World};
use super::super::ledger::Ledger;
use super::super::stamp::{Stamp, Thing};
use super::*;

/// One path, and a clock in milliseconds.
#[derive(Clone)]
struct Fake {
    thing: Arc<Mutex<Thing>>,
    ms: Arc<Mutex<u64>>,
    begun: Instant,
}

impl World for Fake {
    fn at(&self, _: &Path) -> Thing {
        *self.thing.lock().unwrap()
    }
    fn now(&self) -> Instant {
        self.begun + Duration::from_millis(*self.ms.lock().unwrap())
    }
    fn wall(&self) -> i64 {
        *self.ms.lock().unwrap() as i64 * 1_000_000
    }
}

/// Answers as it is told, and notes whether the file had settled.
struct Scripted {
    answer: Arc<Mutex<Examined>>,
    settled: Arc<Mutex<Vec<bool>>>,
}

impl Examine for Scripted {
    fn examine(&mut self, _: &Path, settled: bool) -> Examined {
        self.settled.lock().unwrap().push(settled);
        *self.answer.lock().unwrap()
    }
}

struct Scene {
    desk: Desk<Fake>,
    world: Fake,
    answer: Arc<Mutex<Examined>>,
    settled: Arc<Mutex<Vec<bool>>>,
    tallies: Arc<Tallies>,
}

impl Scene {
    fn new(method: Method) -> Scene {
        let ms = Arc::new(Mutex::new(1_000_000));
        let world = Fake { thing: Arc::new(Mutex::new(Thing::Gone)), ms, begun: Instant::now() };
        let answer = Arc::new(Mutex::new(Examined::Judged));
        let settled = Arc::default();
        let tallies = Arc::new(Tallies::new());
        let plan = WatchPlan { method, settle: Duration::from_millis(200), queue: 10, ..plan(Path::new("/w")) };
        let judge = Scripted { answer: answer.clone(), settled: Arc::clone(&settled) };
        let ledger = Arc::new(Mutex::new(Ledger::new(100)));
        let desk = Desk::new(&plan, Box::new(judge), world.clone(), ledger, tallies.clone());
        Scene { desk, world, answer, settled, tallies }
    }

    /// A file of this size, written so many milliseconds ago.
    fn file(&self, size: u64, ago: i64) -> Stamp {
        let mtime = self.world.wall() - ago * 1_000_000;
        let stamp = Stamp { size, mtime, ctime: mtime };
        *self.world.thing.lock().unwrap() = Thing::File(stamp, 1);
        stamp
    }

    fn take(&mut self, how: How) -> &mut Scene {
        self.desk.take(Candidate { path: "/w/a".into(), how });
        self
    }

    fn later(&mut self, ms: u64) -> &mut Scene {
        *self.world.ms.lock().unwrap() += ms;
        self.desk.look_again();
        self
    }

    fn answers(&self, answer: Examined) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Whether the file had settled at each examination, and seen, judged, vanished, waiting.
    fn done(&self) -> (Vec<bool>, [u64; 4]) {
        let counts = self.tallies.counts();
        (self.settled.lock().unwrap().clone(), [counts.seen, counts.judged, counts.vanished, counts.waiting])
    }
}

#[test]
fn a_complete_file_is_judged_at_once_and_once() {
    let mut scene = Scene::new(Method::Notify);
    scene.file(1, 0);
    scene.answers(Examined::Unfinished);
    scene.take(How::Complete).take(How::Complete).take(How::Found).take(How::Arrived).later(1000);
    assert_eq!(scene.done(), (vec![true], [1, 1, 0, 0]));
}

#[test]
fn a_young_file_that_is_unfinished_is_judged_when_it_was_left_alone() {
    let mut scene = Scene::new(Method::Notify);
    scene.file(1, 10);
    scene.answers(Examined::Unfinished);
    scene.take(How::Found).later(150);
    assert_eq!(scene.done(), (vec![false], [1, 0, 0, 1]));
    scene.file(2, 0);
    scene.later(150).later(150);
    assert_eq!(scene.done(), (vec![false], [1, 0, 0, 1]), "it had grown");
    scene.later(50).later(1000);
    assert_eq!(scene.done(), (vec![false, true], [1, 1, 0, 0]));
}

#[test]
fn an_empty_file_is_waited_for_unless_it_was_closed() {
    let mut scene = Scene::new(Method::Notify);
    scene.file(0, 0);
    scene.take(How::Found);
    assert_eq!(scene.done(), (vec![], [1, 0, 0, 1]));
    scene.take(How::Complete).later(1000);
    assert_eq!(scene.done(), (vec![true], [1, 1, 0, 0]));
}

#[test]
fn when_too_many_wait_a_file_is_left_for_later() {
    let mut scene = Scene::new(Method::Notify);
    scene.file(1, 0);
    scene.answers(Examined::Unfinished);
    for n in 0..11 {
        scene.desk.take(Candidate { path: format!("/w/{n}").into(), how: How::Found });
    }
    assert_eq!((scene.done().1, scene.tallies.counts().dropped), ([10, 0, 0, 10], 1));
    scene.later(1000);
    scene.desk.take(Candidate { path: "/w/10".into(), how: How::Found });
    assert_eq!(scene.done().1, [11, 11, 0, 0]);
}

#[test]
fn an_old_file_has_settled_if_its_clock_can_be_trusted() {
    for (method, ago, settled) in [
        (Method::Notify, 199, false),
        (Method::Notify, 200, true),
        (Method::Poll, 60_199, false),
        (Method::Poll, 60_200, true),
        (Method::Poll, -60_000, false),
    ] {
        let mut scene = Scene::new(method);
        scene.file(1, ago);
        scene.take(How::Found);
        assert_eq!(scene.done(), (vec![settled], [1, 1, 0, 0]), "{ago}");
    }
}

#[test]
fn the_closing_ends_the_waiting() {
    let mut scene = Scene::new(Method::Notify);
    scene.file(1, 0);
    scene.answers(Examined::Unfinished);
    scene.take(How::Found).take(How::Found);
    scene.file(2, 0);
    scene.take(How::Complete).later(1000);
    assert_eq!(scene.done(), (vec![false, true], [1, 1, 0, 0]));
}

#[test]
fn a_file_that_changes_while_it_is_judged_is_judged_again() {
    struct Grows(Fake, Arc<Mutex<u32>>);
    impl Examine for Grows {
        fn examine(&mut self, _: &Path, _: bool) -> Examined {
            let mut times = self.1.lock().unwrap();
            *times += 1;
            if *times == 1 {
                let stamp = Stamp { size: 2, mtime: self.0.wall(), ctime: 0 };
                *self.0.thing.lock().unwrap() = Thing::File(stamp, 1);
            }
            Examined::Judged
        }
    }
    let scene = Scene::new(Method::Notify);
    let times = Arc::default();
    let ledger = Arc::new(Mutex::new(Ledger::new(100)));
    let judge = Grows(scene.world.clone(), Arc::clone(&times));
    let plan = plan(Path::new("/w"));
    let desk = Desk::new(&plan, Box::new(judge), scene.world.clone(), ledger, scene.tallies.clone());
    let mut scene = Scene { desk, ..scene };
    scene.file(1, 0);
    scene.take(How::Complete).later(1000).later(1000);
    assert_eq!((*times.lock().unwrap(), scene.done().1), (2, [2, 2, 0, 0]));
}

#[test]
fn a_file_that_appeared_whole_is_judged_if_nobody_writes_it() {
    let mut scene = Scene::new(Method::Notify);
    let stamp = scene.file(5, 0);
    scene.take(How::Appeared(stamp.version())).later(200);
    assert_eq!(scene.done(), (vec![false], [1, 1, 0, 0]), "it was linked");

    let mut scene = Scene::new(Method::Notify);
    let stamp = scene.file(5, 0);
    scene.take(How::Appeared(stamp.version()));
    scene.file(6, 0);
    scene.later(200).later(1000);
    assert_eq!(scene.done(), (vec![], [0, 0, 0, 0]), "it is being written");
    scene.take(How::Complete);
    assert_eq!(scene.done(), (vec![true], [1, 1, 0, 0]));

    let mut scene = Scene::new(Method::Notify);
    let stamp = scene.file(5, 0);
    scene.answers(Examined::Unfinished);
    scene.take(How::Appeared(stamp.version())).later(200).later(1000);
    assert_eq!(scene.done(), (vec![false], [0, 0, 0, 0]), "left to its closing");
}

#[test]
fn what_is_gone_has_vanished_and_what_is_no_file_was_never_seen() {
    let mut scene = Scene::new(Method::Notify);
    scene.take(How::Complete);
    assert_eq!(scene.done(), (vec![], [1, 0, 1, 0]));
    for thing in [Thing::Other, Thing::at(Path::new("/"))] {
        *scene.world.thing.lock().unwrap() = thing;
        scene.take(How::Complete);
    }
    assert_eq!(scene.done(), (vec![], [1, 0, 1, 0]));
    scene.file(1, 0);
    scene.answers(Examined::Unfinished);
    scene.take(How::Found);
    *scene.world.thing.lock().unwrap() = Thing::Other;
    scene.later(1000);
    assert_eq!(scene.done(), (vec![false], [2, 0, 2, 0]));
}

#[test]
fn what_the_system_does_not_show_is_judged_once() {
    let mut scene = Scene::new(Method::Poll);
    *scene.world.thing.lock().unwrap() = Thing::Unknown;
    scene.take(How::Found).take(How::Found).later(1000);
    assert_eq!(scene.done(), (vec![true], [1, 1, 0, 0]));
}
