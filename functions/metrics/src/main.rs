//! Wiring of the metrics function.

fn main() {}
