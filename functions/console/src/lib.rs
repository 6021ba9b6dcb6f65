//! The console function: the registry as people use it. An API reads runs and versions and makes changes; pages show
//! the same to people.

pub mod pages;
pub mod ports;
