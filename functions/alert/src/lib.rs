//! Turns alarms into mail.
//!
//! An alarm that is raised, or clears, becomes one mail to each recipient: what is wrong with which model, since when, what
//! serves, what to do. A notification that is delivered twice sends nothing twice, and one that a newer change has overtaken
//! sends nothing. One that cannot be delivered fails the invocation, so that the platform tries again and in the end keeps
//! it in a queue.

mod alarm;
mod config;
mod delivery;
mod failure;
mod figures;
mod guide;
mod handler;
mod headline;
mod kind;
mod knowledge;
mod letter;
mod notification;
mod pace;
mod quantity;
mod reading;
mod recipients;
mod round;

pub use alarm::{Alarm, Comparison, State};
pub use config::Config;
pub use failure::Failure;
pub use guide::{Guide, Step};
pub use handler::{AlertError, Postman, Report};
pub use kind::AlarmKind;
pub use knowledge::Knowledge;
pub use letter::{Letterhead, write};
pub use notification::{Notification, NotificationError};
pub use reading::Reading;
pub use recipients::{Address, InvalidRecipients, Recipients};
