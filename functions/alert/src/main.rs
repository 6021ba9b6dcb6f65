//! Wiring of the alert function.

fn main() {}
