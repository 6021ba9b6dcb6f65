//! The handler: turns one request into one response.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use evergreen_lifecycle::ports::{Runs, Unavailable};
use evergreen_lifecycle::{ModelName, RunId, VersionNumber};
use jiff::SignedDuration;
use lambda_http::{Request, RequestExt};
use serde::Serialize;
use tokio::time::timeout;

use crate::champion::{ChampionCache, LOOK_LIMIT, Serving};
use crate::journal::{Call, causes};
use crate::ports::World;
use crate::problem::Problem;
use crate::response::JsonResponse;
use crate::route::{Endpoint, last_segment};
use crate::views::{HealthView, ModelView, RunsView, UnreadableRunView, WholeRunView};
use crate::{answer, body, rows};

/// Number of runs in a list if the request sets no limit.
const DEFAULT_RUNS: u32 = 20;
/// Maximum number of runs in a list.
const MAX_RUNS: u32 = 100;

/// The predict function. It reaches the outside world through the ports of `W`.
#[derive(Debug)]
pub struct App<W> {
    model: ModelName,
    world: Arc<W>,
    cache: Arc<ChampionCache<W>>,
}

/// The answer to a successful request, with the numbers that the journal records about it.
struct Reply {
    body: String,
    rows: usize,
    version: Option<VersionNumber>,
}

impl<W: World> App<W> {
    /// Creates the function for `model`. It refreshes the champion every `refresh`, or before each answer if `refresh`
    /// is zero.
    pub fn new(world: W, model: ModelName, refresh: SignedDuration) -> Self {
        let world = Arc::new(world);
        let cache = ChampionCache::new(Arc::clone(&world), model.clone(), refresh);
        Self { model, world, cache }
    }

    /// Loads the champion before the first request. A failure is not fatal: each request tries again.
    pub async fn warm_up(&self) {
        self.cache.warm_up().await;
    }

    /// Answers any request. A panic becomes a 500 response.
    pub async fn handle(&self, request: &Request) -> JsonResponse {
        let began = Instant::now();
        let request_id = request.lambda_context_ref().map_or("", |context| &context.request_id);
        let endpoint = Endpoint::of(request);
        let route = endpoint.as_ref().map_or("none", |endpoint| endpoint.template());
        let outcome = match endpoint {
            Ok(endpoint) => caught(self.answer(endpoint, request)).await.unwrap_or_else(|panic| Err(panicked(panic))),
            Err(problem) => Err(problem),
        };
        let mut call =
            Call { request_id, route, status: 200, problem: None, rows: 0, version: None, duration: began.elapsed() };
        let response = match outcome {
            Ok(reply) => {
                (call.rows, call.version) = (reply.rows, reply.version);
                JsonResponse::ok(reply.body)
            }
            Err(problem) => {
                (call.status, call.problem) = (problem.kind.status.as_u16(), Some(problem.kind.code));
                problem.into()
            }
        };
        let now = self.world.clock().now();
        self.cache.mark_active(now);
        self.world.journal().answered(&call, now);
        response
    }

    async fn answer(&self, endpoint: Endpoint, request: &Request) -> Result<Reply, Problem> {
        match endpoint {
            Endpoint::Predict => self.predict(request).await,
            Endpoint::Model => self.show_model().await,
            Endpoint::Runs => self.list_runs(request).await,
            Endpoint::Run => self.show_run(request).await,
            Endpoint::Health => self.health().await,
        }
    }

    async fn predict(&self, request: &Request) -> Result<Reply, Problem> {
        let text = body::json_text(request).map_err(Problem::of_body)?;
        let serving = self.serving().await?;
        let rows = rows::parse(text, serving.columns()).map_err(|fault| Problem::of_rows(fault, serving.columns()))?;
        let predictions = serving.model().predict(&rows.values).map_err(internal)?;
        let body = answer::to_json(&predictions, &rows, &serving, &self.model).map_err(internal)?;
        Ok(Reply { body, rows: rows.count, version: Some(serving.pointer().number) })
    }

    async fn show_model(&self) -> Result<Reply, Problem> {
        let serving = self.serving().await?;
        let pointer = serving.pointer();
        let reply = reply(&ModelView::new(&self.model, pointer, serving.model()))?;
        Ok(Reply { version: Some(pointer.number), ..reply })
    }

    async fn health(&self) -> Result<Reply, Problem> {
        let standing = self.cache.standing().await.ok_or_else(Problem::no_champion)?;
        reply(&HealthView::new(&self.model, &standing))
    }

    async fn list_runs(&self, request: &Request) -> Result<Reply, Problem> {
        let limit = limit(request.query_string_parameters_ref().and_then(|query| query.first("limit")))?;
        let runs = read(self.world.registry().recent_runs(limit)).await?;
        reply(&RunsView::new(&runs, self.world.clock().now()))
    }

    async fn show_run(&self, request: &Request) -> Result<Reply, Problem> {
        let id: RunId = last_segment(request).parse().map_err(|_| Problem::invalid_run_id())?;
        let run = read(self.world.registry().run(&id)).await?.ok_or_else(Problem::unknown_run)?;
        match run {
            Ok(run) => reply(&WholeRunView::new(&run, self.world.clock().now())),
            Err(record) => reply(&UnreadableRunView::new(&record)),
        }
    }

    async fn serving(&self) -> Result<Arc<Serving>, Problem> {
        self.cache.current().await.ok_or_else(Problem::no_champion)
    }
}

fn limit(given: Option<&str>) -> Result<u32, Problem> {
    let Some(given) = given else { return Ok(DEFAULT_RUNS) };
    given.parse().ok().filter(|limit| (1..=MAX_RUNS).contains(limit)).ok_or_else(|| Problem::invalid_limit(MAX_RUNS))
}

fn reply(view: &impl Serialize) -> Result<Reply, Problem> {
    let body = serde_json::to_string(view).map_err(internal)?;
    Ok(Reply { body, rows: 0, version: None })
}

/// Waits for a read of the registry, but not longer than a refresh may take. SDK retries alone can take longer than the
/// function's timeout. The platform would then kill the environment, and the champion in its memory would be lost.
async fn read<T>(reading: impl Future<Output = Result<T, Unavailable>>) -> Result<T, Problem> {
    let Ok(answer) = timeout(LOOK_LIMIT, reading).await else {
        tracing::error!(limit = LOOK_LIMIT.as_secs(), "the registry did not answer in time");
        return Err(Problem::unavailable());
    };
    answer.map_err(|error| {
        tracing::error!(cause = causes(&error), "the registry did not answer");
        Problem::unavailable()
    })
}

fn internal(error: impl std::error::Error + 'static) -> Problem {
    tracing::error!(cause = causes(&error), "a call failed");
    Problem::internal()
}

/// Does not log the panic's message: it may contain the caller's data, and the panic hook has already written it.
fn panicked(_: Box<dyn Any + Send>) -> Problem {
    tracing::error!("a call panicked");
    Problem::internal()
}

/// Runs `future` until it completes or panics. After a panic, only the cache is used again. The cache is never half
/// changed: functions that do not panic change it under its lock.
async fn caught<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}
