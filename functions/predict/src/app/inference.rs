//! Answers requests of the Open Inference Protocol.

use evergreen_http::Problem;
use lambda_http::Request;

use super::{App, Reply, reply};
use crate::ports::PredictWorld;
use crate::problem;
use crate::route::{Endpoint, Route};
use crate::views::{LiveView, ReadyView, ServerView, TensorsView};

impl<W: PredictWorld> App<W> {
    /// Answers a request to one of the protocol's endpoints.
    pub(super) async fn answer_inference(&self, route: &Route, request: &Request) -> Result<Reply, Problem> {
        self.check_model(route, request, "model")?;
        match route.endpoint {
            Endpoint::InferenceServer => reply(&ServerView::new()),
            Endpoint::InferenceLive => reply(&LiveView { live: true }),
            Endpoint::InferenceReady => self.ready(route, request).await,
            Endpoint::InferenceModel => self.tensors(route, request).await,
            _ => self.predict(route, request).await,
        }
    }

    async fn ready(&self, route: &Route, request: &Request) -> Result<Reply, Problem> {
        let Some(version) = route.part(request, "version") else {
            self.cache.confirmed().await.ok_or_else(problem::no_champion)?;
            let name = route.part(request, "model").map(|_| &self.model);
            return reply(&ReadyView { name, ready: true });
        };
        let answering = self.answering(request, Some(version)).await?;
        let reply = reply(&ReadyView { name: Some(&self.model), ready: true })?;
        Ok(Reply { version: Some(answering.version().number()), ..reply })
    }

    async fn tensors(&self, route: &Route, request: &Request) -> Result<Reply, Problem> {
        let answering = self.answering(request, route.part(request, "version")).await?;
        let version = answering.version();
        Ok(Reply { version: Some(version.number()), ..reply(&TensorsView::new(&self.model, version))? })
    }
}
