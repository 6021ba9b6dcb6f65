//! The predict Lambda function. It answers prediction requests over HTTP with the champion, which it keeps in memory.
//! It also shows the champion.
//!
//! A request passes these steps. [`Route`](route::Route) selects the endpoint by the request's path and method, and with
//! it the [`Protocol`](protocol::Protocol). [`Ask`](asking::Ask) says where the rows are and which form the answer has.
//! The [`ChampionCache`](champion::ChampionCache) supplies the model, or [`OtherVersions`](other_versions::OtherVersions)
//! if the request names a version. The [`RowSource`](evergreen_rows::RowSource) is read into
//! [`RequestRows`](evergreen_rows::RequestRows). The answer, or the [`Problem`](evergreen_http::Problem) that describes the error,
//! is serialized once, in the protocol's form. [`App`] connects the steps. `main.rs` gives [`App`] the AWS clients.

pub mod answer;
mod app;
pub mod asking;
pub mod body;
pub mod challenger;
pub mod champion;
mod config;
pub mod counting;
pub mod explaining;
pub mod ids;
pub mod journal;
pub mod loaded;
pub mod media;
pub mod other_versions;
mod ports;
pub mod problem;
pub mod protocol;
pub mod requested;
pub mod rollout_counting;
pub mod route;
mod sampling;
pub mod shadow;
pub mod views;

pub use app::App;
pub use config::PredictConfig;
pub use ports::{PredictPorts, PredictRegistry, PredictWorld};
