//! Wiring of the train function.

fn main() {}
