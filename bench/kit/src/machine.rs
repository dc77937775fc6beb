//! The machine: which core the server gets and which the clients, how many files may be open, and how to describe it.
//!
//! Called by the command lines before anything is measured, and by whatever has to wait.

use anyhow::{Context, Result, ensure};
use std::process::Command;
use std::time::Duration;
use std::{fs, thread};

/// Threads that play subscribers; two are enough to keep one server core busy.
const CLIENT_THREADS: usize = 2;

/// Who runs where.
#[derive(Debug, Clone)]
pub struct Cores {
    /// The core of the server under test; none if there is only one core, where nothing is pinned.
    pub server: Option<usize>,
    /// How many client threads there are.
    pub client_threads: usize,
}

impl Cores {
    /// Gives the last core to servers and this process, with all threads it will start, the others.
    pub fn divide() -> Result<Cores> {
        let status = fs::read_to_string("/proc/self/status").context("this benchmark needs Linux")?;
        let list = status.lines().find_map(|l| l.strip_prefix("Cpus_allowed_list:")).context("no Cpus_allowed_list")?;
        let mut cores = numbers(list.trim()).with_context(|| format!("cannot read the list of cores {list:?}"))?;
        let last = cores.pop();
        if cores.is_empty() {
            return Ok(Cores { server: None, client_threads: 1 });
        }
        let others: Vec<String> = cores.iter().map(usize::to_string).collect();
        let process = std::process::id().to_string();
        let pinned = Command::new("taskset").args(["-a", "-p", "-c", &others.join(","), &process]).output();
        ensure!(pinned.context("cannot run `taskset` (Debian package util-linux)")?.status.success(), "taskset failed");
        Ok(Cores { server: last, client_threads: cores.len().min(CLIENT_THREADS) })
    }
}

/// `0-2,5` as numbers.
fn numbers(list: &str) -> Option<Vec<usize>> {
    let mut all = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        all.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
    }
    Some(all)
}

/// Allows as many open files as the system lets this user have, up to `wanted`; gives how many there are now.
pub fn allow_files(wanted: u64) -> Result<u64> {
    rlimit::increase_nofile_limit(wanted).context("cannot read the limit of open files")?;
    let (soft, hard) = rlimit::Resource::NOFILE.get()?;
    if soft < wanted && rlimit::Resource::NOFILE.set(wanted, wanted.max(hard)).is_ok() {
        return Ok(wanted);
    }
    Ok(soft)
}

/// One line: processor, cores, kernel, and who runs where.
pub fn describe(cores: &Cores) -> String {
    let pinned = match cores.server {
        Some(core) => format!("server alone on core {core}"),
        None => "one core only, so server and clients share it".into(),
    };
    format!("{}, loopback, {pinned}, {} client threads", model(), cores.client_threads)
}

/// Processor, cores and kernel.
pub fn model() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let models: Vec<&str> = info
        .lines()
        .filter(|l| l.starts_with("model name"))
        .filter_map(|l| Some(l.split_once(':')?.1.trim()))
        .collect();
    let (name, kernel) = (models.first().unwrap_or(&"unknown processor"), read("/proc/sys/kernel/osrelease"));
    format!("{name} ({} cores), Linux {}", models.len(), kernel.trim())
}

/// Lets time pass: until the next message is due, or before looking again at what only time can change.
#[allow(clippy::disallowed_methods, reason = "no shard runs here, and a benchmark is about time")]
pub fn pause(time: Duration) {
    thread::sleep(time);
}

/// Load average of the last minute: how much was going on, this benchmark included.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// The day in universal time, as 2031-01-31.
pub fn today() -> Result<String> {
    let output = Command::new("date").args(["--utc", "+%F"]).output().context("cannot run `date`")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_of_cores() {
        assert_eq!(numbers("0-3"), Some(vec![0, 1, 2, 3]));
        assert_eq!(numbers("1"), Some(vec![1]));
        assert_eq!(numbers("0,4-5"), Some(vec![0, 4, 5]));
        assert_eq!(numbers(""), None);
    }
}
