//! Reads from a request which version shall answer it, if it does not want the champion.

use evergreen_http::Problem;
use evergreen_lifecycle::{AliasName, VersionNumber};
use lambda_http::{Request, RequestExt};

/// The parameters and headers with which a request can name the version that answers it.
const PLACES: [RequestPlace; 4] = [
    RequestPlace { name: "version", is_header: false, holds_alias: false },
    RequestPlace { name: "alias", is_header: false, holds_alias: true },
    RequestPlace { name: "x-evergreen-version", is_header: true, holds_alias: false },
    RequestPlace { name: "x-evergreen-alias", is_header: true, holds_alias: true },
];

/// The part of a path with the number of a version. Errors name it like the query parameter.
const IN_PATH: RequestPlace = RequestPlace { name: "version", is_header: false, holds_alias: false };

const EXPECTED_NUMBER: &str = "the number of a registered version, such as 7";
const EXPECTED_ALIAS: &str = "the name of an alias: 1 to 40 lower-case letters, digits and hyphens";

/// The version that a request names in place of the champion, and where the request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedVersion {
    /// The version, by its number or by an alias.
    pub by: VersionOrAlias,
    /// Name of the query parameter or header, such as `version`.
    pub place: &'static str,
}

/// A version, named by its number or by an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionOrAlias {
    /// The number of the version.
    Version(VersionNumber),
    /// An alias. People may move it to another version.
    Alias(AliasName),
}

#[derive(Debug, Clone, Copy)]
struct RequestPlace {
    name: &'static str,
    is_header: bool,
    holds_alias: bool,
}

impl RequestedVersion {
    /// Returns the version that the request names, or `None` if the champion shall answer it. `in_path` is the number of a
    /// version in the path.
    ///
    /// # Errors
    /// A 400 [`Problem`] that names the parameter or header: it has an invalid value, or it is the second one that
    /// names a version.
    pub fn of(request: &Request, in_path: Option<&str>) -> Result<Option<Self>, Problem> {
        let query = request.query_string_parameters_ref();
        let mut found = match in_path {
            Some(number) => Some(Self { by: IN_PATH.parse(number)?, place: IN_PATH.name }),
            None => None,
        };
        for place in PLACES {
            let name = place.name;
            // Nearly no request has one of them, and then nothing is allocated.
            let values = if place.is_header {
                request.headers().get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect()
            } else {
                query.and_then(|query| query.all(name)).unwrap_or_default()
            };
            let value = match values.as_slice() {
                [] => continue,
                [value] if found.is_none() => *value,
                _ => return Err(named_twice(name)),
            };
            found = Some(Self { by: place.parse(value)?, place: name });
        }
        Ok(found)
    }
}

impl RequestPlace {
    fn parse(self, value: &str) -> Result<VersionOrAlias, Problem> {
        let name = self.name;
        let what = if self.is_header { "header" } else { "query parameter" };
        let parsed = if self.holds_alias {
            value.parse().ok().map(VersionOrAlias::Alias)
        } else {
            // `parse` accepts a plus sign, which no number of a version has.
            let number = Some(value).filter(|value| value.starts_with(|digit: char| digit.is_ascii_digit()));
            number.and_then(|value| value.parse().ok()).and_then(VersionNumber::new).map(VersionOrAlias::Version)
        };
        parsed.ok_or_else(|| {
            let (is, expected) = if self.holds_alias {
                ("the name of an alias", EXPECTED_ALIAS)
            } else {
                ("the number of a version", EXPECTED_NUMBER)
            };
            Problem::invalid_parameter(name, format!("The {what} \"{name}\" is not {is}."), expected)
        })
    }
}

fn named_twice(name: &str) -> Problem {
    let detail = format!("The request names a version twice; \"{name}\" is the second time.");
    Problem::invalid_parameter(name, detail, "one version or one alias, in the query or in a header")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn request(query: &[(&str, &[&str])], headers: &[(&'static str, &str)]) -> Request {
        let query: HashMap<String, Vec<String>> = query
            .iter()
            .map(|(name, values)| ((*name).to_owned(), values.iter().map(|value| (*value).to_owned()).collect()))
            .collect();
        let mut request = Request::default().with_query_string_parameters(query);
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        request
    }

    fn version(number: u32) -> VersionOrAlias {
        VersionOrAlias::Version(VersionNumber::new(number).unwrap())
    }

    #[test]
    fn a_request_without_a_version_is_for_the_champion() {
        assert_eq!(RequestedVersion::of(&Request::default(), None), Ok(None));
        assert_eq!(RequestedVersion::of(&request(&[("versions", &["7"])], &[("accept", "*/*")]), None), Ok(None));
    }

    #[test]
    fn a_version_is_named_in_the_query_or_in_a_header() {
        let stable = || VersionOrAlias::Alias("stable".parse().unwrap());
        for (request, by, place) in [
            (request(&[("version", &["7"])], &[]), version(7), "version"),
            (request(&[("alias", &["stable"])], &[]), stable(), "alias"),
            (request(&[], &[("X-Evergreen-Version", "7")]), version(7), "x-evergreen-version"),
            (request(&[], &[("X-Evergreen-Alias", "stable")]), stable(), "x-evergreen-alias"),
        ] {
            assert_eq!(RequestedVersion::of(&request, None), Ok(Some(RequestedVersion { by, place })));
        }
    }

    #[test]
    fn a_malformed_version_or_alias_is_refused_by_the_name_of_its_parameter() {
        for (name, value) in [
            ("version", ""),
            ("version", "0"),
            ("version", "+7"),
            ("version", "7.0"),
            ("version", "99999999999"),
            ("alias", ""),
            ("alias", "Stable"),
            ("alias", "champion"),
        ] {
            let problem = RequestedVersion::of(&request(&[(name, &[value])], &[]), None).unwrap_err();
            assert_eq!((problem.kind.code, problem.field.as_deref()), ("invalid-parameter", Some(name)), "{value}");
        }
        let problem = RequestedVersion::of(&request(&[], &[("X-Evergreen-Version", "newest")]), None).unwrap_err();
        assert_eq!(problem.detail, "The header \"x-evergreen-version\" is not the number of a version.");
    }

    #[test]
    fn two_versions_in_one_request_are_refused_even_if_they_are_the_same() {
        for (request, field) in [
            (request(&[("version", &["7", "7"])], &[]), "version"),
            (request(&[("version", &["7"]), ("alias", &["stable"])], &[]), "alias"),
            (request(&[("version", &["7"])], &[("x-evergreen-version", "7")]), "x-evergreen-version"),
            (request(&[], &[("x-evergreen-alias", "a"), ("x-evergreen-alias", "b")]), "x-evergreen-alias"),
        ] {
            let problem = RequestedVersion::of(&request, None).unwrap_err();
            assert_eq!((problem.kind.status.as_u16(), problem.field.as_deref()), (400, Some(field)));
        }
    }
}
