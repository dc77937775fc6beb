//! Turns on a shard in miniature: sessions that always have something to hear beside one that seldom has, with a clock that moves
//! by what is done; and once with a real reactor.

use super::*;
use std::cell::RefCell;

/// Whoever was woken, by number.
type Ready = Rc<RefCell<VecDeque<usize>>>;

struct Client {
    number: usize,
    default_grant: DefaultGrant,
    ready: Ready,
    /// What one piece costs.
    piece: i64,
    /// Pieces it still has; a greedy one never ends.
    pieces: Cell<u64>,
    done: Cell<i64>,
}

impl Member for Client {
    fn default_grant(&self) -> &DefaultGrant {
        &self.default_grant
    }
    fn wake(&self) {
        self.ready.borrow_mut().push_back(self.number);
    }
}

struct World {
    scheduler: Scheduler<Client>,
    clients: Vec<Rc<Client>>,
    ready: Ready,
    now: Cell<u64>,
}

impl World {
    /// One modest client, with the number 0, and greedy ones with pieces that cost so much.
    fn new(greedy: &[i64]) -> World {
        let ready = Ready::default();
        let client = |(number, piece): (usize, i64)| {
            let (default_grant, pieces) = (DefaultGrant::default(), Cell::new(if number == 0 { 0 } else { u64::MAX }));
            Rc::new(Client { number, default_grant, ready: ready.clone(), piece, pieces, done: Cell::new(0) })
        };
        let pieces = std::iter::once(20_000).chain(greedy.iter().copied());
        let clients: Vec<Rc<Client>> = pieces.enumerate().map(client).collect();
        let scheduler: Scheduler<Client> = Scheduler::new();
        clients.iter().for_each(|client| scheduler.enter(client, 0));
        World { scheduler, clients, ready, now: Cell::new(0) }
    }

    /// As a session does it.
    fn poll(&self, client: &Rc<Client>) {
        let mut turn = self.scheduler.begin(client, self.now.get());
        while client.pieces.get() > 0 {
            if !self.scheduler.may_go_on(&turn) {
                self.scheduler.wait(client);
                break;
            }
            client.pieces.set(client.pieces.get() - 1);
            client.done.set(client.done.get() + client.piece);
            self.now.set(self.now.get() + client.piece as u64);
            self.scheduler.pay(client, &mut turn, client.piece, self.now.get());
        }
        self.scheduler.end(&turn);
    }

    /// All that is ready, then the reactor, for as long; `arrives` says whether the modest one got something to do. Returns the
    /// longest that it waited.
    fn run(&self, nanoseconds: u64, mut arrives: impl FnMut(u64) -> bool) -> u64 {
        self.clients[1..].iter().for_each(|client| client.wake());
        let (modest, mut since, mut longest) = (&self.clients[0], None, 0);
        let end = self.now.get() + nanoseconds;
        while self.now.get() < end {
            loop {
                // It may arrive while somebody else is heard; it is seen when the reactor is next asked.
                let Some(next) = self.ready.borrow_mut().pop_front() else { break };
                let before = self.now.get();
                self.poll(&self.clients[next]);
                if since.is_none() && arrives(before) {
                    since = Some(before);
                }
                if let Some(began) = since.filter(|_| next == 0 && modest.pieces.get() == 0) {
                    longest = longest.max(self.now.get() - began);
                    since = None;
                }
            }
            // Asking the reactor takes a moment.
            self.now.set(self.now.get() + 2_000);
            if since.is_some() && modest.pieces.get() == 0 {
                modest.pieces.set(1);
                modest.wake();
            }
            self.scheduler.cycle();
        }
        longest
    }
}

/// Often enough to be seen everywhere, seldom enough to be modest.
fn every(nanoseconds: u64) -> impl FnMut(u64) -> bool {
    let mut next = 0;
    move |now| {
        let arrives = now >= next;
        if arrives {
            next = now + nanoseconds;
        }
        arrives
    }
}

#[test]
fn twenty_greedy_ones_cost_a_modest_one_little_more_than_one() {
    let piece = 100_000;
    for count in [1, 20, 200] {
        let world = World::new(&vec![piece; count]);
        // The first turn of each is its own: everybody has credit for one.
        world.run(1_000_000_000, |_| false);
        let longest = world.run(1_000_000_000, every(3_000_000));
        let most = (CYCLE + TURN + 2 * piece) as u64;
        assert!(longest > 0 && longest <= most, "{count} greedy ones: {longest} ns");
    }
}

#[test]
fn one_long_piece_is_waited_for_and_not_several() {
    let piece = 50_000_000;
    let world = World::new(&[piece; 20]);
    world.run(5_000_000_000, |_| false);
    let longest = world.run(5_000_000_000, every(70_000_000));
    assert!(longest > 0 && longest < 2 * piece as u64, "{longest}");
}

#[test]
fn everybody_goes_on_and_long_pieces_bring_no_more_than_short_ones() {
    let pieces = [5_000_000, 100_000, 100_000, 100_000, 1_000, 300_000];
    let world = World::new(&pieces);
    world.run(20_000_000_000, |_| false);
    let done: Vec<i64> = world.clients[1..].iter().map(|client| client.done.get()).collect();
    let (least, most) = (done.iter().min().unwrap(), done.iter().max().unwrap());
    assert!(*least > 0 && *most < least * 2, "{done:?}");
}

/// Alone it is served without end: only the reactor is asked in between.
#[test]
fn a_greedy_one_that_is_alone_has_the_shard() {
    let world = World::new(&[100_000]);
    world.run(1_000_000_000, |_| false);
    assert!(world.clients[1].done.get() > 900_000_000, "{}", world.clients[1].done.get());
}

#[test]
fn credit_comes_back_with_time_and_is_bounded() {
    let world = World::new(&[]);
    let modest = &world.clients[0];
    let mut turn = world.scheduler.begin(modest, 0);
    world.scheduler.delivers(true);
    world.scheduler.pay(modest, &mut turn, 3 * TURN, 0);
    assert!(!world.scheduler.may_go_on(&turn));
    world.scheduler.cycle();
    let again = world.scheduler.begin(modest, (SHARE * TURN) as u64);
    assert!(!world.scheduler.may_go_on(&again));
    let again = world.scheduler.begin(modest, (SHARE * 3 * TURN) as u64);
    assert!(world.scheduler.may_go_on(&again));
    world.scheduler.begin(modest, 1 << 44);
    assert_eq!(modest.default_grant.credit.get(), TURN as i32);
}

/// Whoever would wait for it makes the difference: another session, or those to whom things are delivered.
#[test]
fn who_is_alone_goes_on_for_a_cycle() {
    let piece = TURN / 5;
    let said_at_once = |others: usize, delivers: bool| {
        let world = World::new(&vec![piece; 1 + others]);
        world.scheduler.delivers(delivers);
        world.clients[2..].iter().for_each(|other| world.scheduler.wait(other));
        world.poll(&world.clients[1]);
        world.clients[1].done.get()
    };
    assert_eq!(said_at_once(0, false), CYCLE);
    assert_eq!((said_at_once(1, false), said_at_once(0, true)), (TURN, TURN));
}

#[test]
fn who_has_ended_is_not_called() {
    let world = World::new(&[100_000, 100_000]);
    world.clients[1..].iter().for_each(|client| world.poll(client));
    world.scheduler.leave(&world.clients[1]);
    world.scheduler.leave(&world.clients[2]);
    assert!(world.scheduler.is_empty());
    world.scheduler.cycle();
    assert!(world.ready.borrow().is_empty());
}

/// Twenty that always have more to hear, on a real runtime; one of them writes into a socket. Whoever reads from there is
/// served before a cycle's worth more was done, because the reactor is asked.
#[tokio::test]
async fn a_socket_is_looked_at_between_turns() {
    const PIECE: i64 = 100_000;
    const GREEDY: usize = 20;
    struct Task(DefaultGrant, Cell<Option<std::task::Waker>>);
    impl Member for Task {
        fn default_grant(&self) -> &DefaultGrant {
            &self.0
        }
        fn wake(&self) {
            self.1.take().into_iter().for_each(std::task::Waker::wake);
        }
    }
    let scheduler: Rc<Scheduler<Task>> = Rc::new(Scheduler::new());
    let done = Rc::new(Cell::new(0u64));
    let (writer, reader) = tokio::net::UnixStream::pair().unwrap();
    let work = async {
        tokio::task::spawn_local(scheduler.clone().run());
        let written_at = Rc::new(Cell::new(None));
        for number in 0..GREEDY {
            let (scheduler, done, written_at) = (scheduler.clone(), done.clone(), written_at.clone());
            let task = Rc::new(Task(DefaultGrant::default(), Cell::default()));
            scheduler.enter(&task, 0);
            let mouth = (number == 0).then(|| writer.as_raw_writer());
            tokio::task::spawn_local(std::future::poll_fn(move |cx| -> std::task::Poll<()> {
                task.1.set(Some(cx.waker().clone()));
                let mut turn = scheduler.begin(&task, 0);
                while scheduler.may_go_on(&turn) {
                    done.set(done.get() + 1);
                    if let Some(mouth) = &mouth
                        && done.get() >= 300
                        && written_at.get().is_none()
                    {
                        mouth.write(b"x");
                        written_at.set(Some(done.get()));
                    }
                    scheduler.pay(&task, &mut turn, PIECE, 0);
                }
                scheduler.wait(&task);
                scheduler.end(&turn);
                std::task::Poll::Pending
            }));
        }
        reader.readable().await.unwrap();
        let between = done.get() - written_at.get().unwrap();
        // The rest of its cycle, and at most one that had begun when the reactor was asked.
        let cycle = (CYCLE / PIECE) as u64;
        assert!(between <= 3 * cycle, "{between} pieces were done before the socket was looked at");
    };
    tokio::task::LocalSet::new().run_until(work).await;
}

/// The writing end of a socket pair, shared with a task.
struct Mouth(std::os::unix::net::UnixStream);

impl Mouth {
    fn write(&self, bytes: &[u8]) {
        use std::io::Write;
        (&self.0).write_all(bytes).unwrap();
    }
}

trait RawWriter {
    fn as_raw_writer(&self) -> Mouth;
}

impl RawWriter for tokio::net::UnixStream {
    fn as_raw_writer(&self) -> Mouth {
        use std::os::fd::AsFd;
        Mouth(self.as_fd().try_clone_to_owned().unwrap().into())
    }
}

/// Newcomers that all have something to do in the same moment, each in three steps; between two looks at the others only some
/// go on, each comes to its end, and one that is given up keeps nobody waiting.
#[tokio::test]
async fn newcomers_by_the_thousand_are_between_nobody_and_the_reactor() {
    const NEWCOMERS_AT_ONCE: u64 = 1000;
    const STEPS: u64 = 3;
    let scheduler: Rc<Scheduler<Client>> = Rc::new(Scheduler::new());
    let (steps, ended) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let work = async {
        tokio::task::spawn_local(scheduler.clone().run());
        let mut given_up = Vec::new();
        for number in 0..NEWCOMERS_AT_ONCE {
            let (scheduler, steps, ended) = (scheduler.clone(), steps.clone(), ended.clone());
            let task = tokio::task::spawn_local(async move {
                let conversation = async {
                    for _ in 0..STEPS {
                        steps.set(steps.get() + 1);
                        tokio::task::yield_now().await;
                    }
                };
                scheduler.newcomer(conversation).await;
                ended.set(ended.get() + 1);
            });
            if number % 10 == 0 {
                given_up.push(task);
            }
        }
        let mut before = 0;
        while ended.get() < NEWCOMERS_AT_ONCE - given_up.len() as u64 {
            tokio::task::yield_now().await;
            if before == 0 {
                given_up.iter().for_each(tokio::task::JoinHandle::abort);
            }
            let between = steps.replace(0);
            before += between;
            // Two cycles may have begun since the last look.
            let cycle = (NEWCOMERS / cost::NEWCOMER + 1) as u64;
            assert!(between <= 2 * cycle, "{between} steps between two looks");
        }
        assert!(before >= STEPS * ended.get());
    };
    tokio::task::LocalSet::new().run_until(work).await;
}
