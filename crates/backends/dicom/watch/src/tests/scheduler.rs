//! The scheduler's decisions one by one, in a world of its own.

use super::super::counts::Tallies;
use super::super::due_queue::{Candidate, How};
use super::super::scheduler::{Scheduler, World};
use super::super::seen::SeenIndex;
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

/// Answers as it is told, and notes whether the file had settled, and when it was given up.
struct Scripted {
    answer: Arc<Mutex<Examined>>,
    settled: Arc<Mutex<Vec<bool>>>,
    given_up: Arc<Mutex<u32>>,
}

impl Examine for Scripted {
    fn examine(&mut self, _: &Path, settled: bool) -> Examined {
        self.settled.lock().unwrap().push(settled);
        *self.answer.lock().unwrap()
    }
    fn give_up(&mut self, _: &Path) {
        *self.given_up.lock().unwrap() += 1;
    }
}

struct Scene {
    scheduler: Scheduler<Fake>,
    world: Fake,
    answer: Arc<Mutex<Examined>>,
    settled: Arc<Mutex<Vec<bool>>>,
    given_up: Arc<Mutex<u32>>,
    tallies: Arc<Tallies>,
}

impl Scene {
    fn new(method: Method) -> Scene {
        let ms = Arc::new(Mutex::new(1_000_000));
        let world = Fake { thing: Arc::new(Mutex::new(Thing::Gone)), ms, begun: Instant::now() };
        let answer = Arc::new(Mutex::new(Examined::Judged));
        let (settled, given_up) = (Arc::default(), Arc::default());
        let tallies = Arc::new(Tallies::new());
        let plan = WatchPlan { method, settle: Duration::from_millis(200), queue: 10, ..plan(Path::new("/w")) };
        let judge = Scripted { answer: answer.clone(), settled: Arc::clone(&settled), given_up: Arc::clone(&given_up) };
        let seen = Arc::new(Mutex::new(SeenIndex::new(100)));
        let scheduler = Scheduler::new(&plan, Box::new(judge), world.clone(), seen, tallies.clone());
        Scene { scheduler, world, answer, settled, given_up, tallies }
    }

    /// A file of this size, written so many milliseconds ago.
    fn file(&self, size: u64, ago: i64) -> Stamp {
        let mtime = self.world.wall() - ago * 1_000_000;
        let stamp = Stamp { size, mtime, ctime: mtime };
        *self.world.thing.lock().unwrap() = Thing::File(stamp, 1);
        stamp
    }

    fn take(&mut self, how: How) -> &mut Scene {
        self.scheduler.take(Candidate { path: "/w/a".into(), how });
        self
    }

    fn later(&mut self, ms: u64) -> &mut Scene {
        *self.world.ms.lock().unwrap() += ms;
        self.scheduler.look_again();
        self
    }

    fn answers(&self, answer: Examined) {
        *self.answer.lock().unwrap() = answer;
    }

    /// How often it was examined, how often given up, and seen, judged, vanished, waiting.
    fn tried(&self) -> (usize, u32, [u64; 4]) {
        let (settled, counts) = self.done();
        (settled.len(), *self.given_up.lock().unwrap(), counts)
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
        scene.scheduler.take(Candidate { path: format!("/w/{n}").into(), how: How::Found });
    }
    assert_eq!((scene.done().1, scene.tallies.counts().dropped), ([10, 0, 0, 10], 1));
    scene.later(1000);
    scene.scheduler.take(Candidate { path: "/w/10".into(), how: How::Found });
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
        fn give_up(&mut self, _: &Path) {}
    }
    let scene = Scene::new(Method::Notify);
    let times = Arc::default();
    let seen = Arc::new(Mutex::new(SeenIndex::new(100)));
    let judge = Grows(scene.world.clone(), Arc::clone(&times));
    let plan = plan(Path::new("/w"));
    let scheduler = Scheduler::new(&plan, Box::new(judge), scene.world.clone(), seen, scene.tallies.clone());
    let mut scene = Scene { scheduler, ..scene };
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

#[test]
fn a_file_that_was_closed_empty_or_cut_is_unreadable_when_it_was_left_alone() {
    let mut scene = Scene::new(Method::Notify);
    scene.file(0, 0);
    scene.answers(Examined::Spoilt);
    scene.take(How::Complete).take(How::Found).later(1999);
    assert_eq!(scene.tried(), (1, 0, [1, 0, 0, 1]));
    // Something is written to it.
    scene.file(100, 0);
    scene.take(How::Complete).later(1999);
    assert_eq!(scene.tried(), (2, 0, [1, 0, 0, 1]));
    scene.later(1).later(10_000);
    assert_eq!(scene.tried(), (3, 1, [1, 1, 0, 0]));
    // Once is enough, until it has been whole.
    scene.file(200, 0);
    scene.take(How::Complete).later(2000).later(2000);
    assert_eq!(scene.tried(), (5, 1, [2, 2, 0, 0]));
    scene.answers(Examined::Judged);
    scene.file(300, 0);
    scene.take(How::Complete);
    scene.answers(Examined::Spoilt);
    scene.file(400, 0);
    scene.take(How::Complete).later(2000);
    assert_eq!(scene.tried(), (8, 2, [4, 4, 0, 0]));
}

#[test]
fn a_file_that_is_completed_in_time_is_never_unreadable() {
    let mut scene = Scene::new(Method::Notify);
    scene.file(0, 0);
    scene.answers(Examined::Spoilt);
    scene.take(How::Complete).later(1000);
    scene.file(100, 0);
    scene.answers(Examined::Judged);
    scene.take(How::Complete).later(10_000);
    assert_eq!(scene.tried(), (2, 0, [1, 1, 0, 0]));
}

#[test]
fn a_file_that_was_cut_long_ago_is_unreadable_at_once() {
    let mut scene = Scene::new(Method::Notify);
    scene.file(100, 60_000);
    scene.answers(Examined::Spoilt);
    scene.take(How::Found).take(How::Found);
    assert_eq!(scene.tried(), (1, 1, [1, 1, 0, 0]));
}

#[test]
fn without_news_of_its_closing_a_spoilt_file_that_grows_is_left_alone() {
    let mut scene = Scene::new(Method::Poll);
    scene.file(100, 0);
    scene.answers(Examined::Unfinished);
    scene.take(How::Found);
    scene.answers(Examined::Spoilt);
    scene.later(200);
    for size in 101..110 {
        scene.file(size, 0);
        scene.take(How::Found).later(1500);
        assert_eq!(scene.tried().1, 0, "{size} bytes");
    }
    scene.later(2000).later(2000);
    assert_eq!((scene.tried().1, scene.tried().2), (1, [1, 1, 0, 0]));
}

#[test]
fn a_failure_that_passes_is_no_judgement() {
    let mut scene = Scene::new(Method::Notify);
    scene.file(100, 0);
    scene.answers(Examined::Failing);
    scene.take(How::Complete).take(How::Found).later(250).later(500).later(1000);
    assert_eq!(scene.tried(), (4, 0, [1, 0, 0, 1]));
    scene.answers(Examined::Judged);
    scene.later(2000).later(60_000);
    assert_eq!(scene.tried(), (5, 0, [1, 1, 0, 0]));
}

#[test]
fn a_failure_that_lasts_is_told_of_once_and_ends_when_the_file_is_judged_or_gone() {
    for gone in [false, true] {
        let mut scene = Scene::new(Method::Notify);
        scene.file(100, 0);
        scene.answers(Examined::Failing);
        scene.take(How::Found);
        for _ in 0..299 {
            scene.later(100);
        }
        assert_eq!((scene.tried().1, scene.tried().2), (0, [1, 0, 0, 1]));
        scene.later(100);
        assert_eq!(scene.tried().1, 1);
        for _ in 0..100 {
            scene.later(10_000);
        }
        assert_eq!((scene.tried().1, scene.tried().2), (1, [1, 0, 0, 1]), "it goes on waiting");
        if gone {
            *scene.world.thing.lock().unwrap() = Thing::Gone;
        } else {
            scene.answers(Examined::Judged);
        }
        scene.later(60_000).later(60_000);
        assert_eq!((scene.tried().1, scene.tried().2), (1, [1, u64::from(!gone), u64::from(gone), 0]));
    }
}

#[test]
fn where_too_many_fail_each_is_told_of_and_over() {
    let mut scene = Scene::new(Method::Notify);
    scene.file(1, 0);
    scene.answers(Examined::Failing);
    for n in 0..11 {
        scene.scheduler.take(Candidate { path: format!("/w/{n}").into(), how: How::Complete });
    }
    assert_eq!(scene.tried(), (11, 1, [11, 1, 0, 10]));
}
