//! QueryParameters parameters of a request.

use evergreen_http::Problem;
use evergreen_lifecycle::text::shortened;
use jiff::Timestamp;
use lambda_http::{Request, RequestExt};

use crate::route::JsonRoute;

/// An error repeats at most this number of characters of a name.
const MAX_ECHO: usize = 64;

/// The query parameters of a request, each a name and a value. All names are known to the route.
#[derive(Debug, Default)]
pub struct QueryParameters(Vec<(String, String)>);

impl QueryParameters {
    /// Reads the query parameters of a request.
    ///
    /// # Errors
    /// A 400 [`Problem`] names the first parameter that the route does not know.
    pub fn of(request: &Request, route: &JsonRoute) -> Result<Self, Problem> {
        let Some(query) = request.query_string_parameters_ref() else { return Ok(Self::default()) };
        let pairs: Vec<_> = query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let unknown = pairs.iter().find(|(name, _)| !route.query.contains(&name.as_str()));
        match unknown {
            Some((name, _)) => {
                let expected = match route.query {
                    [] => "no query parameter".to_owned(),
                    known => format!("one of {}", known.join(", ")),
                };
                let detail = "This path has no query parameter of this name.";
                Err(Problem::invalid_parameter(&shortened(name, MAX_ECHO), detail, expected))
            }
            None => Ok(Self(pairs)),
        }
    }

    /// Returns all parameters except those with one of the `names`.
    pub fn without<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        pairs.filter(|(name, _)| !names.contains(name))
    }

    /// Returns the first value of a parameter.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Returns a parameter as a whole number from 1 to `most`, or `default` if it is not given.
    ///
    /// # Errors
    /// A 400 [`Problem`] if the value is not such a number.
    pub fn whole(&self, name: &str, default: u32, most: u32) -> Result<u32, Problem> {
        let Some(given) = self.first(name) else { return Ok(default) };
        given.parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| {
            let detail = format!("The query parameter \"{name}\" is not a whole number in the allowed range.");
            Problem::invalid_parameter(name, detail, format!("a whole number from 1 to {most}"))
        })
    }

    /// Returns a parameter as a time.
    ///
    /// # Errors
    /// A 400 [`Problem`] if the value is not a time.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(given) = self.first(name) else { return Ok(None) };
        given.parse().map(Some).map_err(|_| {
            let detail = format!("The query parameter \"{name}\" is not a time.");
            Problem::invalid_parameter(name, detail, "a time such as 2026-11-24T03:00:00Z")
        })
    }
}
