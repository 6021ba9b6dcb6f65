//! Starts the function's process as Lambda starts it, on a processor of its own, and reads its resource usage from
//! `/proc`.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use rustix::process::{Pid, Signal, kill_process_group};

/// Maximum time between the signal that ends the process and its end. After this time the process is killed.
const GRACE: Duration = Duration::from_secs(20);

/// A function program to start, with or without a profiling tool around it.
#[derive(Debug, Clone)]
pub struct Program {
    /// Path of the function's binary.
    pub binary: PathBuf,
    /// Command line of the profiling tool that runs the binary. Empty without such a tool.
    pub instrument: Vec<String>,
}

/// The running process of a function.
pub struct Process {
    child: Child,
    log: Option<JoinHandle<Vec<u8>>>,
    /// The signal that ends the process. It depends on the profiling tool.
    end_signal: Signal,
    /// Time at which the process was started.
    pub started_at: Instant,
}

/// The processor time and memory of a process, as `/proc` reports them.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Processor time that all current threads of the process have used.
    pub cpu: Duration,
    /// Memory of the process now, in bytes (resident set).
    pub resident: u64,
    /// Largest memory of the process so far, in bytes (resident set).
    pub most_resident: u64,
}

impl Program {
    /// Returns a function program that runs without a profiling tool.
    pub fn plain(binary: PathBuf) -> Self {
        Self { binary, instrument: Vec::new() }
    }

    /// Starts the function program on the last processor that the bench may use. The process gets these environment
    /// variables and no others.
    ///
    /// # Errors
    /// Fails if the system cannot start the program.
    pub fn start(&self, variables: &[(String, String)]) -> anyhow::Result<Process> {
        let mut words = self.instrument.iter().map(PathBuf::from).chain([self.binary.clone()]);
        let mut command = Command::new(words.next().context("the command line is empty")?);
        command.args(words).env_clear().envs(variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        // The process has its own group, so that a profiling tool and its children can be ended together.
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
        // perf writes its count after SIGINT and only then. SIGTERM lets the function hand its counts over, which is no
        // part of what valgrind counts. Shells let background jobs ignore SIGINT, but never SIGUSR1.
        let end_signal = match self.instrument.first().map(String::as_str) {
            Some("perf") => Signal::INT,
            Some("valgrind") => Signal::USR1,
            _ => Signal::TERM,
        };
        Ok(Process { child, log, end_signal, started_at })
    }
}

impl Process {
    /// Reads the processor time and memory that the process uses now.
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

    /// Ends the process and its children with the signal after which a profiling tool still writes its result. Kills
    /// them if they ignore the signal for 20 s. Returns the process's standard output, which is the function's log.
    pub fn end(mut self) -> Vec<u8> {
        let group = Pid::from_child(&self.child);
        let _ = kill_process_group(group, self.end_signal);
        let asked_at = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && asked_at.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(1));
        }
        // The remaining processes of the group would keep the log open.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
        self.log.take().and_then(|log| log.join().ok()).unwrap_or_default()
    }
}

/// Kills the process if it still runs. A failed measurement must not leave its function running.
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

/// Returns the processor time of all threads of a process, as the scheduler counts it. `of` is the process's folder in
/// `/proc`.
fn cpu(of: &str) -> anyhow::Result<Duration> {
    let mut total = 0;
    for task in fs::read_dir(format!("{of}/task"))? {
        let counted = fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        let ran = counted.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
        total += ran.context("/proc/PID/task/*/schedstat has no processor time")?;
    }
    Ok(Duration::from_nanos(total))
}

/// Assigns processors to the bench and to the function under measurement, so that they do not disturb each other.
pub mod cores {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// The processor that a thread may run on, named by its user.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Core {
        /// The bench's processor: the first one that the bench may use.
        Bench,
        /// The function's processor: the last one that the bench may use.
        Function,
    }

    /// Restricts this thread, and everything that it starts, to one processor. If there is only one processor, the
    /// bench and the function share it.
    pub fn keep_to(core: Core) {
        let Some(all) = allowed() else { return };
        let (first, last) = (all.first(), all.last());
        let Some(&chosen) = (if core == Core::Bench { first } else { last }) else { return };
        let mut only = CpuSet::new();
        only.set(chosen);
        // If this fails, the operating system chooses the processor.
        let _ = sched_setaffinity(None, &only);
    }

    /// Returns the processors that this process was allowed to use at its start. `None` if the operating system does
    /// not report them.
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
