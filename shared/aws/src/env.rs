//! Reads configuration from environment variables. An empty variable counts as not set, because an empty parameter of
//! the deployment template arrives as an empty variable.

use std::error::Error;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

// Tests can provide the variables with a function, so they need not change the variables of the process.
/// The environment variables of a Lambda function.
pub struct Environment<'a>(Box<Lookup<'a>>);

type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Error: an environment variable is missing or has a wrong value.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A required environment variable is not set. Holds the name of the variable.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// The text of the environment variable cannot be parsed to the required type.
    #[error("{key} is {value:?}: {cause}")]
    Unreadable {
        /// The name of the environment variable.
        key: &'static str,
        /// The text of the environment variable.
        value: String,
        /// The error message of the parser that could not parse the environment variable.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The environment variable is not a number, or it is outside the allowed range.
    #[error("{key}: expected {expected}, got {value:?}")]
    NotANumber {
        /// The name of the environment variable.
        key: &'static str,
        /// The allowed values of the environment variable, as text for the error message.
        expected: String,
        /// The text of the environment variable.
        value: String,
    },
    // The error message does not show the value, because it may be private, or because the cause says enough.
    /// The value of the environment variable is not allowed.
    #[error("{key}: {cause}")]
    Invalid {
        /// The name of the environment variable, or the names of variables that contradict each other.
        key: &'static str,
        /// Why the value of the environment variable is not allowed.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

impl ConfigError {
    /// Creates an error for the environment variable `key`. `cause` says why the variable's value is not allowed.
    pub fn invalid(key: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Invalid { key, cause: cause.into() }
    }
}

impl Environment<'static> {
    /// Returns the environment variables of this process.
    pub fn process() -> Self {
        Self::from_lookup(|key| std::env::var(key).ok())
    }
}

impl<'a> Environment<'a> {
    /// Creates an environment whose variables come from the function `lookup`. For a variable that is not set, `lookup`
    /// returns `None`.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self(Box::new(lookup))
    }

    /// Returns the text of the environment variable `key`, or `None` if it is not set or empty.
    pub fn optional(&self, key: &str) -> Option<String> {
        self.0(key).filter(|value| !value.is_empty())
    }

    /// Returns the text of the environment variable `key`.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when the variable is not set or empty.
    pub fn required(&self, key: &'static str) -> Result<String, ConfigError> {
        self.optional(key).ok_or(ConfigError::Missing(key))
    }

    /// Returns whether the environment variable `key` is `true`, in upper or lower case.
    pub fn flag(&self, key: &str) -> bool {
        self.0(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Returns the environment variable `key`, parsed as `T`. The error message shows the text, so do not use this
    /// function for secrets and addresses.
    ///
    /// # Errors
    /// [`ConfigError`] when the variable is not set or cannot be parsed.
    pub fn parsed<T>(&self, key: &'static str) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Error + Send + Sync + 'static>,
    {
        parse(key, self.required(key)?)
    }

    /// Returns the environment variable `key`, parsed as `T`, or `default` if it is not set. The error message shows
    /// the text, as in [`Self::parsed`].
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] when the variable is set but cannot be parsed.
    pub fn parsed_or<T>(&self, key: &'static str, default: T) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Error + Send + Sync + 'static>,
    {
        self.optional(key).map_or(Ok(default), |value| parse(key, value))
    }
}

impl Environment<'_> {
    /// Returns the environment variable `key` as a number. The error message shows the text, as in [`Self::parsed`].
    ///
    /// # Errors
    /// [`ConfigError`] when the variable is not set or not a number.
    pub fn number(&self, key: &'static str) -> Result<f64, ConfigError> {
        number(key, self.required(key)?, "a number")
    }

    /// Returns the environment variable `key` as a number. Returns `None` if its text is `word`, such as `auto`.
    ///
    /// # Errors
    /// [`ConfigError`] when the variable is not set, or is neither `word` nor a number.
    pub fn number_unless(&self, key: &'static str, word: &str) -> Result<Option<f64>, ConfigError> {
        match self.required(key)? {
            value if value == word => Ok(None),
            value => number(key, value, &format!("a number or {word:?}")).map(Some),
        }
    }

    /// Returns the environment variable `key` as a whole number within `range`.
    ///
    /// # Errors
    /// [`ConfigError`] when the variable is not set, is not a whole number, or is outside `range`.
    pub fn whole<T: WholeNumber>(&self, key: &'static str, range: RangeInclusive<T>) -> Result<T, ConfigError> {
        whole(key, self.required(key)?, &range, "")
    }

    /// Returns the environment variable `key` as a whole number within `range`, or `default` if the variable is not
    /// set.
    ///
    /// # Errors
    /// [`ConfigError::NotANumber`] when the variable is not a whole number, or is outside `range`.
    pub fn whole_or<T: WholeNumber>(
        &self,
        key: &'static str,
        range: RangeInclusive<T>,
        default: T,
    ) -> Result<T, ConfigError> {
        self.optional(key).map_or(Ok(default), |value| whole(key, value, &range, ""))
    }

    /// Returns the environment variable `key` as a whole number within `range`. Returns `None` if its text is `word`,
    /// such as `auto`.
    ///
    /// # Errors
    /// [`ConfigError`] when the variable is not set, or is neither `word` nor a whole number within `range`.
    pub fn whole_unless<T: WholeNumber>(
        &self,
        key: &'static str,
        range: RangeInclusive<T>,
        word: &str,
    ) -> Result<Option<T>, ConfigError> {
        match self.required(key)? {
            value if value == word => Ok(None),
            value => whole(key, value, &range, &format!(" or {word:?}")).map(Some),
        }
    }
}

/// An integer type, such as `u32`, that [`Environment`] can read from an environment variable.
pub trait WholeNumber: FromStr + PartialOrd + fmt::Display {}

impl WholeNumber for u16 {}
impl WholeNumber for u32 {}
impl WholeNumber for u64 {}

/// Debug output without the values of the environment variables, because some are mail addresses.
impl fmt::Debug for Environment<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Environment")
    }
}

fn parse<T>(key: &'static str, value: String) -> Result<T, ConfigError>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    value.parse().map_err(|cause: T::Err| ConfigError::Unreadable { key, value, cause: cause.into() })
}

fn number(key: &'static str, value: String, expected: &str) -> Result<f64, ConfigError> {
    value.parse().map_err(|_| ConfigError::NotANumber { key, expected: expected.to_owned(), value })
}

/// Parses the text `value` of the environment variable `key` as a whole number within `range`.
fn whole<T: WholeNumber>(
    key: &'static str,
    value: String,
    range: &RangeInclusive<T>,
    or: &str,
) -> Result<T, ConfigError> {
    // `or` is text for the error message: another allowed value, such as ` or auto`.
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let expected = format!("a whole number from {} to {}{or}", range.start(), range.end());
        ConfigError::NotANumber { key, expected, value }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use evergreen_lifecycle::ModelName;

    fn environment() -> Environment<'static> {
        Environment::from_lookup(|key| match key {
            "MODEL" => Some("Iris".into()),
            "FLOOR" => Some("0.9".into()),
            "ROWS" => Some("many".into()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn a_missing_variable_is_named() {
        assert_eq!(environment().required("TABLE").unwrap_err().to_string(), "TABLE is not set");
        assert_eq!(environment().parsed::<f64>("TABLE").unwrap_err().to_string(), "TABLE is not set");
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        assert_eq!(environment().required("EMPTY").unwrap_err().to_string(), "EMPTY is not set");
        assert_eq!(environment().parsed_or("EMPTY", 7).unwrap(), 7);
    }

    #[test]
    fn a_value_that_does_not_fit_is_named_with_its_variable() {
        let error = environment().parsed::<ModelName>("MODEL").unwrap_err();
        assert!(error.to_string().starts_with("MODEL is \"Iris\": "), "{error}");
        let error = environment().whole_or("ROWS", 0..=9_u32, 1).unwrap_err();
        assert_eq!(error.to_string(), "ROWS: expected a whole number from 0 to 9, got \"many\"");
    }

    #[test]
    fn a_number_may_have_a_range_or_be_replaced_by_a_word() {
        let environment = Environment::from_lookup(|key| Some(key.to_owned()));
        assert_eq!(environment.whole("7", 0..=9_u16).unwrap(), 7);
        assert_eq!(environment.whole_unless("auto", 0..=9_u32, "auto").unwrap(), None);
        assert_eq!(environment.number_unless("0.9", "relative").unwrap(), Some(0.9));
        let errors = [
            environment.whole("10", 0..=9_u64).unwrap_err(),
            environment.whole_unless("old", 0..=9_u32, "auto").unwrap_err(),
            environment.number("much").unwrap_err(),
            environment.number_unless("high", "relative").unwrap_err(),
        ];
        let expected = [
            "10: expected a whole number from 0 to 9, got \"10\"",
            "old: expected a whole number from 0 to 9 or \"auto\", got \"old\"",
            "much: expected a number, got \"much\"",
            "high: expected a number or \"relative\", got \"high\"",
        ];
        assert_eq!(errors.map(|error| error.to_string()), expected);
    }

    #[test]
    fn a_value_that_fits_is_read() {
        assert_eq!(environment().parsed::<f64>("FLOOR").unwrap().to_string(), "0.9");
        assert_eq!(environment().required("ROWS").unwrap(), "many");
    }

    #[test]
    fn a_refusal_does_not_repeat_the_value() {
        let error = ConfigError::invalid("EVERGREEN_RECIPIENTS", "the second address has no @");
        assert_eq!(error.to_string(), "EVERGREEN_RECIPIENTS: the second address has no @");
    }
}
