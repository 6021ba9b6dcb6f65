//! Measures the predict function as Lambda runs it: a process that polls the Runtime API. Its registry and its S3
//! bucket are fakes behind TLS. `make bench-serving` runs this program. `infra/bench/README.md` describes the
//! measurements.

mod bucket;
mod cold;
mod distribution;
mod dynamo;
mod gate;
mod once;
mod process;
mod refresh;
mod report;
mod runtime;
mod size;
mod store;
mod subject;
mod test_bed;
mod tls;
mod warm;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use process::{Program, cores};
use report::ReportRow;
use subject::BenchChampion;
use test_bed::TestBed;

/// Default delay, in milliseconds, of each answer of the fake DynamoDB and S3 while the bench measures refreshes. The
/// delay lets many calls happen during one refresh of the champion.
const REFRESH_DELAY_MS: u64 = 20;

/// Measures cold start and warm path of the predict function, through the Lambda Runtime API.
#[derive(Debug, Parser)]
#[command(name = "bench-serving")]
struct Arguments {
    #[command(subcommand)]
    part: BenchPart,
    /// The function's binary. With two binaries, the bench measures them alternately and shows the ratio.
    #[arg(long, global = true, num_args = 1..=2, default_value = "target/lambda/predict/bootstrap")]
    binary: Vec<PathBuf>,
    /// Delay of each answer of the fake DynamoDB and S3, in milliseconds.
    #[arg(long, global = true)]
    store_delay_ms: Option<u64>,
    /// File to which the bench writes the measured values as JSON.
    #[arg(long, global = true)]
    json: Option<PathBuf>,
    /// Folder for temporary files of the bench.
    #[arg(long, global = true, default_value = "target/bench")]
    folder: PathBuf,
}

#[derive(Debug, Subcommand)]
enum BenchPart {
    /// Measures cold starts, from exec to the first answer: time, processor time, memory, connections.
    Cold {
        /// Number of cold starts of each binary.
        #[arg(long, default_value_t = 30)]
        starts: usize,
    },
    /// Measures the warm path: latency, requests per second, and the time within the handler.
    Warm {
        /// Number of rows to predict in each call.
        #[arg(long, default_value_t = 1)]
        rows: usize,
        /// Number of calls to each binary.
        #[arg(long, default_value_t = 5_000)]
        calls: usize,
    },
    /// Measures the latency of calls during a refresh of the champion. Here the default delay of the fake DynamoDB and
    /// S3 is 20 ms.
    Refresh {
        /// Duration of the measurement of each binary, in seconds.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// Measures how much memory the function uses after many calls.
    Memory {
        /// Number of calls to each binary.
        #[arg(long, default_value_t = 10_000)]
        calls: usize,
    },
    /// Measures the sizes of the binary and of its zip archive.
    Size,
    /// Runs one start and some calls under a profiling tool, such as `valgrind --tool=callgrind`. Only that tool
    /// measures.
    Once {
        /// Number of rows to predict in each call.
        #[arg(long, default_value_t = 1)]
        rows: usize,
        /// Number of calls to the function.
        #[arg(long, default_value_t = 1)]
        calls: usize,
        /// Command line of the profiling tool with its options, as one text.
        #[arg(long, default_value = "")]
        instrument: String,
    },
    /// Fails if the binary is too large or its cold start executes too many instructions.
    Gate {
        /// Maximum size of the function's binary in bytes.
        #[arg(long)]
        most_bytes: u64,
        /// Maximum number of instructions of a cold start, from exec to the first answer.
        #[arg(long)]
        most_instructions: u64,
    },
    /// Runs all measurements, as `make bench-serving` does.
    All,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    cores::keep_to(cores::Core::Bench);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rows = runtime.block_on(run(&arguments))?;
    let names: Vec<String> = arguments.binary.iter().map(|binary| name(binary)).collect();
    if !rows.is_empty() {
        print!("{}", report::text(&rows, &names));
    }
    if let Some(path) = &arguments.json {
        report::write(path, &rows, &names)?;
        println!("written: {}", path.display());
    }
    Ok(())
}

async fn run(arguments: &Arguments) -> anyhow::Result<Vec<ReportRow>> {
    let programs: Vec<_> = arguments.binary.iter().map(|binary| Program::plain(binary.clone())).collect();
    let bench = Bench { subject: BenchChampion::train()?, programs, arguments };
    match &arguments.part {
        &BenchPart::Cold { starts } => bench.cold(starts).await,
        &BenchPart::Warm { rows, calls } => {
            warm::measure(&bench.test_bed(0).await?, &bench.programs, rows, calls).await
        }
        &BenchPart::Refresh { seconds } => bench.refresh(seconds).await,
        &BenchPart::Memory { calls } => warm::memory(&bench.test_bed(0).await?, &bench.programs, calls).await,
        BenchPart::Size => size::measure(&arguments.binary),
        BenchPart::Once { rows, calls, instrument } => bench.once(*rows, *calls, instrument).await,
        &BenchPart::Gate { most_bytes, most_instructions } => {
            bench.gate(gate::GateLimits { bytes: most_bytes, instructions: most_instructions }).await
        }
        BenchPart::All => bench.all().await,
    }
}

/// The champion and the command-line options that all measurements of the bench share.
struct Bench<'a> {
    subject: BenchChampion,
    programs: Vec<Program>,
    arguments: &'a Arguments,
}

impl Bench<'_> {
    async fn all(&self) -> anyhow::Result<Vec<ReportRow>> {
        let mut rows = self.cold(30).await?;
        let test_bed = self.test_bed(0).await?;
        rows.extend(warm::memory(&test_bed, &self.programs, 10_000).await?);
        rows.extend(size::measure(&self.arguments.binary)?);
        for asked in [1, 100] {
            rows.extend(warm::measure(&test_bed, &self.programs, asked, 5_000).await?);
        }
        rows.extend(self.refresh(20).await?);
        Ok(rows)
    }

    async fn cold(&self, starts: usize) -> anyhow::Result<Vec<ReportRow>> {
        let one = subject::events(1)?.swap_remove(0);
        cold::measure(&self.test_bed(0).await?, &self.programs, starts, &one).await
    }

    async fn refresh(&self, seconds: u64) -> anyhow::Result<Vec<ReportRow>> {
        refresh::measure(&self.test_bed(REFRESH_DELAY_MS).await?, &self.programs, seconds).await
    }

    async fn once(&self, rows: usize, calls: usize, instrument: &str) -> anyhow::Result<Vec<ReportRow>> {
        let (test_bed, events) = (self.test_bed(0).await?, subject::events(rows)?);
        let instrument: Vec<_> = instrument.split_whitespace().map(str::to_owned).collect();
        for program in &self.programs {
            let program = Program { instrument: instrument.clone(), ..program.clone() };
            once::run(&test_bed, &program, &events, calls).await?;
        }
        Ok(Vec::new())
    }

    async fn gate(&self, limits: gate::GateLimits) -> anyhow::Result<Vec<ReportRow>> {
        let test_bed = self.test_bed(0).await?;
        for binary in &self.arguments.binary {
            gate::check(&test_bed, binary, limits, &self.arguments.folder).await?;
        }
        Ok(Vec::new())
    }

    /// Creates the fake DynamoDB and S3. Each answer is delayed by the option `--store-delay-ms`, or without that
    /// option by `usual` milliseconds.
    async fn test_bed(&self, usual: u64) -> anyhow::Result<TestBed> {
        let delay = Duration::from_millis(self.arguments.store_delay_ms.unwrap_or(usual));
        TestBed::around(&self.subject, delay, self.arguments.folder.clone()).await
    }
}

/// Returns the name by which the report names a function binary: its file name. If the file is `bootstrap`, as for
/// every deployed function, returns the name of its folder.
fn name(binary: &std::path::Path) -> String {
    let last = |path: &std::path::Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    match last(binary).as_deref() {
        Some("bootstrap") => binary.parent().and_then(last).unwrap_or_default(),
        name => name.unwrap_or_default().to_owned(),
    }
}
