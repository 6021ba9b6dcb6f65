//! The program behind `make year`: simulates years of the stack and prints which mail reported which incident.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Parser;
use evergreen_year::{
    AlarmRule, IncidentKind, RecordedYear, StackSettings, StackTemplate, YearOutcome, YearPlan, simulate, time, years,
};

/// Simulates years of the stack with the alarms of template.yaml.
#[derive(Debug, Parser)]
#[command(name = "year")]
struct Arguments {
    /// Number of years with one incident of each kind.
    #[arg(long, default_value_t = 20)]
    years: u64,
    /// Number of years without incidents.
    #[arg(long, default_value_t = 100)]
    quiet: u64,
    /// The first seed. Each year has the next one.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The SAM template with the alarms.
    #[arg(long, default_value = "template.yaml")]
    template: PathBuf,
    /// Changes a property of an alarm, such as `AccuracyLowAlarm.Threshold=-1`. May be given many times.
    #[arg(long, value_name = "ALARM.PROPERTY=VALUE")]
    set: Vec<String>,
    /// Writes the metrics of one year with incidents to this file, as JSON.
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Lets the alarms look at a recorded year, with the changes of `--set` and without.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// With `--replay`, also prints every mail of the year under the changed rules.
    #[arg(long, requires = "replay")]
    mails: bool,
    /// Prints what each kind of incident means, and ends.
    #[arg(long)]
    kinds: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.kinds {
        IncidentKind::ALL.into_iter().for_each(|kind| println!("{:26} {}", kind.name(), kind.meaning()));
        return Ok(());
    }
    let text = read(&arguments.template)?;
    let template = StackTemplate::parse(&text)?;
    let deployed = AlarmRule::all(&template)?;
    let rules = AlarmRule::all(&changed(template.clone(), &arguments.set)?)?;
    let settings = StackSettings::read(&template)?;
    if let Some(file) = &arguments.replay {
        return replay(file, &deployed, &rules, arguments.mails);
    }
    if let Some(file) = &arguments.record {
        let year = simulate(&YearPlan::eventful(&settings, arguments.seed), &rules)?;
        std::fs::write(file, serde_json::to_vec(&year)?).with_context(|| format!("writing {}", file.display()))?;
        println!("recorded the year of seed {} in {}", arguments.seed, file.display());
        return Ok(());
    }
    report(&arguments, &settings, &rules)
}

fn report(arguments: &Arguments, settings: &StackSettings, rules: &[AlarmRule]) -> anyhow::Result<()> {
    let begin = Instant::now();
    if arguments.years > 0 {
        let report = years::eventful(settings, rules, arguments.seed, arguments.years)?;
        println!("{report}");
        let names = |kinds: Vec<IncidentKind>| kinds.into_iter().map(IncidentKind::name).collect::<Vec<_>>().join(", ");
        println!("not always in time: {}", names(report.late_kinds()));
        println!("no alarm can report: {}", names(report.kinds_without_rule()));
        println!("more than two mails: {}", names(report.loud_kinds()));
    }
    let quiet = years::quiet(settings, rules, arguments.seed, arguments.quiet)?;
    println!("\n{quiet}");
    let total = arguments.years + arguments.quiet;
    println!("\n{total} years in {:.1} s", begin.elapsed().as_secs_f64());
    Ok(())
}

/// Compares what the deployed and the changed rules report in a recorded year.
fn replay(file: &Path, deployed: &[AlarmRule], changed: &[AlarmRule], lists_mails: bool) -> anyhow::Result<()> {
    let year: RecordedYear =
        serde_json::from_str(&read(file)?).with_context(|| format!("reading {} as a recorded year", file.display()))?;
    let (before, after) = (YearOutcome::of(&year, deployed)?, YearOutcome::of(&year, changed)?);
    for (before, after) in before.incidents.iter().zip(&after.incidents) {
        let reported = [before, after].map(|reported| match reported.first_mail() {
            Some(mail) => format!(
                "{} after {}, {} mails",
                mail.alarm,
                time(reported.delay().unwrap_or_default().into()),
                reported.mails.len()
            ),
            None => "not reported".to_owned(),
        });
        let [before_text, after_text] = &reported;
        let change = if before_text == after_text { String::new() } else { format!("; now {after_text}") };
        println!("{:26} {before_text}{change}", before.incident.kind.name());
        for mail in after.mails.iter().filter(|_| lists_mails) {
            let (from, until) = (after.incident.begin, after.incident.end);
            let at = time(i64::from(mail.minute) - i64::from(from));
            let what = if mail.is_raised { "ALARM" } else { "OK" };
            let lasts = time(i64::from(until) - i64::from(from));
            println!("    after {at} of {lasts}: [{what}] {} about {}", mail.alarm, mail.about.join(", "));
        }
    }
    for (name, outcome) in [("deployed rules", &before), ("changed rules", &after)] {
        let mails: usize = outcome.incidents.iter().map(|reported| reported.mails.len()).sum();
        let untold = outcome.incidents.iter().filter(|reported| reported.first_mail().is_none()).count();
        let late = outcome
            .incidents
            .iter()
            .filter(|reported| reported.first_mail().is_some() && !reported.is_reported_in_time())
            .count();
        println!(
            "{name}: {mails} mails about {} incidents, {late} reported late, {untold} not reported, {} false mails",
            outcome.incidents.len(),
            outcome.false_mails.len()
        );
    }
    Ok(())
}

/// Returns the template with the changes that the command line names.
fn changed(mut template: StackTemplate, changes: &[String]) -> anyhow::Result<StackTemplate> {
    for change in changes {
        let parts = change.split_once('=').and_then(|(place, value)| Some((place.split_once('.')?, value)));
        let Some(((id, property), value)) = parts else {
            bail!("--set {change:?}: expected ALARM.PROPERTY=VALUE, such as AccuracyLowAlarm.Threshold=-1");
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        template.set(id, property, value).with_context(|| format!("--set {change:?}"))?;
    }
    Ok(template)
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}
