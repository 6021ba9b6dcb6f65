//! The function's process. It is started as Lambda starts it, on a processor of its own, and its usage is read from the
//! system.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use rustix::process::{Pid, Signal, kill_process_group};

/// Maximum time between the signal to end and the end of the process.
const GRACE: Duration = Duration::from_secs(20);

/// A program to start, with or without an instrument.
#[derive(Debug, Clone)]
pub struct Program {
    /// The function's binary.
    pub binary: PathBuf,
    /// The instrument's command line. Empty without an instrument.
    pub instrument: Vec<String>,
}

/// A running function.
pub struct Process {
    child: Child,
    log: Option<JoinHandle<Vec<u8>>>,
    /// The signal that ends the process.
    end_signal: Signal,
    /// Start time of the process.
    pub started_at: Instant,
}

/// The usage of a process, as the system reports it.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Processor time of all current threads.
    pub cpu: Duration,
    /// Bytes in memory.
    pub resident: u64,
    /// Maximum number of bytes in memory so far.
    pub most_resident: u64,
}

impl Program {
    /// Returns a program without an instrument.
    pub fn plain(binary: PathBuf) -> Self {
        Self { binary, instrument: Vec::new() }
    }

    /// Starts the program on the last processor, with these environment variables and no others.
    ///
    /// # Errors
    /// Fails if the program cannot be started.
    pub fn start(&self, variables: &[(String, String)]) -> anyhow::Result<Process> {
        let mut words = self.instrument.iter().map(PathBuf::from).chain([self.binary.clone()]);
        let mut command = Command::new(words.next().context("the command line is empty")?);
        command.args(words).env_clear().envs(variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        // The process has its own group, so that an instrument and its children can be ended together.
        command.process_group(0);
        // A child inherits the allowed processors of the thread that starts it.
        let starting = thread::spawn(move || {
            cores::keep_to(cores::Core::Function);
            let started_at = Instant::now();
            command.spawn().map(|child| (child, started_at))
        });
        let (mut child, started_at) = starting
            .join()
            .map_err(|_| anyhow!("the thread that starts the function panicked"))?
            .with_context(|| format!("starting {}", self.binary.display()))?;
        let log = child.stdout.take().map(|output| thread::spawn(move || read(output)));
        // perf writes its count after SIGINT and only then. Other programs get SIGTERM, because a shell's background
        // jobs ignore SIGINT and their children inherit that.
        let is_perf = self.instrument.first().is_some_and(|word| word == "perf");
        let end_signal = if is_perf { Signal::INT } else { Signal::TERM };
        Ok(Process { child, log, end_signal, started_at })
    }
}

impl Process {
    /// Reads the current usage of the process.
    ///
    /// # Errors
    /// Fails if there is no `/proc` or the process has ended.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let of = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{of}/status")).context("the process has ended")?;
        let bytes = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
        };
        let resident = bytes("VmRSS:").context("/proc/PID/status has no VmRSS, the bytes in memory")?;
        let most_resident = bytes("VmHWM:").context("/proc/PID/status has no VmHWM, the maximum of bytes in memory")?;
        Ok(Usage { cpu: cpu(&of)?, resident, most_resident })
    }

    /// Ends the process and its children with the signal after which an instrument still writes its result. If they
    /// ignore the signal, kills them. Returns the log.
    pub fn end(mut self) -> Vec<u8> {
        let group = Pid::from_child(&self.child);
        let _ = kill_process_group(group, self.end_signal);
        let asked_at = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && asked_at.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(1));
        }
        // The rest of the group would keep the log open.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
        self.log.take().and_then(|log| log.join().ok()).unwrap_or_default()
    }
}

/// A failed measurement must not leave its function running.
impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

fn read(mut output: ChildStdout) -> Vec<u8> {
    let mut log = Vec::new();
    let _ = output.read_to_end(&mut log);
    log
}

/// Returns the processor time of all threads of the process with the folder `of`, as the scheduler counts it.
fn cpu(of: &str) -> anyhow::Result<Duration> {
    let mut total = 0;
    for task in fs::read_dir(format!("{of}/task"))? {
        let counted = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        let ran = counted.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
        total += ran.context("/proc/PID/task/*/schedstat has no processor time")?;
    }
    Ok(Duration::from_nanos(total))
}

/// The processors of the bench and of the function.
pub mod cores {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// Names the owner of a processor.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Core {
        /// The bench: the first allowed processor.
        Bench,
        /// The function: the last allowed processor.
        Function,
    }

    /// Restricts this thread and everything that it starts to one processor. If there is only one, both share it.
    pub fn keep_to(core: Core) {
        let Some(all) = allowed() else { return };
        let (first, last) = (all.first(), all.last());
        let Some(&chosen) = (if core == Core::Bench { first } else { last }) else { return };
        let mut only = CpuSet::new();
        only.set(chosen);
        // If this fails, the system chooses the processor.
        let _ = sched_setaffinity(None, &only);
    }

    /// Returns the processors that the process was allowed to use at its start.
    fn allowed() -> Option<Vec<usize>> {
        use std::sync::OnceLock;
        static ALLOWED: OnceLock<Option<Vec<usize>>> = OnceLock::new();
        let read = || {
            let set = sched_getaffinity(None).ok()?;
            Some((0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect())
        };
        ALLOWED.get_or_init(read).clone()
    }
}
