//! The request handler of the predict function: turns one HTTP request into one HTTP response.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use evergreen_http::{JsonResponse, Problem, causes};
use evergreen_lifecycle::ports::{Runs, Unavailable};
use evergreen_lifecycle::{ModelName, RunId, VersionNumber};
use futures_util::FutureExt;
use jiff::SignedDuration;
use lambda_http::{Request, RequestExt};
use serde::Serialize;
use tokio::time::timeout;

use crate::champion::{ChampionCache, LoadedChampion, REFRESH_TIMEOUT};
use crate::journal::AnsweredRequest;
use crate::ports::PredictWorld;
use crate::problem;
use crate::route::{Endpoint, Route, last_segment};
use crate::views::{HealthView, ModelView, RunsView, UnreadableRunView, VersionView, WholeRunView};
use crate::{answer, body, rows};

/// Number of training runs and imports that `GET /runs` lists if the request has no `limit` parameter.
const DEFAULT_RUNS: u32 = 20;
/// Largest value of the `limit` parameter of `GET /runs`: the maximum number of runs in one response.
const MAX_RUNS: u32 = 100;

/// The predict function: answers HTTP requests. `W` supplies the connections to AWS services, the clock and the log.
#[derive(Debug)]
pub struct App<W> {
    model: ModelName,
    world: Arc<W>,
    cache: Arc<ChampionCache<W>>,
}

// The other fields are for the log.
/// A successful response: its JSON body, the number of predicted rows, and the model version that answered.
struct Reply {
    body: String,
    rows: usize,
    version: Option<VersionNumber>,
}

impl<W: PredictWorld> App<W> {
    /// Creates the predict function for the model named `model`. `refresh` is the time between two refreshes of the
    /// champion.
    pub fn new(world: W, model: ModelName, refresh: SignedDuration) -> Self {
        // If `refresh` is zero, every request waits for a refresh of the champion.
        let world = Arc::new(world);
        let cache = ChampionCache::new(Arc::clone(&world), model.clone(), refresh);
        Self { model, world, cache }
    }

    /// Loads the champion (the model version that answers predictions) before the first request. After a failure, the
    /// first request tries again.
    pub async fn warm_up(&self) {
        self.cache.warm_up().await;
    }

    /// Returns the HTTP response to any request. A panic becomes a 500 response.
    pub async fn handle(&self, request: &Request) -> JsonResponse {
        let began = Instant::now();
        let request_id = request.lambda_context_ref().map_or("", |context| &context.request_id);
        let route = Route::of(request);
        let template = route.as_ref().map_or("none", |route| route.template);
        let outcome = match route {
            // After a panic, later requests use only one thing that this request used: the champion cache. The cache is
            // never half changed: only functions that do not panic change it, under its lock.
            Ok(route) => AssertUnwindSafe(self.answer(route.endpoint, request))
                .catch_unwind()
                .await
                // The panic's message is not logged: it may contain the caller's data, and the panic hook has already
                // written it.
                .unwrap_or_else(|_panic| {
                    tracing::error!("a request panicked");
                    Err(Problem::internal())
                }),
            Err(problem) => Err(problem),
        };
        let mut entry = AnsweredRequest {
            request_id,
            route: template,
            status: 200,
            problem: None,
            rows: 0,
            version: None,
            duration: began.elapsed(),
        };
        let response = match outcome {
            Ok(reply) => {
                (entry.rows, entry.version) = (reply.rows, reply.version);
                JsonResponse::ok(reply.body)
            }
            Err(problem) => {
                (entry.status, entry.problem) = (problem.kind.status.as_u16(), Some(problem.kind.code));
                problem.into()
            }
        };
        let now = self.world.clock().now();
        self.cache.request_ended(now);
        self.world.journal().answered(&entry, now);
        response
    }

    async fn answer(&self, endpoint: Endpoint, request: &Request) -> Result<Reply, Problem> {
        match endpoint {
            Endpoint::Predict => self.predict(request).await,
            Endpoint::Model => self.show_model().await,
            Endpoint::Version => self.show_version().await,
            Endpoint::Runs => self.list_runs(request).await,
            Endpoint::Run => self.show_run(request).await,
            Endpoint::Health => self.health().await,
        }
    }

    async fn predict(&self, request: &Request) -> Result<Reply, Problem> {
        let text = body::json_text(request).map_err(problem::of_body)?;
        let champion = self.champion().await?;
        let columns = champion.columns();
        let rows = rows::parse(text, columns).map_err(|fault| problem::of_rows(fault, columns))?;
        let predictions = champion.model().predict(&rows.values).map_err(internal)?;
        let body = answer::to_json(&predictions, &rows, &champion, &self.model).map_err(internal)?;
        Ok(Reply { body, rows: rows.count, version: Some(champion.pointer().number) })
    }

    async fn show_model(&self) -> Result<Reply, Problem> {
        let champion = self.champion().await?;
        let pointer = champion.pointer();
        let reply = reply(&ModelView::new(&self.model, pointer, champion.model()))?;
        Ok(Reply { version: Some(pointer.number), ..reply })
    }

    async fn show_version(&self) -> Result<Reply, Problem> {
        let champion = self.champion().await?;
        let pointer = champion.pointer();
        let reply = reply(&VersionView::new(&self.model, pointer))?;
        Ok(Reply { version: Some(pointer.number), ..reply })
    }

    async fn health(&self) -> Result<Reply, Problem> {
        let confirmed = self.cache.confirmed().await.ok_or_else(problem::no_champion)?;
        reply(&HealthView::new(&self.model, &confirmed))
    }

    async fn list_runs(&self, request: &Request) -> Result<Reply, Problem> {
        let limit = limit(request.query_string_parameters_ref().and_then(|query| query.first("limit")))?;
        let runs = read(self.world.registry().recent_runs(limit)).await?;
        reply(&RunsView::new(&runs, self.world.clock().now()))
    }

    async fn show_run(&self, request: &Request) -> Result<Reply, Problem> {
        let id: RunId = last_segment(request).parse().map_err(|_| problem::invalid_run_id())?;
        let run = read(self.world.registry().run(&id)).await?.ok_or_else(problem::unknown_run)?;
        match run {
            Ok(run) => reply(&WholeRunView::new(&run, self.world.clock().now())),
            Err(record) => reply(&UnreadableRunView::new(&record)),
        }
    }

    async fn champion(&self) -> Result<Arc<LoadedChampion>, Problem> {
        self.cache.current().await.ok_or_else(problem::no_champion)
    }
}

fn limit(given: Option<&str>) -> Result<u32, Problem> {
    let Some(given) = given else { return Ok(DEFAULT_RUNS) };
    given.parse().ok().filter(|limit| (1..=MAX_RUNS).contains(limit)).ok_or_else(|| problem::invalid_limit(MAX_RUNS))
}

fn reply(view: &impl Serialize) -> Result<Reply, Problem> {
    let body = serde_json::to_string(view).map_err(internal)?;
    Ok(Reply { body, rows: 0, version: None })
}

/// Waits for a read of the registry (DynamoDB), at most 5 s. Returns a 503 problem if the read fails or takes longer.
async fn read<T>(reading: impl Future<Output = Result<T, Unavailable>>) -> Result<T, Problem> {
    // The SDK's retries alone can take longer than the function's timeout. Lambda would then end the environment, and
    // the model in its memory would be lost.
    let Ok(answer) = timeout(REFRESH_TIMEOUT, reading).await else {
        tracing::error!(limit = REFRESH_TIMEOUT.as_secs(), "the registry did not answer in time");
        return Err(Problem::unavailable());
    };
    answer.map_err(|error| {
        tracing::error!(cause = causes(&error), "the registry could not be read");
        Problem::unavailable()
    })
}

fn internal(error: impl std::error::Error + 'static) -> Problem {
    tracing::error!(cause = causes(&error), "a request failed");
    Problem::internal()
}
