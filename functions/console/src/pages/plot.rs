//! Plots as SVG, so that they can be read without JavaScript and printed. Colours come from the style sheet.

mod bars;
mod chart;
mod curves;
mod history;
mod live;
mod search;

pub(super) use bars::{columns, importances, probabilities, share, sparkline};
pub(super) use chart::Axis;
pub(super) use curves::{Series, Shape, curves};
pub(super) use history::{HistoryPoint, QualityHistory};
pub(super) use live::{LiveDot, LiveHistory};
pub(super) use search::search;
