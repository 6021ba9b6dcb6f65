//! The JSON routes of the console. Matching, rights, the log, the OpenAPI document and tests read this one table.

mod table;

use evergreen_http::Problem;
use lambda_http::http::Method;

pub use table::ROUTES;

/// What a caller needs for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The right to read: the key of the status API, or a signature.
    Reading,
    /// The right to predict: the key of the prediction API, or a signature.
    Predicting,
    /// The right to steer: a signature with AWS credentials.
    Steering,
}

/// The operation that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Lists runs.
    Runs,
    /// Shows a run.
    Run,
    /// Lists versions.
    Versions,
    /// Shows a version.
    Version,
    /// Shows the manifest of a version.
    Manifest,
    /// Makes a link to the artifact of a version.
    Artifact,
    /// Lists the verifications of a version.
    Verifications,
    /// Shows the champion.
    Champion,
    /// Lists the champions.
    Champions,
    /// Lists the aliases.
    Aliases,
    /// Compares versions.
    Compare,
    /// Shows the training schedule.
    Schedule,
    /// Lists the audit trail.
    Audit,
    /// Lists the alarms.
    Alarms,
    /// `GET /drift`: how served rows compare with the training data.
    Drift,
    /// `GET /live`: how right the predictions were whose truth is known.
    Live,
    /// `GET /rollout`: the newest rollout, with the values of both versions.
    Rollout,
    /// Estimates the cost of the month so far.
    Cost,
    /// Returns the OpenAPI document.
    OpenApi,
    /// Takes what turned out true about predictions.
    Feedback,
    /// Asks for a training run.
    Train,
    /// Promotes a version.
    Promote,
    /// Promotes the champion before the current one.
    RollBack,
    /// Starts the rollout of a version.
    StartRollout,
    /// Begins the next stage of the rollout.
    AdvanceRollout,
    /// Ends the rollout.
    StopRollout,
    /// Promotes the version of the rollout.
    PromoteRollout,
    /// Sets an alias.
    SetAlias,
    /// Removes an alias.
    RemoveAlias,
    /// Sets a tag.
    SetTag,
    /// Removes a tag.
    RemoveTag,
    /// Replaces the note.
    WriteNote,
    /// Deletes a version.
    DeleteVersion,
    /// Asks for the verification of a version.
    Verify,
    /// Asks for a rebuild of the registry.
    Rebuild,
    /// Records the import of a history, and asks for a rebuild of the registry.
    ImportHistory,
    /// Asks for the deletion of old versions.
    Retain,
    /// Switches the schedule off.
    Pause,
    /// Switches the schedule on.
    Resume,
    /// Mutes an alarm.
    Mute,
    /// Ends the mute of an alarm.
    Unmute,
    /// Makes a link that opens a session.
    MakeLink,
    /// Ends all sessions and links.
    EndSessions,
}

/// A JSON route.
#[derive(Debug)]
pub struct JsonRoute {
    /// What a caller needs.
    pub need: Need,
    /// The HTTP method.
    pub method: &'static str,
    // A segment in braces matches any text.
    /// The path template, such as `/runs/{id}`, without `/api`.
    pub template: &'static str,
    /// The names of the query parameters that the route knows.
    pub query: &'static [&'static str],
    /// The name of the schema of the body. `None`: the route takes no body.
    pub body: Option<&'static str>,
    /// What the route does, as one sentence.
    pub summary: &'static str,
    /// The operation.
    pub endpoint: Operation,
}

/// A route that matches a request, with the values of its path parameters in the order of the template.
#[derive(Debug)]
pub struct Matched<'a> {
    /// The route.
    pub route: &'static JsonRoute,
    /// The values of the path parameters.
    pub parameters: Vec<&'a str>,
}

impl JsonRoute {
    /// Returns the names of the path parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.template.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Returns the parameters of `path` if it matches the template. Otherwise `None`.
    fn parameters_of<'a>(&self, path: &'a str) -> Option<Vec<&'a str>> {
        let mut segments = path.split('/');
        let mut values = Vec::new();
        for expected in self.template.split('/') {
            let segment = segments.next()?;
            match expected.starts_with('{') {
                true if !segment.is_empty() => values.push(segment),
                false if segment == expected => {}
                _ => return None,
            }
        }
        segments.next().is_none().then_some(values)
    }
}

impl<'a> Matched<'a> {
    /// Returns the route that matches the method and the path.
    ///
    /// # Errors
    /// A 404 [`Problem`] if no route has the path. A 405 [`Problem`] if none of the path's routes has the method.
    pub fn of(method: &Method, path: &'a str) -> Result<Self, Problem> {
        let mut allowed = Vec::new();
        for route in ROUTES {
            let Some(parameters) = route.parameters_of(path) else { continue };
            if method == route.method {
                return Ok(Self { route, parameters });
            }
            allowed.push(route.method);
        }
        if allowed.is_empty() {
            let expected = "a path of GET /openapi.json, which lists all";
            return Err(Problem::not_found("No endpoint has this path.", expected));
        }
        Err(Problem::method_not_allowed(allowed.join(", ")))
    }

    /// Returns the value of the path parameter at `index`. Empty if there is none.
    pub fn parameter(&self, index: usize) -> &'a str {
        self.parameters.get(index).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_found_by_its_own_path() {
        for route in ROUTES {
            let method = route.method.parse().unwrap();
            let matched = Matched::of(&method, route.template).unwrap();
            assert_eq!(matched.route.endpoint, route.endpoint, "{}", route.template);
        }
        let keys: BTreeSet<_> = ROUTES.iter().map(|route| (route.template, route.method)).collect();
        assert_eq!(keys.len(), ROUTES.len());
    }

    #[test]
    fn only_reading_routes_use_get() {
        for route in ROUTES {
            assert_eq!(route.need == Need::Reading, route.method == "GET", "{}", route.template);
        }
    }

    #[test]
    fn a_path_gives_its_parameters() {
        let matched = Matched::of(&Method::PUT, "/versions/7/tags/team").unwrap();
        assert_eq!((matched.parameter(0), matched.parameter(1), matched.parameter(2)), ("7", "team", ""));
    }

    #[test]
    fn a_wrong_method_is_answered_with_all_that_the_path_accepts() {
        let problem = Matched::of(&Method::POST, "/aliases/staging").unwrap_err();
        assert_eq!((problem.kind.status.as_u16(), problem.allow.as_deref()), (405, Some("PUT, DELETE")));
        for path in ["", "/", "/runs/", "/runs/a/b", "runs", "//runs"] {
            assert_eq!(Matched::of(&Method::GET, path).unwrap_err().kind.status, 404, "{path}");
        }
    }
}
