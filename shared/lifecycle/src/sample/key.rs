//! The keys of stored samples.

use jiff::civil::Date;
use jiff::tz::Offset;

use crate::drift::CountedHour;
use crate::{ModelName, VersionNumber};

/// Names one stored sample. A later sample of the same environment, hour and version replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleKey<'a> {
    /// The hour in which the rows were served.
    pub hour: CountedHour,
    /// The version that has served them.
    pub version: VersionNumber,
    /// The random name of the environment, as 16 hexadecimal digits.
    pub environment: &'a str,
}

impl SampleKey<'_> {
    /// Returns the S3 key of the sample, such as `served/churn/2026-11-24/08-00000007-0123456789abcdef.rows`.
    pub fn object_key(&self, model: &ModelName) -> String {
        let start = self.hour.start().unwrap_or_default();
        let (hour, version) = (start.strftime("%Y-%m-%d/%H"), self.version.padded());
        format!("{}{hour}-{version}-{}.rows", prefix(model), self.environment)
    }
}

/// Returns the prefix of the S3 keys of all samples of `model`.
pub fn prefix(model: &ModelName) -> String {
    format!("served/{model}/")
}

/// Returns the day (UTC) in which the rows of the sample with this S3 key were served. `None` if it is no key of a sample
/// of `model`.
pub fn sampled_day(model: &ModelName, key: &str) -> Option<Date> {
    let (day, name) = key.strip_prefix(&prefix(model))?.split_once('/')?;
    name.ends_with(".rows").then(|| day.parse().ok()).flatten()
}

/// Returns the day of UTC in which an hour lies.
impl From<CountedHour> for Date {
    fn from(hour: CountedHour) -> Self {
        Offset::UTC.to_datetime(hour.start().unwrap_or_default()).date()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_day_and_the_hour_of_its_rows() {
        let hour = CountedHour::of("2026-11-24T08:59:00Z".parse().unwrap());
        let version = VersionNumber::new(7).unwrap();
        let key = SampleKey { hour, version, environment: "0123456789abcdef" };
        let key = key.object_key(&"churn".parse().unwrap());
        assert_eq!(key, "served/churn/2026-11-24/08-00000007-0123456789abcdef.rows");
        assert_eq!(sampled_day(&"churn".parse().unwrap(), &key), Some(hour.into()));
    }

    #[test]
    fn another_key_has_no_day() {
        let churn = "churn".parse().unwrap();
        for key in ["served/iris/2026-11-24/a.rows", "served/churn/today/a.rows", "served/churn/2026-11-24/a.txt", "a"]
        {
            assert_eq!(sampled_day(&churn, key), None, "{key}");
        }
    }
}
