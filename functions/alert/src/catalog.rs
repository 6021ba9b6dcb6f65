//! The catalogue of the stack's alarms: one row for each. The mails follow from it, and tests compare template.yaml,
//! docs/OPERATIONS.md, README.md and the lists of other tests with it.

use crate::headline::{
    Situation, champion_age, champion_is_young_again, champion_score, champion_score_is_good_again, queue_is_empty,
};

/// What missing data means for an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingData {
    /// The alarm is raised. Its metric is published every five minutes, so a missing value means that something is
    /// wrong.
    Raises,
    /// The alarm ends. Its metric has values only when something has happened.
    Ends,
    /// The alarm keeps its state. Missing values say nothing about what it watches.
    KeepsState,
}

impl MissingData {
    /// Returns the value of `TreatMissingData` in the template.
    pub fn treatment(self) -> &'static str {
        match self {
            Self::Raises => "breaching",
            Self::Ends => "notBreaching",
            Self::KeepsState => "ignore",
        }
    }
}

/// The row of an alarm.
#[derive(Debug)]
pub struct CatalogEntry {
    /// The alarm's name without the stack's name.
    pub name: &'static str,
    /// What the alarm means, and who is affected.
    pub meaning: &'static str,
    /// Writes the end of the mail's subject when the alarm is raised. No full stop.
    pub(crate) raised: fn(&Situation<'_>) -> String,
    /// Writes the end of the mail's subject when the alarm is OK again. No full stop.
    pub(crate) cleared: fn(&Situation<'_>) -> String,
    /// The steps to take, in order.
    pub(crate) steps: &'static [StepTemplate],
    /// What missing data means.
    pub missing_data: MissingData,
    /// The threshold in the template.
    pub threshold: f64,
    /// Whether a second topic reports the alarm too, because the alarm means that mail does not arrive.
    pub is_about_mail: bool,
    /// Whether the alarm exists on an emulator.
    pub is_emulated: bool,
}

/// A step, with a command that does not name the stack yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepTemplate {
    /// The instruction as text.
    pub(crate) what: &'static str,
    /// The command to run, if any.
    pub(crate) command: Option<Command>,
}

/// A command of a step. The guide writes it for one stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Lists the newest runs.
    Runs,
    /// Prints the log of the function with that name.
    Logs(&'static str),
    /// Starts a training run.
    Train,
    /// Prints the requests of each API key.
    Usage,
    /// Invokes the metrics function.
    Measure,
    /// Receives the messages of the alarm's queue.
    Messages,
    /// Deletes the messages of the alarm's queue.
    Purge,
    /// Describes the alarm.
    Describe,
    /// A command that is the same for every stack.
    Always(&'static str),
}

const fn step(what: &'static str, command: Command) -> StepTemplate {
    StepTemplate { what, command: Some(command) }
}

const fn advice(what: &'static str) -> StepTemplate {
    StepTemplate { what, command: None }
}

/// Defines [`AlarmKind`] from one row for each alarm. The doc comment of a row says what the alarm watches.
macro_rules! alarms {
    ($(
        $(#[doc = $watches:literal])+
        $kind:ident { $($field:ident: $value:expr),+ $(,)? }
    )+) => {
        /// The kind of an alarm, which is its name without the stack's name.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum AlarmKind {
            $($(#[doc = $watches])+ $kind,)+
            /// An alarm that somebody has added, with its name.
            Other(String),
        }

        impl AlarmKind {
            /// The kinds of alarms that every stack has.
            pub const KNOWN: [Self; [$(stringify!($kind)),+].len()] = [$(Self::$kind),+];

            /// Returns the alarm's row.
            pub fn entry(&self) -> &'static CatalogEntry {
                match self {
                    $(Self::$kind => const { &CatalogEntry { $($field: $value,)+ ..OTHER } },)+
                    Self::Other(_) => &OTHER,
                }
            }
        }
    };
}

/// The row of an alarm that is not in the catalogue. Its optional fields are the defaults of all rows.
const OTHER: CatalogEntry = CatalogEntry {
    name: "",
    meaning: "This alarm is not one of Evergreen's own; its description says what it watches.",
    raised: |it| {
        let metric = it.alarm.metric.as_deref().unwrap_or("its value");
        format!("alarm {} is raised: {metric} is {}{}", it.alarm.kind.as_str(), it.value(), it.wanted())
    },
    cleared: |it| format!("alarm {} has cleared", it.alarm.kind.as_str()),
    steps: &[step("Read what it watches:", Command::Describe)],
    missing_data: MissingData::KeepsState,
    threshold: 1.0,
    is_about_mail: false,
    is_emulated: true,
};

alarms! {
    /// The champion is too old, or no figures about it arrive.
    ChampionTooOld {
        name: "champion-too-old",
        meaning: "No version has become champion for too long: training does not run, fails, or is refused by the gate; \
                  or there is no champion, or nobody measures it. What served goes on serving.",
        raised: champion_age,
        cleared: champion_is_young_again,
        steps: TRAINING_STEPS,
        missing_data: MissingData::Raises,
        threshold: 0.0,
    }

    /// The champion's score is below the threshold.
    AccuracyLow {
        name: "accuracy-low",
        meaning: "The version that serves is not known to be better than a constant answer, or it does worse on the newest \
                  rows than on those that it was judged by. Or its accuracy or R² is below AccuracyAlarmThreshold, where \
                  that is a number. It goes on serving until a version passes the gate.",
        raised: champion_score,
        cleared: champion_score_is_good_again,
        steps: &[
            step("Compare the last runs: figures, data set, hyperparameters:", Command::Runs),
            advice(
                "A model that is no better than a constant answer has too few rows, or columns that do not tell the target. \
                 More rows or other columns help.",
            ),
            advice("If the data set has changed, see whether it should have."),
            step("Train again; a version that is good enough takes over by itself:", Command::Train),
        ],
        missing_data: MissingData::KeepsState,
        threshold: 0.0,
    }

    /// A scheduled training run has not made a version in time.
    DeadlineMissed {
        name: "deadline-missed",
        meaning: "Since the scheduled time no run has made a version, promoted or refused. The champion goes on serving.",
        raised: |_| "training has missed its deadline".to_owned(),
        cleared: |_| "training has caught up".to_owned(),
        steps: TRAINING_STEPS,
        missing_data: MissingData::KeepsState,
    }

    /// Training runs fail or are lost.
    TrainingFailed {
        name: "training-failed",
        meaning: "Since a run last made a version, runs have failed or died. The champion goes on serving and grows older.",
        raised: |it| format!("training fails{}", it.counted("since the last version")),
        cleared: |_| "training makes versions again".to_owned(),
        steps: TRAINING_STEPS,
        missing_data: MissingData::KeepsState,
    }

    /// The gate has refused every version for days.
    VersionsRefused {
        name: "versions-refused",
        meaning: "For two days or more the gate has refused every version that was trained. The champion goes on serving \
                  and grows older.",
        raised: |it| format!("the gate has refused every version for {}", it.value()),
        cleared: |_| "the gate has let a version serve again".to_owned(),
        steps: &[
            step("See by how much the gate refused each version:", Command::Runs),
            advice(
                "If the data has changed and the new versions are what you want, lower the floor or raise the tolerance.",
            ),
            step("Otherwise mend the data, and train:", Command::Train),
        ],
        missing_data: MissingData::KeepsState,
        threshold: 48.0,
    }

    /// A new predict environment could not load the champion.
    ModelUnhealthy {
        name: "model-unhealthy",
        meaning: "A new environment of the predict function could not load the champion: its pointer is gone, or neither \
                  the registry's copy nor the bucket's object can serve. Warm environments serve on from memory.",
        raised: |_| "a new environment could not load the champion".to_owned(),
        cleared: |_| "a new environment can load the champion again".to_owned(),
        steps: STORED_FILE_STEPS,
        missing_data: MissingData::KeepsState,
    }

    /// A stored file of the champion is missing or damaged. The other file may hide that.
    ArtifactDamaged {
        name: "artifact-damaged",
        meaning: "The registry's copy of the champion's artifact or the bucket's object is gone or damaged. As long as the \
                  other one is sound, predictions go on. The gate's comparison and a promotion by hand need the object.",
        raised: |_| "a stored file of the champion is gone or damaged".to_owned(),
        cleared: |_| "the champion's stored files are sound again".to_owned(),
        steps: STORED_FILE_STEPS,
        missing_data: MissingData::KeepsState,
    }

    /// The predict function failed to load a champion.
    ModelLoadFailures {
        name: "model-load-failures",
        meaning: "An environment that answers predictions could not fetch, verify or read the champion. It serves the last \
                  good version that it had, or answers 503 if it had none.",
        raised: |it| format!("predict could not load the champion{}", it.recently()),
        cleared: |_| "no load of the champion has failed lately".to_owned(),
        steps: &[step("Read what exactly is wrong:", Command::Logs("predict")), RESTORE_FILE, REPLACE_CHAMPION],
        missing_data: MissingData::Ends,
    }

    /// The API answers with 5xx.
    PredictionErrors {
        name: "prediction-errors",
        meaning: "Callers were answered with server errors, in two periods of 5 minutes of three: they got no prediction.",
        raised: |it| format!("predictions fail with 5xx{}", it.recently()),
        cleared: |_| "no prediction has failed lately".to_owned(),
        steps: &[
            step("Read why:", Command::Logs("predict")),
            advice("If it began with a deployment, deploy the code before it."),
        ],
        missing_data: MissingData::Ends,
    }

    /// The API is slow.
    PredictionLatency {
        name: "prediction-latency",
        meaning: "One request in a hundred took longer than the limit. Callers may time out.",
        raised: |it| format!("predictions are slow: one in a hundred takes {}{}", it.value(), it.limit()),
        cleared: |it| match it.known_value() {
            Some(value) => format!("predictions are fast again: one in a hundred takes {value}{}", it.limit()),
            None => "predictions are fast again".to_owned(),
        },
        steps: &[
            step("See whether cold starts are what is slow (initDurationMs):", Command::Logs("predict")),
            advice("If it is the model, train with fewer trees; if it is start-up, give the function more memory."),
        ],
        missing_data: MissingData::Ends,
        threshold: 1000.0,
    }

    /// Predictions are rejected because the function has reached its concurrency limit.
    Throttles {
        name: "throttles",
        meaning: "Lambda had no environment left for the predict function, and the callers were turned away.",
        raised: |it| format!("predictions are turned away{}", it.recently()),
        cleared: |_| "predictions are no longer turned away".to_owned(),
        steps: &[
            step(
                "See how much concurrency the account has:",
                Command::Always("aws lambda get-account-settings"),
            ),
            advice("Ask for more in Service Quotas, or lower the rate of the usage plan."),
        ],
        missing_data: MissingData::Ends,
    }

    /// A client's API key has used most of its monthly requests.
    QuotaNearlyUsed {
        name: "quota-nearly-used",
        meaning: "A client's key has used four fifths of its requests of this calendar month. Once all are used, its calls \
                  are answered with 429 until the month ends.",
        raised: |it| format!("a client's key has used {} of its requests of this month", it.value()),
        cleared: |_| "the clients' keys have requests left again".to_owned(),
        steps: &[
            step("See how many requests each key has made, day by day:", Command::Usage),
            advice("If they are meant, raise MonthlyQuota and deploy; this month's count goes on."),
            advice("If they are not, ask the client, or switch its key off: docs/OPERATIONS.md, Change a key."),
        ],
        missing_data: MissingData::KeepsState,
        threshold: 0.8,
    }

    /// Some metrics cannot be computed, so their alarms rely on old values.
    FiguresUnknown {
        name: "figures-unknown",
        meaning: "For 15 minutes or more some figures could not be worked out, because something could not be read. The \
                  alarms that watch them keep the state that they had.",
        raised: |it| format!("figures cannot be worked out{}", it.counted("of them")),
        cleared: |_| "all figures are known again".to_owned(),
        steps: &[
            step("See which figures are unknown:", Command::Measure),
            step("Read why:", Command::Logs("metrics")),
        ],
        missing_data: MissingData::KeepsState,
    }

    /// The registry holds records that this release cannot read.
    UnreadableRecords {
        name: "unreadable-records",
        meaning: "The registry holds records that this release cannot read, or not wholly. Figures leave them out. A newer \
                  release has written them, or somebody has changed them.",
        raised: |it| format!("records cannot be read{}", it.counted("of them")),
        cleared: |_| "all records can be read again".to_owned(),
        steps: &[
            step("See which records cannot be read:", Command::Measure),
            advice("After a rollback: deploy the newer release again, or wait until new runs have taken their place."),
            advice("A champion of the newer release is replaced by the next version that passes the gate."),
        ],
        missing_data: MissingData::KeepsState,
    }

    /// The train function's dead-letter queue holds events.
    TrainFailureQueue {
        name: "train-failure-queue",
        meaning: "A training, or the import of a model file, failed at each of its three tries. Its event is kept for 14 \
                  days and is not tried again by itself.",
        raised: |it| format!("a training or an import failed for good{}", it.waiting()),
        cleared: queue_is_empty,
        steps: &[READ_MESSAGES, step("Read why:", Command::Logs("train")), REPLAY],
        missing_data: MissingData::Ends,
    }

    /// The queue of training events that could not be delivered holds events.
    TrainScheduleQueue {
        name: "train-schedule-queue",
        meaning: "An event could not be handed to the train function: the schedule's, so that the training of that day has \
                  not begun, or that of a model file that was put into the bucket.",
        raised: |it| format!("a training or an import could not be started{}", it.waiting()),
        cleared: queue_is_empty,
        steps: &[READ_MESSAGES, step("If it is the schedule's, train now:", Command::Train), REPLAY],
        missing_data: MissingData::Ends,
    }

    /// The metrics function's dead-letter queue holds events.
    MetricsFailureQueue {
        name: "metrics-failure-queue",
        meaning: "The metrics function failed three times over. Figures have a gap, and alarms may rest on old ones.",
        raised: |it| format!("figures could not be published{}", it.waiting()),
        cleared: queue_is_empty,
        steps: &[
            READ_MESSAGES,
            step("Read why:", Command::Logs("metrics")),
            step("Nothing has to be replayed, each measurement is complete in itself; empty it:", Command::Purge),
        ],
        missing_data: MissingData::Ends,
    }

    /// The alert function's dead-letter queue holds events. Their mails could not be sent.
    AlertFailureQueue {
        name: "alert-failure-queue",
        meaning: "A mail about an alarm was not sent, at any of three tries, or SES did not say whether it sent it. Somebody \
                  was not told, or perhaps not.",
        raised: |it| format!("a mail could not be sent, or perhaps not{}", it.waiting()),
        cleared: queue_is_empty,
        steps: MAIL_QUEUE_STEPS,
        missing_data: MissingData::Ends,
        is_about_mail: true,
    }

    /// The queue of alarms that did not reach the alert function holds messages.
    AlertTopicQueue {
        name: "alert-topic-queue",
        meaning: "An alarm did not reach the function that writes mails: nobody was told of it.",
        raised: |it| format!("an alarm did not reach the alert function{}", it.waiting()),
        cleared: queue_is_empty,
        steps: MAIL_QUEUE_STEPS,
        missing_data: MissingData::Ends,
        is_about_mail: true,
    }

    /// Mails that SES accepted have bounced, were reported as spam, or were rejected.
    MailBounced {
        name: "mail-bounced",
        meaning: "SES took a mail about an alarm and could not deliver it, or its reader called it spam. Somebody was not \
                  told, and is not told of the next alarm either.",
        raised: |it| format!("a mail did not reach its reader{}", it.counted("in an hour")),
        cleared: |_| "no mail has bounced for a day".to_owned(),
        steps: &[
            step(
                "See which addresses SES no longer writes to:",
                Command::Always("aws sesv2 list-suppressed-destinations --reasons BOUNCE COMPLAINT"),
            ),
            advice("Mend the address in the parameter AlertRecipients, or take it out, and deploy."),
            step(
                "If the mailbox works again, let SES write to it:",
                Command::Always("aws sesv2 delete-suppressed-destination --email-address ADDRESS"),
            ),
        ],
        missing_data: MissingData::Ends,
        is_about_mail: true,
        is_emulated: false,
    }
}

const TRAINING_STEPS: &[StepTemplate] = &[
    step("See how the last runs ended, and the reason of each:", Command::Runs),
    step("Read what training says:", Command::Logs("train")),
    step("Once the cause is gone, train now:", Command::Train),
];

const STORED_FILE_STEPS: &[StepTemplate] =
    &[step("Read what exactly is wrong:", Command::Logs("metrics")), RESTORE_FILE, REPLACE_CHAMPION];

const RESTORE_FILE: StepTemplate =
    advice("If the file was deleted or overwritten, restore its former version in the bucket.");

const REPLACE_CHAMPION: StepTemplate =
    step("Otherwise train: a new version replaces a champion that cannot be read:", Command::Train);

const MAIL_QUEUE_STEPS: &[StepTemplate] = &[
    READ_MESSAGES,
    step("Read why:", Command::Logs("alert")),
    advice("The usual causes: an address that SES has not verified, or an account still in its sandbox."),
    REPLAY,
];

const READ_MESSAGES: StepTemplate = step("See what waits, and why it failed:", Command::Messages);

const REPLAY: StepTemplate =
    advice("Once the cause is gone, replay it: docs/OPERATIONS.md, Replay what waits in a queue.");
