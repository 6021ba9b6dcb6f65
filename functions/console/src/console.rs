//! What every operation of the console needs: the connections to other systems, and facts about the stack.

use evergreen_http::Problem;
use evergreen_lifecycle::ports::{Champions, Versions};
use evergreen_lifecycle::{Manifest, ModelName, Pointer, Version, VersionNumber};
use jiff::Timestamp;

use crate::config::StackFacts;
use crate::costs::KeptUsage;
use crate::feedback::FeedbackMemory;
use crate::ports::ConsoleWorld;
use crate::problem;
use crate::reply::read;

/// The connections to other systems, and facts about the stack.
#[derive(Debug)]
pub struct Console<W> {
    /// The connections to other systems.
    pub world: W,
    /// Facts about the stack.
    pub stack: StackFacts,
    /// The usage of the month that this environment read last.
    pub(crate) usage: KeptUsage,
    /// What feedback needs again and again.
    pub(crate) feedback: FeedbackMemory,
}

impl<W: ConsoleWorld> Console<W> {
    /// Creates the operations of the console over these connections.
    pub fn new(world: W, stack: StackFacts) -> Self {
        Self { world, stack, usage: KeptUsage::default(), feedback: FeedbackMemory::default() }
    }

    /// Returns the name of the model.
    pub fn model(&self) -> &ModelName {
        &self.stack.model
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        self.world.clock().now()
    }

    /// Returns the record of a version.
    ///
    /// # Errors
    /// A 404 [`Problem`] if there is no such version, 409 if a newer release wrote it, 503 if the registry does not
    /// answer.
    pub async fn version(&self, number: VersionNumber) -> Result<Version, Problem> {
        match read(self.world.registry().version(number)).await? {
            Some(Ok(version)) => Ok(version),
            Some(Err(record)) => Err(problem::unreadable(&record)),
            None => Err(problem::unknown(format_args!("version {number}"), "number")),
        }
    }

    /// Returns the record that names the champion. `None` without a champion.
    ///
    /// # Errors
    /// A 409 [`Problem`] if a newer release wrote the record, 503 if the registry does not answer.
    pub async fn pointer(&self) -> Result<Option<Pointer>, Problem> {
        let pointer = read(self.world.registry().champion()).await?;
        pointer.transpose().map_err(|record| problem::unreadable(&record))
    }

    /// Returns the manifest of a version.
    ///
    /// # Errors
    /// A 404 [`Problem`] if the manifest is missing, 503 if the bucket does not answer.
    pub async fn manifest(&self, version: &Version) -> Result<Manifest, Problem> {
        serde_json::from_slice(&self.object(&version.manifest_key).await?).map_err(problem::internal)
    }

    /// Returns the content of an object of a version.
    ///
    /// # Errors
    /// A 404 [`Problem`] if the object is missing, 503 if the bucket does not answer.
    pub async fn object(&self, key: &str) -> Result<Vec<u8>, Problem> {
        use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts};
        match self.world.artifacts().get(key).await {
            Ok(content) => Ok(content),
            Err(ArtifactReadError::NotFound(_)) => Err(problem::unknown("such object in the bucket", "number")),
            Err(ArtifactReadError::Unavailable(error)) => Err(problem::unavailable(error)),
        }
    }
}

/// Parses the number of a version in a path.
///
/// # Errors
/// A 400 [`Problem`] if the text is not a whole number from 1 up.
pub fn number(text: &str) -> Result<VersionNumber, Problem> {
    text.parse().ok().and_then(VersionNumber::new).ok_or_else(|| {
        let detail = "The number of the version in the path is not a whole number from 1 up.";
        Problem::invalid_parameter("number", detail, "a version number such as 7")
    })
}
