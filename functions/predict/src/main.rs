//! Wiring of the predict function.

fn main() {}
