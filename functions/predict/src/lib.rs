//! Answers predictions over HTTP with the champion kept in memory, and shows the model and its runs.
//!
//! The request selects a [`Route`](route::Route). One pass turns the body into [`RequestRows`](rows::RequestRows). The
//! [`ChampionCache`](champion::ChampionCache) supplies the model. The answer or the [`Problem`](problem::Problem) is
//! serialized once. [`App`] connects these parts, and `main.rs` gives it the AWS clients.

pub mod answer;
mod app;
pub mod body;
pub mod champion;
mod config;
pub mod journal;
mod ports;
pub mod problem;
pub mod response;
pub mod route;
pub mod rows;
pub mod views;

pub use app::App;
pub use config::PredictConfig;
pub use ports::{PredictPorts, PredictWorld};
