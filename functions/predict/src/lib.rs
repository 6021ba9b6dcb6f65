//! Answers predictions over HTTP with the cached champion, and tells of the model and its runs.
//!
//! A call becomes an [`Endpoint`](route::Endpoint); its body becomes [`Rows`](rows::Rows) in one pass; the
//! [`ChampionCache`](champion::ChampionCache) gives the model; the answer, or the [`Problem`](problem::Problem), is written
//! once. [`App`] puts these together; `main.rs` gives it the real world.

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
pub use config::Config;
pub use ports::{Ports, World};
