//! What the measuring examples share.

use std::fs;

/// Returns the peak memory of this process in bytes. `None` if the system does not report the peak memory.
pub fn peak_rss_bytes() -> Option<u64> {
    // The peak memory is the maximum resident set size.
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
