//! Any order of writing, closing, renaming, removing, failing, losing news and scanning: every version that stays is judged,
//! and none twice; what stays spoilt is told of, once until it is judged.

use super::super::counts::Tallies;
use super::super::due_queue::{Candidate, How};
use super::super::scanner::filter::{Rule, Times, filter};
use super::super::scheduler::{Scheduler, World};
use super::super::seen::SeenIndex;
use super::super::stamp::{Stamp, Thing, Version};
use super::*;
use proptest::prelude::*;
use std::collections::{HashMap, VecDeque};

const FILES: usize = 4;
const STEP: i64 = 1_000_000;

#[derive(Debug, Clone)]
enum Act {
    /// Writes some more.
    Write(usize),
    /// The kernel tells of its closing.
    Close(usize),
    Rename(usize, usize),
    Remove(usize),
    /// The next examination finds that the file grows meanwhile.
    GrowsMeanwhile,
    /// Nothing can be read, or can be again.
    Fails(bool),
    /// The scanner hears one piece of news.
    Hear,
    /// All news is lost, and a scan follows.
    Overflow,
    Scan,
    /// A folder has come with all files in it.
    Arrive,
    /// The scheduler takes one candidate.
    Take,
    /// So many milliseconds pass.
    Pass(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let file = 0..FILES;
    prop_oneof![
        4 => file.clone().prop_map(Act::Write),
        4 => file.clone().prop_map(Act::Close),
        1 => (file.clone(), file.clone()).prop_map(|(from, to)| Act::Rename(from, to)),
        1 => file.prop_map(Act::Remove),
        1 => Just(Act::GrowsMeanwhile),
        1 => any::<bool>().prop_map(Act::Fails),
        4 => Just(Act::Hear),
        1 => Just(Act::Overflow),
        2 => Just(Act::Scan),
        1 => Just(Act::Arrive),
        6 => Just(Act::Take),
        2 => (1_i64..300).prop_map(Act::Pass),
        1 => (300_i64..3000).prop_map(Act::Pass),
    ]
}

/// The files and the time.
#[derive(Debug, Default)]
struct Disk {
    files: [Option<Stamp>; FILES],
    now: i64,
    grows: bool,
    fails: bool,
    judged: Vec<(PathBuf, Version)>,
    /// What was judged (`true`) or given up, in order.
    told: Vec<(PathBuf, bool)>,
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Disk>>, Instant);

impl Shared {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap()
    }
}

impl World for Shared {
    fn at(&self, path: &Path) -> Thing {
        let number = (0..FILES).find(|number| name(*number) == path).unwrap();
        self.disk().files[number].map_or(Thing::Gone, |stamp| Thing::File(stamp, 1))
    }
    fn now(&self) -> Instant {
        self.1 + Duration::from_nanos(self.disk().now.try_into().unwrap())
    }
    fn wall(&self) -> i64 {
        self.disk().now
    }
}

impl Disk {
    fn write(&mut self, number: usize) {
        self.now += STEP;
        let size = self.files[number].map_or(0, |stamp| stamp.size) + 1;
        self.files[number] = Some(Stamp { size, mtime: self.now, ctime: self.now });
    }
}

/// Whether a file of this size is cut.
fn is_spoilt(size: u64) -> bool {
    size.is_multiple_of(4)
}

/// A third of all sizes is a whole file, a quarter is spoilt.
impl Examine for Shared {
    fn examine(&mut self, path: &Path, settled: bool) -> Examined {
        let number = (0..FILES).find(|number| name(*number) == path).unwrap();
        let mut disk = self.disk();
        let stamp = disk.files[number].unwrap();
        if std::mem::take(&mut disk.grows) {
            disk.write(number);
        }
        if disk.fails {
            return Examined::Failing;
        }
        if !settled && (!stamp.size.is_multiple_of(3) || is_spoilt(stamp.size)) {
            return Examined::Unfinished;
        }
        if is_spoilt(stamp.size) {
            return Examined::Spoilt;
        }
        disk.judged.push((path.to_owned(), stamp.version()));
        disk.told.push((path.to_owned(), true));
        Examined::Judged
    }
    fn give_up(&mut self, path: &Path) {
        self.disk().told.push((path.to_owned(), false));
    }
}

fn name(number: usize) -> PathBuf {
    format!("/w/{number}.dcm").into()
}

struct Model {
    world: Shared,
    scheduler: Scheduler<Shared>,
    seen: Arc<Mutex<SeenIndex>>,
    tallies: Arc<Tallies>,
    news: VecDeque<PathBuf>,
    line: VecDeque<Candidate>,
    times: Times,
}

impl Model {
    /// `before`: which files are there before the start.
    fn new(before: [bool; FILES]) -> Model {
        let world = Shared(Arc::default(), Instant::now());
        for number in (0..FILES).filter(|number| before[*number]) {
            world.disk().write(number);
        }
        let start = world.disk().now;
        world.disk().now += STEP;
        let seen = Arc::new(Mutex::new(SeenIndex::new(100)));
        let tallies = Arc::new(Tallies::new());
        let plan = plan(Path::new("/w"));
        let scheduler = Scheduler::new(&plan, Box::new(world.clone()), world.clone(), seen.clone(), tallies.clone());
        let times = Times { start, scan: start };
        Model { world, scheduler, seen, tallies, news: VecDeque::new(), line: VecDeque::new(), times }
    }

    fn scan(&mut self, rule: Rule) {
        for number in 0..FILES {
            let thing = self.world.at(&name(number));
            let how = filter(&mut self.seen.lock().unwrap(), &name(number), thing, rule, self.times);
            self.line.extend(how.map(|how| Candidate { path: name(number), how }));
        }
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Write(number) => self.world.disk().write(number),
            Act::Close(number) => self.news.push_back(name(number)),
            Act::Rename(from, to) => {
                let mut disk = self.world.disk();
                disk.now += STEP;
                let now = disk.now;
                if let Some(stamp) = disk.files[from].take() {
                    disk.files[to] = Some(Stamp { ctime: now, ..stamp });
                    self.news.push_back(name(to));
                }
            }
            Act::Remove(number) => self.world.disk().files[number] = None,
            Act::Fails(fails) => self.world.disk().fails = fails,
            Act::GrowsMeanwhile => self.world.disk().grows = true,
            Act::Hear => {
                let path = self.news.pop_front();
                self.line.extend(path.map(|path| Candidate { path, how: How::Complete }));
            }
            Act::Overflow => {
                self.news.clear();
                self.scan(Rule::Scan);
            }
            Act::Scan => self.scan(Rule::Scan),
            Act::Arrive => self.scan(Rule::Arrived),
            Act::Take => {
                if let Some(candidate) = self.line.pop_front() {
                    self.scheduler.take(candidate);
                }
            }
            Act::Pass(ms) => {
                self.world.disk().now += ms * STEP;
                self.scheduler.look_again();
            }
        }
    }

    /// Everything comes to rest.
    fn rest(&mut self) {
        self.act(&Act::Fails(false));
        for _ in 0..3 {
            while !self.news.is_empty() {
                self.act(&Act::Hear);
            }
            self.act(&Act::Scan);
            while !self.line.is_empty() {
                self.act(&Act::Take);
            }
            for _ in 0..5 {
                self.act(&Act::Pass(100));
            }
            for _ in 0..4 {
                self.act(&Act::Pass(40_000));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_version_that_stays_is_judged_and_none_twice(
        before in any::<[bool; FILES]>(),
        acts in proptest::collection::vec(act(), 0..60),
    ) {
        let mut model = Model::new(before);
        let old: Vec<Option<Version>> = model.world.disk().files.iter().map(|stamp| stamp.map(|stamp| stamp.version())).collect();
        model.scan(Rule::Before);
        for act in &acts {
            model.act(act);
        }
        model.rest();
        let disk = model.world.disk();
        // The last version of each file that was judged: the same again would be a repetition.
        let mut last: HashMap<&Path, Version> = HashMap::new();
        for (path, version) in &disk.judged {
            prop_assert_ne!(last.insert(path, *version), Some(*version), "twice: {:?}", path);
        }
        for (number, old) in old.iter().enumerate() {
            let Some(stamp) = disk.files[number].filter(|stamp| *old != Some(stamp.version())) else { continue };
            let path = name(number);
            if is_spoilt(stamp.size) {
                prop_assert!(disk.told.iter().any(|(told, _)| *told == path), "{} is spoilt, and nobody was told", number);
            } else {
                prop_assert_eq!(last.get(path.as_path()), Some(&stamp.version()), "{} was not judged", number);
            }
        }
        for number in 0..FILES {
            let of_it: Vec<bool> = disk.told.iter().filter(|(path, _)| *path == name(number)).map(|told| told.1).collect();
            prop_assert!(of_it.windows(2).all(|two| two[0] || two[1]), "{} was given up twice", number);
        }
        // What was there before and was neither told of nor changed stays out.
        if acts.iter().all(|act| matches!(act, Act::Scan | Act::Overflow | Act::Take | Act::Hear | Act::Pass(_))) {
            prop_assert!(last.is_empty());
        }
        let counts = model.tallies.counts();
        prop_assert_eq!(counts.seen, counts.judged + counts.vanished);
        prop_assert!(counts.judged >= disk.judged.len() as u64);
        prop_assert_eq!(counts.waiting, 0);
    }
}
