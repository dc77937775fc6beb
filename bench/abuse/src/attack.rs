//! What an attack is made of: where it goes, what is sent, how the gateway is set up, and what must have counted it.
//!
//! Promises: an attack is data, so that the table reads as a table; the bytes are made by the process that sends them.
//! Read by `table`, which lists all of them, by `run` in this process and by `attacker` in its own.

/// Where a gateway is attacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Port {
    /// X-ray displays.
    Vxvue,
    /// Streams.
    Fme,
    /// Commands for a measuring program.
    Inspect,
    /// OPC UA variables.
    Opcua,
    /// MR verdicts.
    Mr,
    /// The web pages of `Mr`.
    MrHttp,
    /// Pages, API and metrics.
    Console,
}

impl Port {
    /// All, in the order in which addresses are handed on.
    pub(crate) const ALL: [Port; 7] =
        [Port::Vxvue, Port::Fme, Port::Inspect, Port::Opcua, Port::Mr, Port::MrHttp, Port::Console];

    /// What it is called in tables and labels.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Port::Vxvue => "vxvue",
            Port::Fme => "fme",
            Port::Inspect => "inspect",
            Port::Opcua => "opcua",
            Port::Mr => "mr",
            Port::MrHttp => "mr http",
            Port::Console => "console",
        }
    }
}

/// Bytes to send, made when they are needed.
pub(crate) type Bytes = fn() -> Vec<u8>;

/// How a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shake {
    /// With the bytes themselves: no handshake is made.
    No,
    /// With a WebSocket handshake.
    Plain,
    /// With one that agrees on compression.
    Deflate,
}

/// Connections that send as fast as they are read, and come again when they are ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flood {
    /// How many at a time, on each port.
    pub(crate) connections: usize,
    /// How each begins.
    pub(crate) shake: Shake,
    /// What each sends first.
    pub(crate) opening: Bytes,
    /// What it sends then, over and over.
    pub(crate) burst: Bytes,
    /// Whether it reads what is answered.
    pub(crate) reads: bool,
}

/// Connections that hold what they have: a message, a request, or only their place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hold {
    /// How many at a time, on each port.
    pub(crate) connections: usize,
    /// How each begins.
    pub(crate) shake: Shake,
    /// What each sends first.
    pub(crate) first: Bytes,
    /// What it sends then, with a pause of so many milliseconds before each byte.
    pub(crate) trickle: Option<u64>,
    /// What becomes of one that the gateway ends.
    pub(crate) ended: Ended,
}

/// What an attacker makes of the end of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It stays away.
    Stay,
    /// It comes again.
    Again,
    /// It stays away, and every one must have been ended by the gateway.
    Must,
}

/// Requests, each on a connection of its own, read to the end of the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requests {
    /// How many at a time, on each port.
    pub(crate) connections: usize,
    /// What they are, one after the other.
    pub(crate) texts: fn() -> Vec<Vec<u8>>,
    /// For how many milliseconds of the answer are waited.
    pub(crate) patience: u64,
}

/// What the attackers do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    /// Send without end.
    Flood(Flood),
    /// Hold without end.
    Hold(Hold),
    /// Ask without end.
    Requests(Requests),
    /// Connect and hang up at once, on so many at a time.
    Accepts(usize),
    /// Displays while many send to them, the first `deaf` of which do not read; every sender must be read to its end.
    Displays { deaf: usize, displays: usize, senders: usize },
    /// Tails of the console that are not read while much is sent.
    Tails { tails: usize, senders: usize },
    /// The signal to read the configuration again, over and over, while connections come and go.
    Hangups,
}

/// Where the gateway's talk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Talk {
    /// Into a file.
    File,
    /// Into a pipe that nobody reads.
    Stalled,
    /// Into a device that is full.
    Full,
}

/// A number of `/metrics` that has to grow: its name, and labels that it must have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    /// The metric.
    pub(crate) metric: &'static str,
    /// Labels and their values; others may be there too.
    pub(crate) labels: &'static [(&'static str, &'static str)],
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attack {
    /// Its name in options and tables.
    pub(crate) name: &'static str,
    /// What it does, for people.
    pub(crate) what: &'static str,
    /// Where it goes; never to every dialect, since the well-behaved clients speak another one.
    pub(crate) ports: &'static [Port],
    /// What is done there.
    pub(crate) work: Work,
    /// What must have counted it, each of them; none for what is lawful and served.
    pub(crate) counted: &'static [Counted],
    /// Keys that differ from the defaults, so that a deadline can be met in a short run.
    pub(crate) settings: &'static [(&'static str, &'static str)],
    /// Threads that serve clients.
    pub(crate) shards: usize,
    /// Where the gateway's talk goes.
    pub(crate) talk: Talk,
    /// Whether the attacked ports speak TLS.
    pub(crate) tls: bool,
    /// Seconds that it takes at least, however short the run.
    pub(crate) least_seconds: u64,
    /// How many descriptors the gateway may have open; none for as many as the system allows.
    pub(crate) files: Option<u64>,
}

impl Attack {
    /// An attack on a gateway with its defaults and two threads.
    pub(crate) const fn new(name: &'static str, what: &'static str, ports: &'static [Port], work: Work) -> Attack {
        let (counted, settings): (&[Counted], &[(&str, &str)]) = (&[], &[]);
        Attack {
            name,
            what,
            ports,
            work,
            counted,
            settings,
            shards: 2,
            talk: Talk::File,
            tls: false,
            least_seconds: 0,
            files: None,
        }
    }

    /// The same, and this must have counted it.
    pub(crate) const fn counted(mut self, counted: &'static [Counted]) -> Attack {
        self.counted = counted;
        self
    }

    /// The same, with these keys.
    pub(crate) const fn set(mut self, settings: &'static [(&'static str, &'static str)]) -> Attack {
        self.settings = settings;
        self
    }

    /// The same, with so many threads.
    pub(crate) const fn shards(mut self, shards: usize) -> Attack {
        self.shards = shards;
        self
    }

    /// The same, with the gateway's talk going there.
    pub(crate) const fn talk(mut self, talk: Talk) -> Attack {
        self.talk = talk;
        self
    }

    /// The same over TLS.
    pub(crate) const fn tls(mut self) -> Attack {
        self.tls = true;
        self
    }

    /// The same, for so many seconds at least.
    pub(crate) const fn seconds(mut self, seconds: u64) -> Attack {
        self.least_seconds = seconds;
        self
    }

    /// The same, with so many descriptors for the gateway.
    pub(crate) const fn files(mut self, files: u64) -> Attack {
        self.files = Some(files);
        self
    }

    /// The dialect of the well-behaved clients beside it.
    pub(crate) fn beside(&self) -> Port {
        if self.ports.contains(&Port::Fme) { Port::Vxvue } else { Port::Fme }
    }
}

impl Counted {
    /// As a query would name it.
    pub(crate) fn label(&self) -> String {
        let labels: Vec<String> = self.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let name = self.metric.trim_start_matches("tieline_").trim_end_matches("_total");
        if labels.is_empty() { name.to_owned() } else { format!("{name} {}", labels.join(" ")) }
    }
}
