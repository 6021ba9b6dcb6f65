//! Explains each alarm and what to do about it. docs/OPERATIONS.md has a longer section for each kind.

use crate::{Alarm, AlarmKind, Letterhead};

/// The explanation for one kind of alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// What the alarm means, and who is affected.
    pub meaning: &'static str,
    /// The steps to take, in order.
    pub steps: Vec<Step>,
}

/// One step of the guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The instruction as text.
    pub what: &'static str,
    /// The command to run, if any.
    pub command: Option<String>,
}

impl Guide {
    /// Returns the guide to `alarm`, with commands for this stack.
    pub fn to(alarm: &Alarm, about: &Letterhead) -> Self {
        Self { meaning: meaning(&alarm.kind), steps: steps(alarm, &Commands(about)) }
    }
}

fn meaning(kind: &AlarmKind) -> &'static str {
    match kind {
        AlarmKind::ChampionTooOld => {
            "No version has become champion for too long: training does not run, fails, or is refused by the gate; or \
             there is no champion, or nobody measures it. What served goes on serving."
        }
        AlarmKind::AccuracyLow => {
            "The version that serves is not known to be better than a constant answer, or it does worse on the newest rows than \
             on those that it was judged by. Or its accuracy or R² is below AccuracyAlarmThreshold, where that is a number. It \
             goes on serving until a version passes the gate."
        }
        AlarmKind::DeadlineMissed => {
            "Since the scheduled time no run has made a version, promoted or refused. The champion goes on serving."
        }
        AlarmKind::TrainingFailed => {
            "Since a run last made a version, runs have failed or died. The champion goes on serving and grows older."
        }
        AlarmKind::VersionsRefused => {
            "For two days or more the gate has refused every version that was trained. The champion goes on serving and grows \
             older."
        }
        AlarmKind::ModelUnhealthy => {
            "A new environment of the predict function could not load the champion: its pointer is gone, or neither the \
             registry's copy nor the bucket's object can serve. Warm environments serve on from memory."
        }
        AlarmKind::ArtifactDamaged => {
            "The registry's copy of the champion's artifact or the bucket's object is gone or damaged. As long as the other one \
             is sound, predictions go on. The gate's comparison and a promotion by hand need the object."
        }
        AlarmKind::ModelLoadFailures => {
            "An environment that answers predictions could not fetch, verify or read the champion. It serves the last good \
             version that it had, or answers 503 if it had none."
        }
        AlarmKind::PredictionErrors => {
            "Callers were answered with server errors, in two periods of 5 minutes of three: they got no prediction."
        }
        AlarmKind::PredictionLatency => "One request in a hundred took longer than the limit. Callers may time out.",
        AlarmKind::Throttles => {
            "Lambda had no environment left for the predict function, and the callers were turned away."
        }
        AlarmKind::QuotaNearlyUsed => {
            "A client's key has used four fifths of its requests of this calendar month. Once all are used, its calls are \
             answered with 429 until the month ends."
        }
        AlarmKind::FiguresUnknown => {
            "For 15 minutes or more some figures could not be worked out, because something could not be read. The alarms that \
             watch them keep the state that they had."
        }
        AlarmKind::UnreadableRecords => {
            "The registry holds records that this release cannot read, or not wholly. Figures leave them out. A newer release \
             has written them, or somebody has changed them."
        }
        AlarmKind::TrainFailureQueue => {
            "A training, or the import of a model file, failed at each of its three tries. Its event is kept for 14 days and is \
             not tried again by itself."
        }
        AlarmKind::TrainScheduleQueue => {
            "An event could not be handed to the train function: the schedule's, so that the training of that day has not \
             begun, or that of a model file that was put into the bucket."
        }
        AlarmKind::MetricsFailureQueue => {
            "The metrics function failed three times over. Figures have a gap, and alarms may rest on old ones."
        }
        AlarmKind::AlertFailureQueue => {
            "A mail about an alarm was not sent, at any of three tries, or SES did not say whether it sent it. Somebody was \
             not told, or perhaps not."
        }
        AlarmKind::AlertTopicQueue => "An alarm did not reach the function that writes mails: nobody was told of it.",
        AlarmKind::MailBounced => {
            "SES took a mail about an alarm and could not deliver it, or its reader called it spam. Somebody was not told, \
             and is not told of the next alarm either."
        }
        AlarmKind::Other(_) => "This alarm is not one of Evergreen's own; its description says what it watches.",
    }
}

fn steps(alarm: &Alarm, run: &Commands<'_>) -> Vec<Step> {
    let kind = &alarm.kind;
    let logs = |function| step("Read why:", run.logs(function));
    let messages = |kind: &AlarmKind| step("See what waits, and why it failed:", run.messages(kind));
    let replay = || words("Once the cause is gone, replay it: docs/OPERATIONS.md, Replay what waits in a queue.");
    match kind {
        AlarmKind::ChampionTooOld | AlarmKind::DeadlineMissed | AlarmKind::TrainingFailed => vec![
            step("See how the last runs ended, and the reason of each:", run.runs()),
            step("Read what training says:", run.logs("train")),
            step("Once the cause is gone, train now:", run.train()),
        ],
        AlarmKind::VersionsRefused => vec![
            step("See by how much the gate refused each version:", run.runs()),
            words(
                "If the data has changed and the new versions are what you want, lower the floor or raise the tolerance.",
            ),
            step("Otherwise mend the data, and train:", run.train()),
        ],
        AlarmKind::AccuracyLow => vec![
            step("Compare the last runs: figures, data set, hyperparameters:", run.runs()),
            words(
                "A model that is no better than a constant answer has too few rows, or columns that do not tell the target. More \
                 rows or other columns help.",
            ),
            words("If the data set has changed, see whether it should have."),
            step("Train again; a version that is good enough takes over by itself:", run.train()),
        ],
        AlarmKind::ModelUnhealthy | AlarmKind::ArtifactDamaged | AlarmKind::ModelLoadFailures => vec![
            step(
                "Read what exactly is wrong:",
                run.logs(if *kind == AlarmKind::ModelLoadFailures { "predict" } else { "metrics" }),
            ),
            words("If the file was deleted or overwritten, restore its former version in the bucket."),
            step("Otherwise train: a new version replaces a champion that cannot be read:", run.train()),
        ],
        AlarmKind::PredictionErrors => vec![
            step("Read why:", run.logs("predict")),
            words("If it began with a deployment, deploy the code before it."),
        ],
        AlarmKind::PredictionLatency => vec![
            step("See whether cold starts are what is slow (initDurationMs):", run.logs("predict")),
            words("If it is the model, train with fewer trees; if it is start-up, give the function more memory."),
        ],
        AlarmKind::Throttles => vec![
            step("See how much concurrency the account has:", "aws lambda get-account-settings".to_owned()),
            words("Ask for more in Service Quotas, or lower the rate of the usage plan."),
        ],
        AlarmKind::QuotaNearlyUsed => vec![
            step("See how many requests each key has made, day by day:", run.usage()),
            words("If they are meant, raise MonthlyQuota and deploy; this month's count goes on."),
            words("If they are not, ask the client, or switch its key off: docs/OPERATIONS.md, Change a key."),
        ],
        AlarmKind::FiguresUnknown => {
            vec![step("See which figures are unknown:", run.measure()), step("Read why:", run.logs("metrics"))]
        }
        AlarmKind::UnreadableRecords => vec![
            step("See which records cannot be read:", run.measure()),
            words("After a rollback: deploy the newer release again, or wait until new runs have taken their place."),
            words("A champion of the newer release is replaced by the next version that passes the gate."),
        ],
        AlarmKind::TrainFailureQueue => vec![messages(kind), logs("train"), replay()],
        AlarmKind::TrainScheduleQueue => {
            vec![messages(kind), step("If it is the schedule's, train now:", run.train()), replay()]
        }
        AlarmKind::MetricsFailureQueue => vec![
            messages(kind),
            logs("metrics"),
            step("Nothing has to be replayed, each measurement is complete in itself; empty it:", run.purge(kind)),
        ],
        AlarmKind::AlertFailureQueue | AlarmKind::AlertTopicQueue => vec![
            messages(kind),
            logs("alert"),
            words("The usual causes: an address that SES has not verified, or an account still in its sandbox."),
            replay(),
        ],
        AlarmKind::MailBounced => vec![
            step(
                "See which addresses SES no longer writes to:",
                "aws sesv2 list-suppressed-destinations --reasons BOUNCE COMPLAINT".to_owned(),
            ),
            words("Mend the address in the parameter AlertRecipients, or take it out, and deploy."),
            step(
                "If the mailbox works again, let SES write to it:",
                "aws sesv2 delete-suppressed-destination --email-address ADDRESS".to_owned(),
            ),
        ],
        AlarmKind::Other(_) => vec![step("Read what it watches:", run.describe(&alarm.name))],
    }
}

fn step(what: &'static str, command: String) -> Step {
    Step { what, command: Some(command) }
}

fn words(what: &'static str) -> Step {
    Step { what, command: None }
}

/// Builds AWS CLI commands for this stack.
struct Commands<'a>(&'a Letterhead);

impl Commands<'_> {
    fn runs(&self) -> String {
        let Letterhead { model, table, .. } = self.0;
        format!(
            "aws dynamodb query --table-name {table} --index-name by-start --no-scan-index-forward --limit 5 \
             --key-condition-expression 'pk = :pk' --expression-attribute-values '{{\":pk\":{{\"S\":\"MODEL#{model}\"}}}}'"
        )
    }

    fn logs(&self, function: &str) -> String {
        format!("aws logs tail /aws/lambda/{}-{function} --since 1d", self.0.stack)
    }

    fn train(&self) -> String {
        format!(
            "aws lambda invoke --function-name {}-train --cli-read-timeout 900 --cli-binary-format raw-in-base64-out \
             --payload '{{\"note\":\"by hand, after an alarm\"}}' /dev/stdout",
            self.0.stack
        )
    }

    /// Returns the command for the current month's usage. GNU and BSD `date` both accept this format.
    fn usage(&self) -> String {
        format!(
            "aws apigateway get-usage --start-date \"$(date -u +%Y-%m-01)\" --end-date \"$(date -u +%Y-%m-%d)\" \
             --usage-plan-id \"$(aws apigateway get-usage-plans --query \"items[?name=='{}'].id\" --output text)\"",
            self.0.stack
        )
    }

    fn measure(&self) -> String {
        format!("aws lambda invoke --function-name {}-metrics /dev/stdout", self.0.stack)
    }

    fn messages(&self, kind: &AlarmKind) -> String {
        format!(
            "aws sqs receive-message --max-number-of-messages 10 --visibility-timeout 1 --queue-url {}",
            self.url(kind)
        )
    }

    fn purge(&self, kind: &AlarmKind) -> String {
        format!("aws sqs purge-queue --queue-url {}", self.url(kind))
    }

    /// Returns the command that describes an alarm. The name is quoted, because readers paste the command into a shell.
    fn describe(&self, name: &str) -> String {
        format!("aws cloudwatch describe-alarms --alarm-names '{}'", name.replace('\'', r"'\''"))
    }

    fn url(&self, kind: &AlarmKind) -> String {
        let queue = kind.queue().unwrap_or_default();
        format!("\"$(aws sqs get-queue-url --queue-name {}-{queue} --query QueueUrl --output text)\"", self.0.stack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operations_guide_has_a_section_for_every_kind() {
        let guide = include_str!("../../../docs/OPERATIONS.md");
        for kind in AlarmKind::KNOWN {
            let heading = format!("\n### {}\n", kind.as_str());
            assert!(guide.contains(&heading), "{} is missing", kind.as_str());
        }
    }
}
