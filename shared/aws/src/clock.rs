//! The system's clock.

use evergreen_lifecycle::{ports::Clock, time};
use jiff::Timestamp;

/// The system's clock, in whole milliseconds: a moment that is stored reads back the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        time::to_millis(Timestamp::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_being_stored() {
        let now = SystemClock.now();
        assert_eq!(time::format(now).parse::<Timestamp>().unwrap(), now);
    }
}
