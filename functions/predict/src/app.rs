//! The request handler of the predict function: turns one HTTP request into one HTTP response.

mod in_rollout;
mod inference;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use evergreen_http::{JsonResponse, Problem};
use evergreen_lifecycle::text::causes;
use evergreen_lifecycle::{ModelName, VersionNumber};
use evergreen_rows::RequestRows;
use evergreen_scoring::Predictions;
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use lambda_http::http::{HeaderName, HeaderValue, StatusCode};
use lambda_http::{Request, RequestExt};
use serde::Serialize;

use crate::answer::{AnswerForm, AnswerParts, AnsweredBy};
use crate::asking::Ask;
use crate::challenger::ChallengerCache;
use crate::champion::{ChampionCache, LoadedChampion};
use crate::counting::ServedRows;
use crate::explaining::{ExplainFault, explanations};
use crate::ids::{PredictionIds, RivalAnswers};
use crate::journal::AnsweredRequest;
use crate::loaded::LoadedVersion;
use crate::other_versions::{OtherVersion, OtherVersionError, OtherVersions};
use crate::ports::PredictWorld;
use crate::protocol::Protocol;
use crate::requested::{RequestedVersion, VersionOrAlias};
use crate::rollout_counting::RolloutTally;
use crate::route::{Endpoint, Route};
use crate::views::{HealthView, ModelView, VersionView};
use crate::{body, problem};

/// The predict function: answers HTTP requests. `W` supplies the connections to AWS services, the clock and the log.
#[derive(Debug)]
pub struct App<W> {
    model: ModelName,
    world: Arc<W>,
    cache: Arc<ChampionCache<W>>,
    served: Arc<ServedRows<W>>,
    others: OtherVersions<W>,
    ids: Arc<PredictionIds<W>>,
    cors_origin: Option<HeaderValue>,
}

/// Error: why there is no answer.
#[derive(Debug)]
enum AnswerError {
    /// The version cannot give the explanations that the request asks for.
    Explaining(ExplainFault, VersionNumber),
    /// The answer cannot be written, which is a bug.
    Json(serde_json::Error),
}

impl From<serde_json::Error> for AnswerError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<AnswerError> for Problem {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Explaining(fault, version) => problem::of_explaining(fault, version),
            AnswerError::Json(error) => internal(error),
        }
    }
}

// The other fields are for the log, and for headers of other protocols.
/// A successful response: its body, the number of predicted rows, and the model version that answered.
struct Reply {
    media_type: &'static str,
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
        let served = Arc::new(ServedRows::new(Arc::clone(&world)));
        let tally = Arc::new(RolloutTally::new(Arc::clone(&world)));
        let challenger = ChallengerCache::new(Arc::clone(&world), model.clone(), tally);
        let cache = ChampionCache::new(Arc::clone(&world), model.clone(), refresh, Arc::clone(&served), challenger);
        let others = OtherVersions::new(Arc::clone(&world), model.clone(), refresh);
        let ids = PredictionIds::new(Arc::clone(&world));
        Self { model, world, cache, served, others, ids, cors_origin: None }
    }

    /// Lets pages of another origin read the answers. `origin` is that origin, or `*` for every one.
    pub fn readable_from(self, origin: Option<HeaderValue>) -> Self {
        Self { cors_origin: origin, ..self }
    }

    /// Returns the counts of served rows, whose last hand-over is due when the environment ends.
    pub fn served(&self) -> Arc<ServedRows<W>> {
        Arc::clone(&self.served)
    }

    /// Returns the counts of a rollout, whose last hand-over is due when the environment ends.
    pub fn rollout_tally(&self) -> Arc<RolloutTally<W>> {
        Arc::clone(self.cache.challenger().tally())
    }

    /// Loads the champion (the model version that answers predictions) and the key of prediction ids before the first
    /// request. After a failure, a request tries again.
    pub async fn warm_up(&self) {
        self.cache.warm_up().await;
        // Usually the key has come with the champion.
        self.ids.load().await;
    }

    /// Returns the HTTP response to any request. A panic becomes a 500 response.
    pub async fn handle(&self, request: &Request) -> JsonResponse {
        let began = Instant::now();
        let request_id = request.lambda_context_ref().map_or("", |context| &context.request_id);
        let route = Route::of(request);
        let template = route.as_ref().map_or("none", |route| route.template);
        let protocol = route.as_ref().map_or_else(|_| Protocol::of_path(request), |route| route.endpoint.protocol());
        let outcome = match route {
            // After a panic, later requests use only one thing that this request used: the champion cache. The cache is
            // never half changed: only functions that do not panic change it, under its lock.
            Ok(route) => AssertUnwindSafe(self.answer(route, request))
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
        let mut response = match outcome {
            Ok(reply) => {
                (entry.rows, entry.version) = (reply.rows, reply.version);
                reply.response(protocol)
            }
            Err(problem) => {
                (entry.status, entry.problem) = (problem.kind.status.as_u16(), Some(problem.kind.code));
                protocol.refuse(problem)
            }
        };
        if request.method() == "HEAD" {
            response.0.body_mut().clear();
        }
        if let Some(origin) = &self.cors_origin {
            response.0.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        let now = self.world.clock().now();
        self.cache.request_ended(now);
        self.world.journal().answered(&entry, now);
        response
    }

    async fn answer(&self, route: &Route, request: &Request) -> Result<Reply, Problem> {
        match route.endpoint {
            Endpoint::Predict | Endpoint::MlflowPredict => self.predict(route, request).await,
            Endpoint::Model => self.show_model(request).await,
            Endpoint::Version => self.show_version(request).await,
            Endpoint::Health => self.health().await,
            Endpoint::Ping => self.ping().await,
            Endpoint::SageMakerPredict => {
                self.check_model(route, request, "endpoint")?;
                self.predict(route, request).await
            }
            Endpoint::InferenceServer
            | Endpoint::InferenceLive
            | Endpoint::InferenceReady
            | Endpoint::InferenceModel
            | Endpoint::Infer => self.answer_inference(route, request).await,
        }
    }

    /// Answers a request for predictions, in any protocol.
    async fn predict(&self, route: &Route, request: &Request) -> Result<Reply, Problem> {
        let bytes = body::bytes(request).map_err(problem::of_body)?;
        let ask = Ask::of(route.endpoint.protocol(), request, &bytes)?;
        let answering = self.answering(request, route.part(request, "version")).await?;
        let Answering::Champion(champion) = &answering else {
            return self.predict_by_named(answering.version(), &ask);
        };
        match self.cache.challenger().beside(champion) {
            Some(running) => self.predict_in_rollout(request, &ask, champion, &running),
            None => self.predict_by(champion, &ask),
        }
    }

    fn predict_by(&self, champion: &LoadedChampion, ask: &Ask<'_>) -> Result<Reply, Problem> {
        let columns = champion.columns();
        let now = self.world.clock().now();
        let rows = ask.rows.read(columns).map_err(|fault| {
            self.served.refuse(champion, now);
            problem::of_rows(fault, columns)
        })?;
        let predictions = champion.model().predict_with_texts(&rows.values, &rows.texts).map_err(internal)?;
        let by = champion.version().into();
        let reply = self.predicted(&ask.form, by, &predictions, &rows, None, now)?;
        self.served.count(champion, &rows.values, &predictions, now);
        Ok(reply)
    }

    // Only rows for the champion are compared with its baseline. A request that names a version may be a trial, so its rows
    // are not counted.
    fn predict_by_named(&self, version: &LoadedVersion, ask: &Ask<'_>) -> Result<Reply, Problem> {
        let rows = ask.rows.read(version.columns()).map_err(|fault| problem::of_rows(fault, version.columns()))?;
        let predictions = version.model().predict_with_texts(&rows.values, &rows.texts).map_err(internal)?;
        let now = self.world.clock().now();
        Ok(self.predicted(&ask.form, version.into(), &predictions, &rows, None, now)?)
    }

    /// Returns the answer with predictions, an id for each of them, and the explanations that are asked for. `rival` is what
    /// another version predicts for the same rows.
    fn predicted(
        &self,
        form: &AnswerForm,
        by: AnsweredBy<'_>,
        predictions: &Predictions,
        rows: &RequestRows,
        rival: Option<RivalAnswers<'_>>,
        now: Timestamp,
    ) -> Result<Reply, AnswerError> {
        let version = by.version.number();
        let explanations = match form {
            AnswerForm::Evergreen { explains_all } => explanations(by.version, rows, *explains_all, predictions)
                .map_err(|fault| AnswerError::Explaining(fault, version))?,
            AnswerForm::Predictions { .. } | AnswerForm::Tensors { .. } => None,
        };
        let ids = self.ids.of(version, predictions, rival, now);
        let body = form.write(AnswerParts {
            predictions,
            ids: ids.as_deref(),
            explanations: explanations.as_ref(),
            rows,
            by,
            name: &self.model,
        })?;
        Ok(Reply { media_type: form.media_type(), body, rows: rows.count, version: Some(version) })
    }

    /// Checks that the part of the path called `part` is the name of the model.
    fn check_model(&self, route: &Route, request: &Request, part: &str) -> Result<(), Problem> {
        match route.part(request, part) {
            Some(name) if name != self.model.as_str() => Err(problem::unknown_model(part, &self.model)),
            _ => Ok(()),
        }
    }

    async fn show_model(&self, request: &Request) -> Result<Reply, Problem> {
        let answering = self.answering(request, None).await?;
        let reply = match &answering {
            Answering::Champion(champion) | Answering::NamedChampion(champion) => {
                reply(&ModelView::of_champion(&self.model, champion))
            }
            Answering::Other(version) => reply(&ModelView::of_version(&self.model, version)),
        };
        Ok(Reply { version: Some(answering.version().number()), ..reply? })
    }

    async fn show_version(&self, request: &Request) -> Result<Reply, Problem> {
        let answering = self.answering(request, None).await?;
        let number = answering.version().number();
        let reply = match &answering {
            Answering::Champion(champion) | Answering::NamedChampion(champion) => {
                reply(&VersionView::of_champion(&self.model, champion.pointer()))
            }
            Answering::Other(_) => reply(&VersionView::of_version(&self.model, number)),
        };
        Ok(Reply { version: Some(number), ..reply? })
    }

    async fn health(&self) -> Result<Reply, Problem> {
        let confirmed = self.cache.confirmed().await.ok_or_else(problem::no_champion)?;
        reply(&HealthView::new(&self.model, &confirmed))
    }

    /// Returns what MLflow's scoring server answers while it can predict: a line feed.
    async fn ping(&self) -> Result<Reply, Problem> {
        self.cache.confirmed().await.ok_or_else(problem::no_champion)?;
        Ok(Reply { media_type: "application/json", body: "\n".to_owned(), rows: 0, version: None })
    }

    /// Returns the version that answers the request: the champion, or the version that the request names. `in_path` is the
    /// number of a version in the path.
    async fn answering(&self, request: &Request, in_path: Option<&str>) -> Result<Answering, Problem> {
        let requested = RequestedVersion::of(request, in_path)?;
        // Every request keeps the champion up to date, even one that names another version.
        let champion = self.cache.current().await;
        let Some(RequestedVersion { by, place }) = requested else {
            return champion.map(Answering::Champion).ok_or_else(problem::no_champion);
        };
        self.named(&by, champion).await.map_err(|error| problem::of_version(&error, place))
    }

    async fn named(
        &self,
        by: &VersionOrAlias,
        champion: Option<Arc<LoadedChampion>>,
    ) -> Result<Answering, OtherVersionError> {
        let number = self.others.number(by).await?;
        match champion {
            Some(champion) if champion.pointer().number == number => Ok(Answering::NamedChampion(champion)),
            _ => self.others.get(number).await.map(Answering::Other),
        }
    }
}

/// The version that answers a request.
enum Answering {
    /// The champion, because the request names no version.
    Champion(Arc<LoadedChampion>),
    /// The champion, because the request names its version.
    NamedChampion(Arc<LoadedChampion>),
    /// The other version that the request names.
    Other(Arc<OtherVersion>),
}

impl Answering {
    fn version(&self) -> &LoadedVersion {
        match self {
            Self::Champion(champion) | Self::NamedChampion(champion) => champion.version(),
            Self::Other(version) => version.loaded(),
        }
    }
}

fn reply(view: &impl Serialize) -> Result<Reply, Problem> {
    let body = serde_json::to_string(view).map_err(internal)?;
    Ok(Reply { media_type: "application/json", body, rows: 0, version: None })
}

impl Reply {
    /// Returns the HTTP response. In protocols whose body does not name the version, headers do.
    fn response(self, protocol: Protocol) -> JsonResponse {
        let mut response = JsonResponse::new(StatusCode::OK, self.media_type, self.body);
        let Some(version) = self.version.filter(|_| protocol != Protocol::Evergreen) else { return response };
        let headers = response.0.headers_mut();
        headers.insert(HeaderName::from_static("x-evergreen-version"), version.get().into());
        if protocol == Protocol::SageMaker {
            let variant = HeaderValue::from_str(&format!("version-{version}"));
            headers
                .extend(variant.map(|variant| (HeaderName::from_static("x-amzn-invoked-production-variant"), variant)));
        }
        response
    }
}

fn internal(error: impl std::error::Error + 'static) -> Problem {
    tracing::error!(cause = causes(&error), "a request failed");
    Problem::internal()
}
