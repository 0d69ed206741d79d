//! What this process costs, as the kernel counts it.

use std::time::Duration;

/// Clock ticks in a second, on every Linux of the last twenty years.
const TICKS_A_SECOND: u32 = 100;

/// Bytes of a page of memory.
const PAGE_BYTES: u64 = 4_096;

/// Time on a processor so far, all threads together.
pub(crate) fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a process");
    // The name may hold blanks; it ends at the last parenthesis.
    let fields: Vec<&str> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
    let ticks = |index: usize| fields[index].parse::<u32>().expect("a count of ticks");
    // User and system time are fields 14 and 15; two went with the name.
    Duration::from_secs(1) * (ticks(11) + ticks(12)) / TICKS_A_SECOND
}

/// Bytes of memory in use.
pub(crate) fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("a process");
    let pages = statm.split(' ').nth(1).expect("resident pages");
    pages.parse::<u64>().expect("a count of pages") * PAGE_BYTES
}

/// Open files and sockets.
pub(crate) fn handles() -> u64 {
    std::fs::read_dir("/proc/self/fd").expect("a process").count() as u64
}
