//! What the system says of a process: memory, time on the processor, file descriptors.

use std::fs;
use std::time::Duration;

/// Memory of a process that is really there, in bytes.
pub fn resident_bytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process's status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number");
    kilobytes << 10
}

/// Time that this process's threads whose name begins so have spent on a processor, all together, and how many they are.
pub fn processor_time(thread_name: &str) -> (Duration, usize) {
    let (mut time, mut count) = (0, 0);
    for task in fs::read_dir("/proc/self/task").expect("this process's threads").flatten() {
        // A thread may end while it is being looked at.
        let Ok(name) = fs::read_to_string(task.path().join("comm")) else { continue };
        let Ok(times) = fs::read_to_string(task.path().join("schedstat")) else { continue };
        if name.starts_with(thread_name) {
            time += times.split(' ').next().and_then(|number| number.parse::<u64>().ok()).expect("a number");
            count += 1;
        }
    }
    (Duration::from_nanos(time), count)
}

/// Makes room for as many file descriptors as the system allows, and returns how many that is.
pub fn allow_files() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).expect("a limit of file descriptors")
}
