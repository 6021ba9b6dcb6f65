//! The ports: one trait for each outside service that the code calls. A Lambda handler only takes the ports that it
//! uses.
//!
//! An implementation of a port works for one model. A write that may conflict with another writer has a condition. On a
//! conflict, the write fails and changes nothing.

mod alarm_states;
mod alarms;
mod aliases;
mod artifacts;
mod batch;
mod billing;
mod champions;
mod checkpoints;
mod clock;
mod datasets;
mod error;
mod events;
mod feedback;
mod links;
mod listing;
mod live;
mod mail;
mod mail_links;
mod mailbox;
mod metric_history;
mod metrics;
mod reactions;
mod rebuild;
mod registrar;
mod request_history;
mod retention;
mod rollouts;
mod runs;
mod schedule;
mod served;
mod sessions;
mod skew;
mod steering;
mod usage;
mod webhook;

pub use alarm_states::{AlarmCondition, AlarmStates, AlarmStatus};
pub use alarms::{AlarmRecords, RememberError};
pub use aliases::AliasLookup;
pub use artifacts::{ArtifactReadError, ArtifactWriter, Artifacts, NewObject, ObjectTag, StoreError};
pub use batch::{BatchObjects, ListedObject, ObjectReadError};
pub use billing::{BilledResources, BilledUsage, InvalidFunctions};
pub use champions::{Champions, Versions, WithCopy};
pub use checkpoints::Checkpoints;
pub use clock::{Clock, Sleeper};
pub use datasets::{Datasets, FileContent, FormerDatasets, Incoming, IncomingError, StoredFile};
pub use error::{Cause, Unavailable};
pub use events::{Announcer, EventOutbox, MAX_ANNOUNCEMENTS, Refusal, Waiting};
pub use feedback::{DayTally, FeedbackCounting, FeedbackRecord, FeedbackRows, PredictionKeys};
pub use links::{ArtifactLinks, ObjectRemoval};
pub use listing::Listing;
pub use live::LiveRecord;
pub use mail::{Claim, Lease, Mail, MailClaims, Mailer, PICTURE_ID, REMEMBERED, SendError, UNANSWERED};
pub use mail_links::MailLinks;
pub use mailbox::{AcceptedMail, Mailbox};
pub use metric_history::{MetricHistory, SeriesQuery, SeriesSource};
pub use metrics::{MetricSink, PublishedRecord};
pub use reactions::Reactions;
pub use rebuild::{ObjectList, RegistryRestore, Restorable};
pub use registrar::{LARGEST_COPY, PromoteError, Promotion, RegisterError, Registrar, Registration};
pub use request_history::{RequestDay, RequestHistory, RequestHour};
pub use retention::{Expiry, ObjectRetention, RecordRetention};
pub use rollouts::{ChampionRecords, RolloutCounting, RolloutEvidence, RolloutShare, Rollouts};
pub use runs::{MOST_RUNS, Opening, RunProgress, RunWriteError, Runs};
pub use schedule::{ScheduleSwitch, Schedules, StoredSchedule};
pub use served::{CountShare, HourCounts, SampleStore, ServedCounting, ServedRecord};
pub use sessions::Sessions;
pub use skew::SkewRecord;
pub use steering::{ChangeError, MAX_ALIASES, Steering};
pub use usage::RequestUsage;
pub use webhook::{SigningSecret, WebhookMessage, WebhookReceiver};
