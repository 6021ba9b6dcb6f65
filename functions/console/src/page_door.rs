//! The pages' door: links, sessions, actions and assets.

use evergreen_http::Problem;
use lambda_http::Request;
use lambda_http::http::{Response, StatusCode};

use crate::console::Console;
use crate::ports::ConsoleWorld;

/// One request through the pages' door.
pub(crate) struct PageDoor<'a, W> {
    pub console: &'a Console<W>,
    pub request: &'a Request,
}

/// The response, and the template of its route for the log.
pub(crate) struct PageAnswer {
    pub route: &'static str,
    pub response: Response<String>,
}

impl<W: ConsoleWorld> PageDoor<'_, W> {
    pub(crate) async fn answer(&self, _path: &str) -> PageAnswer {
        let _ = (self.console, self.request, Problem::internal(), StatusCode::OK);
        PageAnswer { route: "none", response: Response::default() }
    }
}
