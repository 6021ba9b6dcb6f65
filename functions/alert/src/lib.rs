//! Sends mails about alarms of the stack, and a weekly digest.
//!
//! Alarms that ring together are one incident. When it begins and when it is over, each recipient gets one mail. It says what is wrong, with which model, and
//! since when. It also says which model version is the champion, and what to do. A notification that arrives twice
//! sends no mail twice. If the alarm has changed again meanwhile, the older notification sends no mail. If a mail
//! cannot be sent, the invocation fails. The platform then retries, and in the end keeps the notification in a queue.

mod alarm;
mod catalog;
mod cause;
mod config;
mod contest;
mod decision;
mod delivery;
mod digest;
mod failure;
mod family;
mod guide;
mod handler;
mod headline;
mod kind;
mod knowledge;
mod letter;
mod links;
mod notification;
mod pace;
mod picture;
mod ports;
mod quantity;
mod reacted;
mod reading;
mod recipients;
mod round;
mod series;
mod story;
mod version_values;

pub use alarm::{Alarm, AlarmState, Comparison};
pub use catalog::{AlarmKind, CatalogEntry, MissingData};
pub use config::AlertConfig;
pub use contest::Contest;
pub use digest::{AlertEvent, DigestError, DigestHandler, DigestRegistry, DigestReport};
pub use failure::RunFailure;
pub use guide::{Guide, GuideStep};
pub use handler::{AlertError, AlertHandler, AlertReport};
pub use knowledge::Knowledge;
pub use letter::{Findings, Letterhead, MailDraft};
pub use links::MailButton;
pub use notification::{Notification, NotificationError};
pub use ports::{AlertPorts, AlertWorld};
pub use reading::AlarmReading;
pub use recipients::{Address, InvalidRecipients, Recipients};
