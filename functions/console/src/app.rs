//! The request handler of the console function: turns one HTTP request into one HTTP response.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use evergreen_http::{JsonResponse, Problem};
use evergreen_lifecycle::{Actor, ActorKind};
use futures_util::FutureExt;
use lambda_http::http::header::{CACHE_CONTROL, IF_MATCH};
use lambda_http::http::{HeaderValue, Response};
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use serde_json::{Value, json};

use crate::body;
use crate::config::StackFacts;
use crate::console::{Console, number};
use crate::door::{self, Door};
use crate::page_door::PageDoor;
use crate::ports::ConsoleWorld;
use crate::query::QueryParameters;
use crate::reply::Reply;
use crate::route::{Matched, Need, Operation};
use crate::steering::{By, KEY_HEADER, SentRequest, request_key};
use crate::{openapi, problem, sessions};

/// The console function: answers HTTP requests. `W` supplies the connections to other systems.
#[derive(Debug)]
pub struct ConsoleApp<W> {
    console: Console<W>,
}

/// Who asks for a JSON route.
enum Caller {
    /// Somebody with the right to read.
    Reader,
    /// Somebody with the right to predict.
    Predictor,
    /// Who signed the request, with every right.
    Signer(Actor),
}

/// The answer to a request, and the template of its route for the log.
struct Answered {
    route: &'static str,
    response: Response<String>,
    problem: Option<&'static str>,
}

impl<W: ConsoleWorld> ConsoleApp<W> {
    /// Creates the console function.
    pub fn new(world: W, stack: StackFacts) -> Self {
        Self { console: Console::new(world, stack) }
    }

    /// Returns the HTTP response to any request. A panic becomes a 500 response.
    pub async fn handle(&self, request: &Request) -> Response<String> {
        let began = Instant::now();
        // No state is shared between requests, so a panic leaves nothing half done in memory.
        let answered = AssertUnwindSafe(self.answer(request)).catch_unwind().await;
        // The panic's message is not logged again: it may contain the caller's data.
        let answered = answered.unwrap_or_else(|_panic| {
            tracing::error!("a request panicked");
            refused("none", Problem::internal())
        });
        let (status, milliseconds) = (answered.response.status().as_u16(), began.elapsed().as_secs_f64() * 1000.0);
        // The path is not logged: the path of a link contains its token.
        tracing::info!(route = answered.route, status, problem = answered.problem, milliseconds, "answered");
        answered.response
    }

    /// Answers a direct invocation of the function that asks for a link. `None` for any other event.
    pub async fn handle_direct(&self, event: &Value) -> Option<Value> {
        let order = sessions::direct_order(event)?;
        // IAM decides who may invoke the function. Lambda does not say who it was.
        let actor = Actor::new(ActorKind::Iam, "lambda invoke");
        let made = match order {
            Ok(order) => {
                self.console.make_link(&By { actor, key: None, seen: None, mail_link: None }, order, None).await
            }
            Err(problem) => Err(problem),
        };
        tracing::info!(is_made = made.is_ok(), "a link was asked for by a direct invocation");
        Some(match made {
            Ok(reply) => serde_json::from_str(&reply.body).unwrap_or_default(),
            Err(problem) => json!({"error": problem}),
        })
    }

    async fn answer(&self, request: &Request) -> Answered {
        let (door, path) = door::of(request, self.console.stack.is_emulated);
        match door {
            Door::Page => {
                let page = PageDoor { console: &self.console, request }.answer(&path).await;
                Answered { route: page.route, response: page.response, problem: None }
            }
            Door::Nobody => refused("none", problem::nobody()),
            Door::Read => self.api(request, &path, Caller::Reader).await,
            Door::Feedback => self.api(request, &path, Caller::Predictor).await,
            Door::Signed(actor) => self.api(request, &path, Caller::Signer(actor)).await,
        }
    }

    /// Answers a request to a JSON route.
    async fn api(&self, request: &Request, path: &str, caller: Caller) -> Answered {
        let matched = match Matched::of(request.method(), path) {
            Ok(matched) => matched,
            Err(problem) => return refused("none", problem),
        };
        let template = matched.route.template;
        match self.endpoint(request, path, &matched, caller).await {
            Ok(Reply { status, body }) => {
                let JsonResponse(mut response) = JsonResponse::new(status, "application/json", body);
                response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                Answered { route: template, response, problem: None }
            }
            Err(problem) => refused(template, problem),
        }
    }

    async fn endpoint(
        &self,
        request: &Request,
        path: &str,
        matched: &Matched<'_>,
        caller: Caller,
    ) -> Result<Reply, Problem> {
        let query = QueryParameters::of(request, matched.route)?;
        match (matched.route.need, caller) {
            (Need::Reading, Caller::Reader) => self.read(matched, &query, false).await,
            (Need::Reading, Caller::Signer(_)) => self.read(matched, &query, true).await,
            (Need::Steering, Caller::Signer(actor)) => self.steer(request, matched, &by(request, path, actor)?).await,
            (Need::Predicting, Caller::Predictor | Caller::Signer(_)) => self.console.take_feedback(request).await,
            (Need::Steering | Need::Predicting, Caller::Reader) => Err(problem::only_reads()),
            (Need::Steering | Need::Reading, Caller::Predictor) => Err(problem::only_predicts()),
        }
    }

    async fn read(&self, matched: &Matched<'_>, query: &QueryParameters, is_signed: bool) -> Result<Reply, Problem> {
        let console = &self.console;
        let first = matched.parameter(0);
        match matched.route.endpoint {
            Operation::Runs => console.list_runs(query).await,
            Operation::Run => console.show_run(first).await,
            Operation::Versions => console.list_versions(query).await,
            Operation::Version => console.show_version(number(first)?).await,
            Operation::Manifest => console.show_manifest(number(first)?).await,
            Operation::Artifact => console.link_artifact(number(first)?).await,
            Operation::Verifications => console.list_verifications(number(first)?).await,
            Operation::Champion => console.show_champion().await,
            Operation::Champions => console.list_champions(query).await,
            Operation::Aliases => console.list_aliases().await,
            Operation::Compare => console.compare(query).await,
            Operation::Schedule => console.show_schedule().await,
            Operation::Audit => console.list_audit(query).await,
            Operation::Alarms => console.list_alarms().await,
            Operation::Drift => console.show_drift().await,
            Operation::Live => console.show_live().await,
            Operation::Rollout => console.show_rollout().await,
            Operation::Cost => console.show_cost().await,
            Operation::OpenApi => Reply::ok(&openapi::document(console, is_signed).await),
            _ => Err(Problem::internal()),
        }
    }

    async fn steer(&self, request: &Request, matched: &Matched<'_>, by: &By) -> Result<Reply, Problem> {
        let console = &self.console;
        let (first, second) = (matched.parameter(0), matched.parameter(1));
        match matched.route.endpoint {
            Operation::Train => console.train(by, body::json_or_empty(request)?).await,
            Operation::Promote => console.promote(by, body::json(request)?).await,
            Operation::RollBack => console.roll_back(by, body::json(request)?).await,
            Operation::StartRollout => console.start_rollout(by, body::json(request)?).await,
            Operation::AdvanceRollout => console.advance_rollout(by, body::json(request)?).await,
            Operation::StopRollout => console.stop_rollout(by, body::json(request)?).await,
            Operation::PromoteRollout => console.promote_rollout(by, body::json(request)?).await,
            Operation::SetAlias => console.set_alias(by, first, body::json(request)?).await,
            Operation::RemoveAlias => console.remove_alias(by, first).await,
            Operation::SetTag => console.set_tag(by, number(first)?, second, body::json(request)?).await,
            Operation::RemoveTag => console.remove_tag(by, number(first)?, second).await,
            Operation::WriteNote => console.write_note(by, number(first)?, body::json(request)?).await,
            Operation::DeleteVersion => console.delete_version(by, number(first)?, body::json(request)?).await,
            Operation::Verify => console.verify(by, number(first)?).await,
            Operation::Rebuild => console.rebuild(by, body::json(request)?).await,
            Operation::ImportHistory => console.import_history(by, body::json(request)?).await,
            Operation::Retain => console.retain(by, body::json(request)?).await,
            Operation::Pause => console.pause(by, body::json(request)?).await,
            Operation::Resume => console.resume(by, body::json_or_empty(request)?).await,
            Operation::Mute => console.mute(by, first, body::json(request)?).await,
            Operation::Unmute => console.unmute(by, first).await,
            Operation::MakeLink => console.make_link(by, body::json(request)?, base(request).as_deref()).await,
            Operation::EndSessions => console.end_sessions(by).await,
            _ => Err(Problem::internal()),
        }
    }
}

fn refused(route: &'static str, problem: Problem) -> Answered {
    let code = problem.kind.code;
    let JsonResponse(response) = problem.into();
    Answered { route, response, problem: Some(code) }
}

/// Returns who makes a change, with the idempotency key and the seen revision in the headers.
fn by(request: &Request, path: &str, actor: Actor) -> Result<By, Problem> {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let sent = SentRequest { method: request.method().as_str(), path, body: request.body() };
    let key = header(KEY_HEADER).map(|given| request_key(given, sent, &actor)).transpose()?;
    let seen = header(IF_MATCH.as_str()).filter(|tag| *tag != "*").map(revision).transpose()?;
    Ok(By { actor, key, seen, mail_link: None })
}

fn revision(tag: &str) -> Result<u32, Problem> {
    tag.trim_matches('"').parse().map_err(|_| {
        let expected = "the revision that an answer had, such as \"3\"";
        Problem::invalid_parameter("if-match", "The header is not a revision.", expected)
    })
}

/// Returns the URL of the console, if API Gateway says it.
fn base(request: &Request) -> Option<String> {
    let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else { return None };
    let (domain, stage) = (context.domain_name.as_deref()?, context.stage.as_deref()?);
    // A domain of one's own may leave out the stage. Then the URL is not known here.
    domain.contains(".execute-api.").then(|| format!("https://{domain}/{stage}"))
}
