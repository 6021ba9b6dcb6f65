//! Tests of the console function with ports in memory.

mod comparing;
mod doors;
mod pages;
mod reading;
mod rollback;
mod runs;
mod steering;
mod support;
