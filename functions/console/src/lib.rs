//! The console function: the registry as people use it. An API reads runs and versions and makes changes; pages show
//! the same to people.
//!
//! A request comes in through one of three doors ([`door`]): the status API may read, the signed part of the console API
//! may read and steer, and the pages ask for a session. Behind the first two doors, one table of [routes](route) selects
//! the operation. The pages' actions use the same operations.

mod app;
pub mod body;
pub mod config;
pub mod console;
pub mod costs;
pub mod door;
mod feedback;
pub mod mail_links;
pub mod openapi;
mod page_door;
pub mod pages;
pub mod ports;
pub mod problem;
pub mod query;
pub mod reading;
pub mod reply;
pub mod route;
pub mod sessions;
pub mod steering;
pub mod token;

pub use app::ConsoleApp;
pub use config::{ConsoleConfig, StackFacts};
pub use ports::{ConsolePorts, ConsoleWorld};
