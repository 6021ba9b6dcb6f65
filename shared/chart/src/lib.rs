//! Draws one metric over time as a PNG: its values, the threshold of its alarm, and the time of the incident.
//!
//! The picture is for mails. So it has an opaque background, which light and dark mail programs show alike, and its own font.
//! The same input makes the same bytes on every machine.

mod alt;
mod axis;
mod draw;
mod encode;
mod font;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use draw::draw;

/// Width at which a mail shows the picture, in CSS pixels. The file has twice as many, for sharp text on dense screens.
pub const WIDTH: u32 = 600;

/// Height at which a mail shows the picture, in CSS pixels. The file has twice as many.
pub const HEIGHT: u32 = 220;

/// One value of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChartPoint {
    /// The beginning of the period of the value.
    pub at: Timestamp,
    /// The value, in the unit of the metric.
    pub value: f64,
}

/// The time in which something was wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChartIncident {
    /// When the alarm was raised.
    pub from: Timestamp,
    /// When it was over. The end of the picture if it goes on.
    pub until: Timestamp,
}

/// What a picture shows.
#[derive(Debug, Clone)]
pub struct MetricChart<'a> {
    /// The text above the plot, such as the metric's name.
    pub title: &'a str,
    /// The values, oldest first. A value that is not finite is left out.
    pub points: &'a [ChartPoint],
    /// The beginning of the time axis.
    pub from: Timestamp,
    /// The end of the time axis, after `from`.
    pub until: Timestamp,
    /// The value that raises the alarm. `None` draws no line.
    pub threshold: Option<f64>,
    /// The shaded time. `None` shades nothing.
    pub incident: Option<ChartIncident>,
    /// The zone of the times on the axis.
    pub zone: &'a TimeZone,
    /// Writes a value with its unit, for the axis and the description.
    pub write: fn(f64) -> String,
}

/// A picture of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartPicture {
    /// The file: a PNG of twice [`WIDTH`] and [`HEIGHT`].
    pub png: Vec<u8>,
    /// The same in words, for people who do not see the picture.
    pub alt: String,
}

/// Error: a picture cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// There is no finite value in the time that the picture shows.
    #[error("the metric has no value in the time of the picture")]
    NoValues,
    /// The end of the time axis is not after its beginning.
    #[error("the picture ends before it begins")]
    NoTime,
    /// The drawing library failed. No content of a picture causes this.
    #[error("the picture cannot be drawn: {0}")]
    Drawing(String),
    /// The PNG could not be written. No content of a picture causes this.
    #[error("the picture cannot be written as PNG")]
    Encoding(#[from] png::EncodingError),
}
