//! Explains an alarm in its mail, and writes the commands of the recommended steps for this stack. docs/OPERATIONS.md
//! has a longer section for each kind of alarm.

use crate::catalog::{Command, StepTemplate};
use crate::{Alarm, Letterhead};

/// The part of a mail that explains an alarm and recommends steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// Text for the mail about the alarm: what the alarm means and who is affected.
    pub meaning: &'static str,
    /// The steps that the mail recommends, in order.
    pub steps: Vec<GuideStep>,
}

/// One step that a mail about an alarm recommends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideStep {
    /// The instruction of a recommended step, as text for the mail.
    pub what: &'static str,
    /// The commands of a recommended step, of which one is enough: first that of `evergreen`, if it has one, and last
    /// that of the AWS CLI. Empty if the step has no command.
    pub commands: Vec<String>,
}

impl Guide {
    /// Returns the explanation of `alarm` and the recommended steps, with commands for this stack.
    pub fn to(alarm: &Alarm, about: &Letterhead) -> Self {
        let (entry, commands) = (alarm.kind.entry(), Commands { alarm, about });
        let step = |step: &StepTemplate| GuideStep {
            what: step.what,
            commands: step.command.map(|command| commands.all(command)).unwrap_or_default(),
        };
        Self { meaning: entry.meaning, steps: entry.steps.iter().map(step).collect() }
    }
}

/// Writes the commands that a mail recommends, for this stack and alarm.
struct Commands<'a> {
    alarm: &'a Alarm,
    about: &'a Letterhead,
}

impl Commands<'_> {
    fn all(&self, command: Command) -> Vec<String> {
        self.short(command).into_iter().chain([self.write(command)]).collect()
    }

    /// Returns the command of `evergreen` that does the same as the AWS CLI command. `None` if no command does that.
    fn short(&self, command: Command) -> Option<String> {
        let stack = &self.about.stack;
        match command {
            Command::Runs => Some(format!("evergreen runs --stack {stack} --limit 5")),
            Command::Train => Some(format!("evergreen train --stack {stack} --note \"by hand, after an alarm\"")),
            _ => None,
        }
    }

    fn write(&self, command: Command) -> String {
        match command {
            Command::Runs => self.runs(),
            Command::Logs(function) => self.logs(function),
            Command::Train => self.train(),
            Command::Usage => self.usage(),
            Command::Measure => self.measure(),
            Command::Messages => self.messages(),
            Command::Purge => self.purge(),
            Command::Describe => self.describe(),
            Command::Always(command) => command.to_owned(),
        }
    }

    fn runs(&self) -> String {
        let Letterhead { model, table, .. } = self.about;
        format!(
            "aws dynamodb query --table-name {table} --index-name by-start --no-scan-index-forward --limit 5 \
             --key-condition-expression 'pk = :pk' --expression-attribute-values '{{\":pk\":{{\"S\":\"MODEL#{model}\"}}}}'"
        )
    }

    fn logs(&self, function: &str) -> String {
        format!("aws logs tail /aws/lambda/{}-{function} --since 1d", self.about.stack)
    }

    fn train(&self) -> String {
        format!(
            "aws lambda invoke --function-name {}-train --cli-read-timeout 900 --cli-binary-format raw-in-base64-out \
             --payload '{{\"note\":\"by hand, after an alarm\"}}' /dev/stdout",
            self.about.stack
        )
    }

    /// Returns the AWS CLI command that prints how many requests each API key has sent in the current month.
    fn usage(&self) -> String {
        // GNU and BSD `date` both accept the command's date format.
        format!(
            "aws apigateway get-usage --start-date \"$(date -u +%Y-%m-01)\" --end-date \"$(date -u +%Y-%m-%d)\" \
             --usage-plan-id \"$(aws apigateway get-usage-plans --query \"items[?name=='{}'].id\" --output text)\"",
            self.about.stack
        )
    }

    fn measure(&self) -> String {
        format!("aws lambda invoke --function-name {}-metrics /dev/stdout", self.about.stack)
    }

    fn messages(&self) -> String {
        format!("aws sqs receive-message --max-number-of-messages 10 --visibility-timeout 1 --queue-url {}", self.url())
    }

    fn purge(&self) -> String {
        format!("aws sqs purge-queue --queue-url {}", self.url())
    }

    /// Returns the AWS CLI command that describes the alarm.
    fn describe(&self) -> String {
        // The alarm's name is quoted, because readers paste the command into a shell.
        format!("aws cloudwatch describe-alarms --alarm-names '{}'", self.alarm.name.replace('\'', r"'\''"))
    }

    fn url(&self) -> String {
        let queue = self.alarm.kind.queue();
        debug_assert!(queue.is_some(), "{}: a step names the queue of an alarm that watches none", self.alarm.name);
        let queue = queue.unwrap_or_default();
        format!("\"$(aws sqs get-queue-url --queue-name {}-{queue} --query QueueUrl --output text)\"", self.about.stack)
    }
}
