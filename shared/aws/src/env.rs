//! Reads configuration from environment variables. An empty variable counts as not set, because an empty template
//! parameter arrives that way.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The environment variables of a function. Tests can supply their own lookup, so they need not change the process.
pub struct Environment<'a>(Box<Lookup<'a>>);

type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Error for a missing or wrong variable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The variable is required but not set.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// The variable's text cannot be read as the required type.
    #[error("{key} is {value:?}: {cause}")]
    Unreadable {
        /// The variable.
        key: &'static str,
        /// The variable's text.
        value: String,
        /// Why the text cannot be read.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The variable is refused, and the error does not repeat its value. The value may be private, or add nothing to
    /// the cause.
    #[error("{key}: {cause}")]
    Invalid {
        /// The variable, or the variables that contradict each other.
        key: &'static str,
        /// Why it is refused.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

impl ConfigError {
    /// Creates an error that `key` is refused because of `cause`.
    pub fn invalid(key: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Invalid { key, cause: cause.into() }
    }
}

impl Environment<'static> {
    /// Returns the variables of this process.
    pub fn process() -> Self {
        Self::from_lookup(|key| std::env::var(key).ok())
    }
}

impl<'a> Environment<'a> {
    /// Returns the variables that `lookup` provides.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self(Box::new(lookup))
    }

    /// Returns the variable's text, or `None` if it is not set.
    pub fn optional(&self, key: &str) -> Option<String> {
        self.0(key).filter(|value| !value.is_empty())
    }

    /// Returns the variable's text.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when it is not set.
    pub fn required(&self, key: &'static str) -> Result<String, ConfigError> {
        self.optional(key).ok_or(ConfigError::Missing(key))
    }

    /// Checks whether the variable is `true`, in upper or lower case.
    pub fn flag(&self, key: &str) -> bool {
        self.0(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Returns the variable parsed as `T`. The error repeats the text, so do not use this for secrets and addresses.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set or cannot be parsed.
    pub fn parsed<T>(&self, key: &'static str) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Error + Send + Sync + 'static>,
    {
        parse(key, self.required(key)?)
    }

    /// Returns the variable parsed as `T`, or `default` if it is not set. The error repeats the text, as in
    /// [`Self::parsed`].
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] when it is set but cannot be parsed.
    pub fn parsed_or<T>(&self, key: &'static str, default: T) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Error + Send + Sync + 'static>,
    {
        self.optional(key).map_or(Ok(default), |value| parse(key, value))
    }
}

/// Leaves out the values, because some are addresses.
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
    fn what_is_set_to_nothing_is_not_set() {
        assert_eq!(environment().required("EMPTY").unwrap_err().to_string(), "EMPTY is not set");
        assert_eq!(environment().parsed_or("EMPTY", 7).unwrap(), 7);
    }

    #[test]
    fn a_value_that_does_not_fit_is_named_with_its_variable() {
        let error = environment().parsed::<ModelName>("MODEL").unwrap_err();
        assert!(error.to_string().starts_with("MODEL is \"Iris\": "), "{error}");
        let error = environment().parsed_or("ROWS", 1_u32).unwrap_err();
        assert_eq!(error.to_string(), "ROWS is \"many\": invalid digit found in string");
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
