//! The function's process: started as Lambda starts it, on a processor of its own, and what the system says of it.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use rustix::process::{Pid, Signal, kill_process_group};

/// How long a process may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(20);

/// A program, and what stands before it: an instrument with its options, or nothing.
#[derive(Debug, Clone)]
pub struct Program {
    /// The function's binary.
    pub binary: PathBuf,
    /// The instrument's command line.
    pub instrument: Vec<String>,
}

/// A running function.
pub struct Process {
    child: Child,
    log: Option<JoinHandle<Vec<u8>>>,
    /// The signal that asks it to end.
    end_signal: Signal,
    /// When it was started.
    pub started_at: Instant,
}

/// What the system says of a process now.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Time on a processor, of all threads that are there.
    pub cpu: Duration,
    /// Bytes in memory.
    pub resident: u64,
    /// The most bytes that were in memory at a time.
    pub most_resident: u64,
}

impl Program {
    /// A binary without an instrument.
    pub fn plain(binary: PathBuf) -> Self {
        Self { binary, instrument: Vec::new() }
    }

    /// Starts it on the second processor with these variables and no other.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, variables: &[(String, String)]) -> anyhow::Result<Process> {
        let mut words = self.instrument.iter().map(PathBuf::from).chain([self.binary.clone()]);
        let mut command = Command::new(words.next().context("no program")?);
        command.args(words).env_clear().envs(variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        // A group of its own, so that an instrument and what it has started can be ended together.
        command.process_group(0);
        // A child runs where the thread that starts it may run.
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
        // perf writes its count when a terminal interrupts it, and dies of anything else; a shell's background jobs, on the
        // other hand, ignore that signal, which everything else inherits.
        let is_perf = self.instrument.first().is_some_and(|word| word == "perf");
        let end_signal = if is_perf { Signal::INT } else { Signal::TERM };
        Ok(Process { child, log, end_signal, started_at })
    }
}

impl Process {
    /// What the system says of it now.
    ///
    /// # Errors
    /// When there is no `/proc`, or the process has ended.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let of = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{of}/status")).context("the process has ended")?;
        let bytes = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
        };
        let resident = bytes("VmRSS:").context("the system does not tell how much is in memory")?;
        let most_resident = bytes("VmHWM:").context("the system does not tell how much was in memory")?;
        Ok(Usage { cpu: cpu(&of)?, resident, most_resident })
    }

    /// Ends it, and what it may have started, by the signal after which an instrument still writes its figures; by force
    /// where that is ignored. Returns its log.
    pub fn end(mut self) -> Vec<u8> {
        let group = Pid::from_child(&self.child);
        let _ = kill_process_group(group, self.end_signal);
        let asked_at = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && asked_at.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(1));
        }
        // What is left of the group would keep the log open.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
        self.log.take().and_then(|log| log.join().ok()).unwrap_or_default()
    }
}

/// A measurement that failed must not leave its function behind.
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

/// Nanoseconds that every thread of the process `of` has run, as the scheduler counts them.
fn cpu(of: &str) -> anyhow::Result<Duration> {
    let mut total = 0;
    for task in fs::read_dir(format!("{of}/task"))? {
        let counted = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        let ran = counted.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
        total += ran.context("the scheduler keeps no count")?;
    }
    Ok(Duration::from_nanos(total))
}

/// Which processor is whose.
pub mod cores {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// Whose processor.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Core {
        /// The bench's own: the first one that it may use.
        Bench,
        /// The function's: the last one.
        Function,
    }

    /// Keeps this thread, and all that it starts, to one processor; where there is only one, both share it.
    pub fn keep_to(core: Core) {
        let Some(all) = allowed() else { return };
        let (first, last) = (all.first(), all.last());
        let Some(&chosen) = (if core == Core::Bench { first } else { last }) else { return };
        let mut only = CpuSet::new();
        only.set(chosen);
        // Where it cannot be done the system decides, as it does everywhere else.
        let _ = sched_setaffinity(None, &only);
    }

    /// The processors that the process may use, as they were when it began.
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
