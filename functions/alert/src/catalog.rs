//! The catalogue of the stack's alarms: one row for each alarm. The mails follow from the catalogue. Tests compare
//! template.yaml, docs/OPERATIONS.md, README.md and the lists of other tests with it.

use crate::headline::{
    Situation, champion_age, champion_is_young_again, champion_score, champion_score_is_good_again, queue_is_empty,
};

/// How a CloudWatch alarm treats missing values of its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingData {
    // The metric is published every five minutes, so a missing value means that something is wrong.
    /// Missing values of the metric raise the alarm: its state becomes ALARM.
    Raises,
    // A metric such as a count of errors has values only when something has happened.
    /// Missing values of the metric end the alarm: its state becomes OK.
    Ends,
    // Missing values of such a metric do not show whether something is wrong.
    /// Missing values of the metric do not change the alarm's state.
    KeepsState,
}

impl MissingData {
    /// Returns the value of the alarm's property `TreatMissingData` in template.yaml.
    pub fn treatment(self) -> &'static str {
        match self {
            Self::Raises => "breaching",
            Self::Ends => "notBreaching",
            Self::KeepsState => "ignore",
        }
    }
}

/// Row of the alarm catalogue: the texts and settings of one alarm.
#[derive(Debug)]
pub struct CatalogEntry {
    /// The alarm's name without the stack's name, such as `accuracy-low`.
    pub name: &'static str,
    /// Text for the mail about the alarm: what the alarm means and who is affected.
    pub meaning: &'static str,
    // The text has no full stop.
    /// Function that writes the end of the mail's subject when the alarm is raised.
    pub(crate) raised: fn(&Situation<'_>) -> String,
    // The text has no full stop.
    /// Function that writes the end of the mail's subject when the alarm is OK again.
    pub(crate) cleared: fn(&Situation<'_>) -> String,
    /// The steps that a mail about the raised alarm recommends, in order.
    pub(crate) steps: &'static [StepTemplate],
    /// What the links of a mail about the raised alarm can do, in the order of the buttons.
    pub(crate) offers: &'static [Offer],
    /// How the alarm treats missing values of its metric.
    pub missing_data: MissingData,
    /// The alarm's threshold in template.yaml, in the unit of the alarm's metric.
    pub threshold: f64,
    /// Whether the alarm reports that mails do not arrive. If `true`, a second SNS topic reports the alarm too.
    pub is_about_mail: bool,
    /// Whether the stack also creates this alarm when it runs on an emulator of AWS.
    pub is_emulated: bool,
    /// Whether only a stack with a webhook has this alarm.
    pub needs_webhook: bool,
}

/// What a link of a mail can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Asks for a training run.
    Train,
    /// Makes the former champion the champion again.
    RollBack,
    /// Sends no mail about the alarm for a day.
    Mute,
}

// The stack's name is not yet inserted into the command.
/// Template of a step that a mail about an alarm recommends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepTemplate {
    /// The instruction of a recommended step, as text for the mail.
    pub(crate) what: &'static str,
    /// The AWS CLI command of a recommended step. `None` if the step has no command.
    pub(crate) command: Option<Command>,
}

// The command's full text, with the stack's name, is written later.
/// Kind of AWS CLI command that a mail recommends, such as "print the log of a Lambda function".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// AWS CLI command that lists the newest training runs.
    Runs,
    /// AWS CLI command that prints the log of the Lambda function with this name.
    Logs(&'static str),
    /// AWS CLI command that starts a training run.
    Train,
    /// AWS CLI command that prints how many requests each API key has sent.
    Usage,
    /// AWS CLI command that invokes the metrics function, which publishes all metrics.
    Measure,
    /// AWS CLI command that receives the messages of the queue that the alarm watches.
    Messages,
    /// AWS CLI command that deletes all messages of the queue that the alarm watches.
    Purge,
    /// AWS CLI command that prints the definition and the state of the alarm.
    Describe,
    /// AWS CLI command that is the same for every stack. Holds the command's text.
    Always(&'static str),
}

const fn step(what: &'static str, command: Command) -> StepTemplate {
    StepTemplate { what, command: Some(command) }
}

const fn advice(what: &'static str) -> StepTemplate {
    StepTemplate { what, command: None }
}

// The row's doc comment says what the alarm watches.
/// Macro that defines the enum [`AlarmKind`] and the alarm catalogue from a list with one row for each alarm.
macro_rules! alarms {
    ($(
        $(#[doc = $watches:literal])+
        $kind:ident { $($field:ident: $value:expr),+ $(,)? }
    )+) => {
        /// The kind of a CloudWatch alarm, such as `AccuracyLow`: the alarm's name without the stack's name.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum AlarmKind {
            $($(#[doc = $watches])+ $kind,)+
            /// A CloudWatch alarm of this stack that somebody has added by hand. Holds the alarm's name without the
            /// stack's name.
            Other(String),
        }

        impl AlarmKind {
            // Alarms that somebody has added by hand are not in the list.
            /// All kinds of alarms that the template of this stack defines.
            pub const KNOWN: [Self; [$(stringify!($kind)),+].len()] = [$(Self::$kind),+];

            /// Returns the row of the alarm catalogue with this alarm's texts and settings.
            pub fn entry(&self) -> &'static CatalogEntry {
                match self {
                    $(Self::$kind => const { &CatalogEntry { $($field: $value,)+ ..OTHER } },)+
                    Self::Other(_) => &OTHER,
                }
            }
        }
    };
}

// The other rows of the catalogue take from this row the fields that they do not set.
/// Row of the alarm catalogue for alarms that somebody has added by hand.
const OTHER: CatalogEntry = CatalogEntry {
    name: "",
    meaning: "This alarm does not belong to Evergreen. Its description says what it watches.",
    raised: |it| {
        let metric = it.alarm.metric.as_deref().unwrap_or("its value");
        format!("alarm {} is raised: {metric} is {}{}", it.alarm.kind.as_str(), it.value(), it.wanted())
    },
    cleared: |it| format!("alarm {} has cleared", it.alarm.kind.as_str()),
    steps: &[step("Read what it watches:", Command::Describe)],
    offers: &[Offer::Mute],
    missing_data: MissingData::KeepsState,
    threshold: 1.0,
    is_about_mail: false,
    is_emulated: true,
    needs_webhook: false,
};

alarms! {
    /// Alarm: the champion is too old, or the metric about the champion's age is missing.
    ChampionTooOld {
        name: "champion-too-old",
        meaning: "For too long no version has become champion or was compared with it. Training does not run, or \
                  training fails. Or there is no champion, or the metrics function does not run. A champion that was \
                  loaded keeps answering predictions.",
        raised: champion_age,
        cleared: champion_is_young_again,
        steps: TRAINING_STEPS,
        offers: TRAIN_OR_MUTE,
        missing_data: MissingData::Raises,
        threshold: 0.0,
    }

    /// Alarm: the score of the champion (the model version that answers predictions) is below the alarm's threshold.
    AccuracyLow {
        name: "accuracy-low",
        meaning: "The champion is not known to be better than a constant answer, or its score on the newest \
                  hold-out is worse than on its own hold-out. If AccuracyAlarmThreshold is a number, its accuracy \
                  or R² is below that number. It keeps answering predictions until another version passes the \
                  gate.",
        raised: champion_score,
        cleared: champion_score_is_good_again,
        steps: &[
            step("Compare the last runs: scores, data set, hyperparameters:", Command::Runs),
            advice(
                "If a model is no better than a constant answer, its data set has too few rows, or its columns do \
                 not determine the target. Add rows or other columns.",
            ),
            advice("If the data set has changed, check whether the change is intended."),
            step("Train again. A version that passes the gate becomes champion by itself:", Command::Train),
        ],
        offers: ALL_OFFERS,
        missing_data: MissingData::KeepsState,
        threshold: 0.0,
    }

    /// Alarm: the rows that the champion serves are no longer like the training data.
    DataDrifted {
        name: "data-drifted",
        meaning: "The rows that the champion serves, or its predictions for them, are no longer like the training \
                  data: beyond noise, and by much. Its answers may be less right than the score on the hold-out \
                  says. It keeps answering predictions.",
        raised: |it| format!("served rows differ from the training data{}", it.counted("of its columns")),
        cleared: |_| "served rows are like the training data again".to_owned(),
        steps: &[
            step("See which columns differ most (`drift` in the output):", Command::Measure),
            advice(
                "If a caller sends wrong values, such as another unit or an empty column, correct the caller. The \
                 page `Drift` of the console shows every column.",
            ),
            step("If the world has changed, add newer rows to the data set, and train:", Command::Train),
        ],
        offers: TRAIN_OR_MUTE,
        missing_data: MissingData::KeepsState,
    }

    /// Alarm: the champion's predictions are worse than on the hold-out by more than chance.
    LiveAccuracyLow {
        name: "live-accuracy-worse",
        meaning: "The champion's predictions whose truth is known are worse than on the hold-out by more than chance. \
                  It keeps answering predictions.",
        raised: |_| "predictions are less right than on the hold-out".to_owned(),
        cleared: |_| "predictions are as right as on the hold-out again, or another champion serves".to_owned(),
        steps: &[
            step("See how many are wrong, and of how many the truth is known (`live` in the output):", Command::Measure),
            advice(
                "Check that the feedback is right: labels in another spelling or of other rows make every model look \
                 bad. The page `Live accuracy` of the console shows each day and label.",
            ),
            step("If the world has changed, add newer rows to the data set, and train:", Command::Train),
            advice("If a former version was better, promote it by hand (`evergreen rollback`)."),
        ],
        offers: ALL_OFFERS,
        missing_data: MissingData::KeepsState,
    }

    /// Alarm: a version that proved itself beside the champion was worse.
    RolloutRolledBack {
        name: "rollout-rolled-back",
        meaning: "A new version passed the gate, but was worse than the champion on live traffic: it failed, was slow, \
                  or its answers turned out less right. It was rolled back, and the champion keeps answering.",
        raised: |_| "a new version was worse on live traffic and was rolled back".to_owned(),
        cleared: |_| "the rollout that was rolled back is no longer the newest".to_owned(),
        steps: &[
            advice("See what was compared. The page `Rollout` of the console has the values of both versions."),
            step("Compare the last runs: scores, data set, hyperparameters:", Command::Runs),
            step("If the data has changed, add newer rows to the data set, and train:", Command::Train),
        ],
        offers: TRAIN_OR_MUTE,
        missing_data: MissingData::KeepsState,
    }

    /// Alarm: a scheduled training run has not made a model version in time.
    DeadlineMissed {
        name: "deadline-missed",
        meaning: "Since the scheduled time no run has made a version, promoted or refused. The champion keeps \
                  answering predictions.",
        raised: |_| "training has missed its deadline".to_owned(),
        cleared: |_| "training is no longer late".to_owned(),
        steps: TRAINING_STEPS,
        offers: TRAIN_OR_MUTE,
        missing_data: MissingData::KeepsState,
    }

    /// Alarm: training runs fail, or are lost without a result.
    TrainingFailed {
        name: "training-failed",
        meaning: "Runs have failed or were lost since a run last made a version. The champion keeps answering \
                  predictions and grows older.",
        raised: |it| format!("training failed{}", it.counted("since the last version")),
        cleared: |_| "training makes versions again".to_owned(),
        steps: TRAINING_STEPS,
        offers: TRAIN_OR_MUTE,
        missing_data: MissingData::KeepsState,
    }

    /// Alarm: for days, the gate (the check before promotion) has refused every new model version.
    VersionsRefused {
        name: "versions-refused",
        meaning: "For five weeks or more the gate has refused every version that was trained. The champion keeps \
                  answering predictions and grows older.",
        raised: |it| format!("the gate has refused every version for {}", it.value()),
        cleared: |_| "the gate has accepted a version again".to_owned(),
        steps: &[
            step("See by how much the gate refused each version:", Command::Runs),
            advice(
                "If the data has changed and you want the new versions, lower the floor or raise the tolerance.",
            ),
            step("Otherwise correct the data, and train:", Command::Train),
        ],
        offers: TRAIN_OR_MUTE,
        missing_data: MissingData::KeepsState,
        threshold: 840.0,
    }

    /// Alarm: a newly started instance of the predict function could not load the champion.
    ModelUnhealthy {
        name: "model-unhealthy",
        meaning: "A new environment of the predict function could not load the champion. Its pointer is gone, or \
                  neither the registry's copy nor the bucket's object can be loaded. Environments that have the \
                  champion in memory keep answering predictions.",
        raised: |_| "a new environment could not load the champion".to_owned(),
        cleared: |_| "a new environment can load the champion again".to_owned(),
        steps: STORED_FILE_STEPS,
        offers: ALL_OFFERS,
        missing_data: MissingData::KeepsState,
    }

    // If only one file is damaged, predictions may still work with the other file.
    /// Alarm: one of the two stored copies of the champion's model file is missing or damaged. One copy is in S3, the
    /// other in DynamoDB.
    ArtifactDamaged {
        name: "artifact-damaged",
        meaning: "The registry's copy of the champion's artifact or the bucket's object is missing or damaged. As \
                  long as the other one is intact, predictions are answered. The gate's comparison and a \
                  promotion by hand need the object.",
        raised: |_| "a stored file of the champion is missing or damaged".to_owned(),
        cleared: |_| "the champion's stored files are intact again".to_owned(),
        steps: STORED_FILE_STEPS,
        offers: TRAIN_OR_MUTE,
        missing_data: MissingData::KeepsState,
    }

    // After a failed load, the predict function answers with the last version that it has loaded. If it has loaded no
    // version, it answers 503.
    /// Alarm: a running instance of the predict function failed to load a champion.
    ModelLoadFailures {
        name: "model-load-failures",
        meaning: "An environment of the predict function could not fetch, verify or read the champion. It uses \
                  the last version that it could load, or answers 503 if there is none.",
        raised: |it| format!("the predict function could not load the champion{}", it.recently()),
        cleared: |_| "no load of the champion has failed recently".to_owned(),
        steps: &[step("Read what is wrong:", Command::Logs("predict")), RESTORE_FILE, REPLACE_CHAMPION],
        offers: ALL_OFFERS,
        missing_data: MissingData::Ends,
    }

    /// Alarm: the prediction API answers requests with server errors (5xx).
    PredictionErrors {
        name: "prediction-errors",
        meaning: "In three of seven periods of 3 minutes, callers got server errors and no prediction.",
        raised: |it| format!("predictions failed with 5xx{}", it.counted("in 3 minutes")),
        cleared: |_| "no prediction has failed recently".to_owned(),
        steps: &[
            step("Read why:", Command::Logs("predict")),
            advice("If the errors began with a deployment, deploy the previous code."),
        ],
        offers: ROLL_BACK_OR_MUTE,
        missing_data: MissingData::Ends,
    }

    /// Alarm: a deployment of new code of the predict function was rolled back.
    CodeRolledBack {
        name: "code-rolled-back",
        meaning: "New code of the predict function failed on live requests, or its deployment was stopped. The former \
                  code answers all requests again. This alarm ends by itself after an hour.",
        raised: |_| "new code failed on live requests and was rolled back".to_owned(),
        cleared: |_| "no deployment of new code was rolled back in the last hour".to_owned(),
        steps: &[
            step("Read why the new code failed (`status` 500 or more, or a crash):", Command::Logs("predict")),
            advice("Deploy corrected code. No alarm that rings now stops that deployment."),
            advice("If the cause was not the code, deploy it again, or once with CodeRollout=none."),
        ],
        missing_data: MissingData::Ends,
        is_emulated: false,
    }

    /// Alarm: the prediction API answers too slowly.
    PredictionLatency {
        name: "prediction-latency",
        meaning: "One request in a hundred took longer than the limit. Callers may stop waiting for an answer.",
        raised: |it| format!("predictions are slow: one in a hundred takes {}{}", it.value(), it.limit()),
        cleared: |it| match it.known_value() {
            Some(value) => format!("predictions are fast again: one in a hundred takes {value}{}", it.limit()),
            None => "predictions are fast again".to_owned(),
        },
        steps: &[
            step("Check whether the slow requests are cold starts (initDurationMs):", Command::Logs("predict")),
            advice("If the model is slow, train with fewer trees. If cold starts are slow, give the function more \
                    memory."),
        ],
        offers: ROLL_BACK_OR_MUTE,
        missing_data: MissingData::Ends,
        threshold: 1000.0,
    }

    /// Alarm: predictions are rejected because the predict function has reached its concurrency limit.
    Throttles {
        name: "throttles",
        meaning: "Lambda had no environment left for the predict function and rejected requests.",
        raised: |it| format!("predictions were rejected{}", it.recently()),
        cleared: |_| "predictions are no longer rejected".to_owned(),
        steps: &[
            step(
                "See how much concurrency the account has:",
                Command::Always("aws lambda get-account-settings"),
            ),
            advice("Request more in Service Quotas, or lower the rate of the usage plan."),
        ],
        missing_data: MissingData::Ends,
    }

    /// Alarm: a client's API key has used most of its monthly requests.
    QuotaNearlyUsed {
        name: "quota-nearly-used",
        meaning: "A client's key has used four fifths of its requests for this calendar month. Once all are used, \
                  its calls are answered with 429 until the month ends.",
        raised: |it| format!("a client's key has used {} of its requests for this month", it.value()),
        cleared: |_| "the clients' keys have requests left again".to_owned(),
        steps: &[
            step("See how many requests each key has made on each day:", Command::Usage),
            advice("If these requests are intended, raise MonthlyQuota and deploy. This month's requests still \
                    count."),
            advice("If not, ask the client, or disable its key: docs/OPERATIONS.md, Change a key."),
        ],
        missing_data: MissingData::KeepsState,
        threshold: 0.8,
    }

    /// Alarm: no requests to the prediction API come any more.
    TrafficGone {
        name: "traffic-gone",
        meaning: "The prediction API got requests for weeks, and now it gets none. Chance alone brings such a silence \
                  less than once in ten years. Probably the clients cannot reach the API, or have stopped calling it.",
        raised: |_| "requests to the prediction API have stopped".to_owned(),
        cleared: |_| "requests come again, or have been missing for four weeks".to_owned(),
        steps: &[
            step("See how many requests each key has made on each day:", Command::Usage),
            advice("Send a request yourself. If it fails, look for the cause in the address, the certificate and the key."),
            advice("If you get an answer, ask the clients. A long holiday looks the same: then mute the alarm."),
        ],
        missing_data: MissingData::KeepsState,
    }

    /// Alarm: some health metrics cannot be computed, so their alarms rely on old values.
    FiguresUnknown {
        name: "figures-unknown",
        meaning: "For 15 minutes or more some metrics could not be computed, because something could not be read. \
                  The alarms that watch these metrics keep their state.",
        raised: |it| format!("metrics cannot be computed{}", it.counted("of them")),
        cleared: |_| "all metrics are known again".to_owned(),
        steps: &[
            step("See which metrics are unknown:", Command::Measure),
            step("Read why:", Command::Logs("metrics")),
        ],
        missing_data: MissingData::KeepsState,
    }

    /// Alarm: the registry holds records that this version of the software cannot read, or can read only in part.
    UnreadableRecords {
        name: "unreadable-records",
        meaning: "The registry holds records that this release cannot read, or only in part. Metrics leave them \
                  out. A newer release has written these records, or somebody has changed them.",
        raised: |it| format!("records cannot be read{}", it.counted("of them")),
        cleared: |_| "all records can be read again".to_owned(),
        steps: &[
            step("See which records cannot be read:", Command::Measure),
            advice("After a rollback: deploy the newer release again, or wait until new runs replace these records."),
            advice("The next version that passes the gate replaces a champion of the newer release."),
        ],
        missing_data: MissingData::KeepsState,
    }

    // The training runs or imports of these events failed in all attempts.
    /// Alarm: the train function's dead-letter queue holds events.
    TrainFailureQueue {
        name: "train-failure-queue",
        meaning: "A training run, or the import of a model file, failed in all its attempts. Its event is kept \
                  for 14 days. It is not tried again by itself.",
        raised: |it| format!("a training run or an import failed for good{}", it.waiting()),
        cleared: queue_is_empty,
        steps: &[READ_MESSAGES, step("Read why:", Command::Logs("train")), REPLAY],
        offers: TRAIN_OR_MUTE,
        missing_data: MissingData::Ends,
    }

    /// Alarm: the queue of the events that could start neither a training, an import nor a batch job holds events.
    TrainScheduleQueue {
        name: "train-schedule-queue",
        meaning: "An event could not be delivered to the train function, or to the state machine of batch jobs. If \
                  it is the schedule's event, the training run of that day has not started. If it is the event of \
                  an uploaded file, the model was not imported, or the rows were not scored. An event with the \
                  field in is that of the schedule of batch jobs.",
        raised: |it| format!("a training run, an import or a batch job could not start{}", it.waiting()),
        cleared: queue_is_empty,
        steps: &[READ_MESSAGES, step("If it is the event of a training, train now:", Command::Train), REPLAY],
        offers: TRAIN_OR_MUTE,
        missing_data: MissingData::Ends,
    }

    /// Alarm: executions of the state machine of batch jobs have failed.
    BatchFailed {
        name: "batch-failed",
        meaning: "A batch job failed. It could not be planned, or some of its parts have no answers after all tries. \
                  The answers of the other parts are there. Predictions over HTTP are not affected.",
        raised: |it| format!("a batch job failed{}", it.recently()),
        cleared: |_| "no batch job has failed in the last five minutes".to_owned(),
        steps: &[
            step("Read why:", Command::Logs("score")),
            advice(
                "The manifest of the job lists the parts without answers, each with its reason. The page Batch jobs \
                 has a link to it.",
            ),
            advice("Remove the cause, and go on with the job: evergreen score --resume JOB"),
        ],
        missing_data: MissingData::Ends,
    }

    /// Alarm: the metrics function's dead-letter queue holds events.
    MetricsFailureQueue {
        name: "metrics-failure-queue",
        meaning: "The metrics function failed three times in a row. Values of metrics are missing, and alarms may \
                  rely on old values.",
        raised: |it| format!("metrics could not be published{}", it.waiting()),
        cleared: queue_is_empty,
        steps: &[
            READ_MESSAGES,
            step("Read why:", Command::Logs("metrics")),
            step("Do not replay the events: each measurement is complete in itself. Empty the queue:", Command::Purge),
        ],
        missing_data: MissingData::Ends,
    }

    /// Alarm: the webhook function's dead-letter queue holds events that did not reach the receiver.
    WebhookFailureQueue {
        name: "webhook-failure-queue",
        meaning: "The receiver of the webhook did not accept an event in three tries, or refused it. The event is \
                  kept for 14 days. It is not sent again by itself.",
        raised: |it| format!("an event did not reach the webhook{}", it.waiting()),
        cleared: queue_is_empty,
        steps: &[READ_MESSAGES, step("Read why:", Command::Logs("webhook")), REPLAY],
        missing_data: MissingData::Ends,
        needs_webhook: true,
    }

    /// Alarm: the alert function's dead-letter queue holds events, whose mails could not be sent.
    AlertFailureQueue {
        name: "alert-failure-queue",
        meaning: "A mail about an alarm was not sent in three attempts, or SES did not answer whether it was \
                  sent. A recipient may not know about the alarm.",
        raised: |it| format!("a mail was not sent, or it is unknown whether it was sent{}", it.waiting()),
        cleared: queue_is_empty,
        steps: MAIL_QUEUE_STEPS,
        missing_data: MissingData::Ends,
        is_about_mail: true,
    }

    /// Alarm: the queue of the alarm notifications that did not reach the alert function holds messages.
    AlertTopicQueue {
        name: "alert-topic-queue",
        meaning: "An alarm did not reach the function that writes mails. Nobody got a mail about it.",
        raised: |it| format!("an alarm did not reach the alert function{}", it.waiting()),
        cleared: queue_is_empty,
        steps: MAIL_QUEUE_STEPS,
        missing_data: MissingData::Ends,
        is_about_mail: true,
    }

    /// Alarm: mails that SES accepted have bounced, were reported as spam, or were rejected.
    MailBounced {
        name: "mail-bounced",
        meaning: "SES accepted a mail about an alarm and could not deliver it, or the recipient reported it as \
                  spam. This recipient does not get the next mails either.",
        raised: |it| format!("a mail did not reach its recipient{}", it.counted("in an hour")),
        cleared: |_| "no mail has bounced for a day".to_owned(),
        steps: &[
            step(
                "See which addresses SES no longer sends mail to:",
                Command::Always("aws sesv2 list-suppressed-destinations --reasons BOUNCE COMPLAINT"),
            ),
            advice("Correct the address in the parameter AlertRecipients, or remove it, and deploy."),
            step(
                "If the mailbox works again, let SES send mail to it:",
                Command::Always("aws sesv2 delete-suppressed-destination --email-address ADDRESS"),
            ),
        ],
        missing_data: MissingData::Ends,
        is_about_mail: true,
        is_emulated: false,
    }
}

const TRAIN_OR_MUTE: &[Offer] = &[Offer::Train, Offer::Mute];
const ROLL_BACK_OR_MUTE: &[Offer] = &[Offer::RollBack, Offer::Mute];
const ALL_OFFERS: &[Offer] = &[Offer::Train, Offer::RollBack, Offer::Mute];

const TRAINING_STEPS: &[StepTemplate] = &[
    step("See how the last runs ended, and why:", Command::Runs),
    step("Read the log of training:", Command::Logs("train")),
    step("Once the cause is removed, train now:", Command::Train),
];

const STORED_FILE_STEPS: &[StepTemplate] =
    &[step("Read what is wrong:", Command::Logs("metrics")), RESTORE_FILE, REPLACE_CHAMPION];

const RESTORE_FILE: StepTemplate =
    advice("If the file was deleted or overwritten, restore its previous version in the bucket.");

const REPLACE_CHAMPION: StepTemplate =
    step("Otherwise train. A new version replaces a champion that cannot be read:", Command::Train);

const MAIL_QUEUE_STEPS: &[StepTemplate] = &[
    READ_MESSAGES,
    step("Read why:", Command::Logs("alert")),
    advice("The usual causes: an address that SES has not verified, or an account that is still in the SES sandbox."),
    REPLAY,
];

const READ_MESSAGES: StepTemplate =
    step("See which messages wait in the queue, and why they failed:", Command::Messages);

const REPLAY: StepTemplate =
    advice("Once the cause is removed, replay the messages: docs/OPERATIONS.md, Replay what waits in a queue.");
