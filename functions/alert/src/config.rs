//! The alert function's configuration, read once at cold start.

use evergreen_aws::env::{ConfigError, Environment};
use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::ports::BilledResources;
use evergreen_lifecycle::schedule::Zone;
use jiff::tz::TimeZone;

use crate::{Address, Letterhead, Recipients};

/// The alert function's configuration, from environment variables.
#[derive(Debug, Clone)]
pub struct AlertConfig {
    /// The name of the DynamoDB table that holds the registry.
    pub table: String,
    /// The mail address from which the mails are sent.
    pub sender: Address,
    /// The mail addresses that receive the mails about alarms.
    pub recipients: Recipients,
    /// The name of the SES configuration set, which publishes delivery events such as bounces of mails. `None` if there
    /// is no set.
    pub configuration_set: Option<String>,
    /// The names and links that every mail about an alarm contains, such as the dashboard's URL.
    pub letterhead: Letterhead,
    /// The name of the training schedule in EventBridge Scheduler, for the weekly digest.
    pub schedule_name: String,
    /// The resources whose usage the weekly digest reads. Without functions, nobody counts it.
    pub billed: BilledResources,
}

impl AlertConfig {
    /// Reads the alert function's configuration from the variables of `environment`.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong. The error never repeats a mail address.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let (sender, recipients) = ("EVERGREEN_SENDER", "EVERGREEN_RECIPIENTS");
        let memory = "EVERGREEN_FUNCTION_MEMORY";
        let table = environment.required("EVERGREEN_TABLE")?;
        Ok(Self {
            sender: environment.required(sender)?.parse().map_err(|error| ConfigError::invalid(sender, error))?,
            recipients: environment
                .required(recipients)?
                .parse()
                .map_err(|error| ConfigError::invalid(recipients, error))?,
            configuration_set: environment.optional("EVERGREEN_CONFIGURATION_SET"),
            letterhead: Letterhead {
                model: environment.parsed::<ModelName>("EVERGREEN_MODEL")?,
                stack: environment.required("EVERGREEN_STACK")?,
                table: table.clone(),
                dashboard_url: dashboard_url(environment)?,
                console_url: console_url(environment),
                zone: zone(environment)?,
            },
            schedule_name: environment.required("EVERGREEN_SCHEDULE_NAME")?,
            billed: BilledResources::read(&environment.optional(memory).unwrap_or_default(), table.clone())
                .map_err(|error| ConfigError::invalid(memory, error))?,
            table,
        })
    }
}

// The address of an emulator is not known when the stack is deployed. Then the variable has only the path.
/// Returns the URL of the console, without a slash at its end. `None` if the stack does not say it: mails have no links then.
fn console_url(environment: &Environment) -> Option<String> {
    let url = environment.optional("EVERGREEN_CONSOLE_URL")?;
    let url = match url.starts_with('/') {
        true => format!("{}{url}", environment.optional("AWS_ENDPOINT_URL")?.trim_end_matches('/')),
        false => url,
    };
    Some(url.trim_end_matches('/').to_owned())
}

// An emulator has no dashboard, and AWS's own console knows nothing of its stacks.
/// Returns the address that shows the state of all alarms: the dashboard, or on an emulator the console's page of alarms.
fn dashboard_url(environment: &Environment) -> Result<String, ConfigError> {
    let url = environment.required("EVERGREEN_DASHBOARD_URL")?;
    let is_emulated = environment.optional("EVERGREEN_CONSOLE_URL").is_some_and(|path| path.starts_with('/'));
    let page = console_url(environment).filter(|_| is_emulated).map(|console| format!("{console}/alarms"));
    Ok(page.unwrap_or(url))
}

/// Returns the time zone of the stack's schedule. UTC if the stack does not say it.
fn zone(environment: &Environment) -> Result<TimeZone, ConfigError> {
    const KEY: &str = "EVERGREEN_SCHEDULE_TIMEZONE";
    let Some(_) = environment.optional(KEY) else { return Ok(TimeZone::UTC) };
    Ok(environment.parsed::<Zone>(KEY)?.time_zone().clone())
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::environment_with;

    use super::*;

    const COMPLETE: [(&str, &str); 7] = [
        ("EVERGREEN_MODEL", "iris"),
        ("EVERGREEN_TABLE", "registry"),
        ("EVERGREEN_STACK", "evergreen"),
        ("EVERGREEN_SENDER", "evergreen@example.com"),
        ("EVERGREEN_RECIPIENTS", "a@example.com,b@example.com"),
        ("EVERGREEN_DASHBOARD_URL", "https://example.com/dashboard"),
        ("EVERGREEN_SCHEDULE_NAME", "evergreen-train"),
    ];

    /// Test helper: reads a complete environment in which the variable `key` has the value `value`.
    fn read_with(key: &str, value: &str) -> Result<AlertConfig, ConfigError> {
        AlertConfig::read(&Environment::from_lookup(environment_with(&COMPLETE, &[(key, value)])))
    }

    #[test]
    fn a_complete_environment_is_read() {
        let config = read_with("", "").unwrap();
        assert_eq!((config.letterhead.stack.as_str(), config.recipients.iter().count()), ("evergreen", 2));
    }

    #[test]
    fn the_console_of_an_emulator_is_below_its_address() {
        let url = |variables: &[(&str, &str)]| {
            let environment = Environment::from_lookup(environment_with(&COMPLETE, variables));
            AlertConfig::read(&environment).unwrap().letterhead.console_url
        };
        assert_eq!(url(&[]), None);
        let aws = "https://abc.execute-api.eu-central-1.amazonaws.com/v1";
        assert_eq!(url(&[("EVERGREEN_CONSOLE_URL", aws)]).as_deref(), Some(aws));
        let path = ("EVERGREEN_CONSOLE_URL", "/restapis/abc/v1/_user_request_");
        let local = url(&[path, ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566/")]);
        assert_eq!(local.as_deref(), Some("http://127.0.0.1:4566/restapis/abc/v1/_user_request_"));
    }

    #[test]
    fn mails_of_an_emulated_stack_lead_to_its_own_page_of_alarms() {
        let own = [("EVERGREEN_CONSOLE_URL", "/restapis/abc/v1/_user_request_"), ("AWS_ENDPOINT_URL", "http://local")];
        let url = |own: &[(&str, &str)]| {
            let environment = Environment::from_lookup(environment_with(&COMPLETE, own));
            AlertConfig::read(&environment).unwrap().letterhead.dashboard_url
        };
        assert_eq!(url(&own), "http://local/restapis/abc/v1/_user_request_/alarms");
        assert_eq!(url(&[("EVERGREEN_CONSOLE_URL", "https://example.com/v1")]), "https://example.com/dashboard");
    }

    #[test]
    fn without_functions_no_usage_is_read() {
        assert!(read_with("", "").unwrap().billed.functions.is_empty());
        let billed = read_with("EVERGREEN_FUNCTION_MEMORY", "predict=1769").unwrap().billed;
        assert_eq!((billed.functions, billed.table.as_str()), (vec![("predict".to_owned(), 1769)], "registry"));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable_and_no_address() {
        let error = |key, value| read_with(key, value).unwrap_err().to_string();
        insta::assert_snapshot!(error("EVERGREEN_SENDER", "nobody"), @"EVERGREEN_SENDER: expected one plain mail address such as name@example.com");
        insta::assert_snapshot!(error("EVERGREEN_RECIPIENTS", "a@example.com,b"), @"EVERGREEN_RECIPIENTS: address 2: expected a plain mail address such as name@example.com");
        insta::assert_snapshot!(error("EVERGREEN_RECIPIENTS", ""), @"EVERGREEN_RECIPIENTS is not set");
        insta::assert_snapshot!(error("EVERGREEN_MODEL", "Iris"), @r#"EVERGREEN_MODEL is "Iris": model name "Iris": expected 1–64 lower-case letters, digits and hyphens, beginning with a letter"#);
    }
}
