//! The surroundings of a function under measurement: fake DynamoDB and S3, and the environment variables that name
//! them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use crate::process::{Process, Program};
use crate::runtime::Runtime;
use crate::store::{RunningStore, listen};
use crate::subject::{self, BenchChampion};
use crate::tls;

/// The fake DynamoDB and S3 of one run of the bench.
pub struct TestBed {
    /// Fake DynamoDB, which holds the registry.
    pub registry: RunningStore,
    /// Fake S3, which holds the champion's artifact.
    pub bucket: RunningStore,
    bundle: PathBuf,
}

/// The settings of the function that differ between measurements.
#[derive(Debug, Clone, Copy)]
pub struct FunctionSettings {
    /// Time between two refreshes of the champion, in seconds.
    pub refresh_seconds: u32,
}

impl Default for FunctionSettings {
    /// Returns the settings that the SAM template has by default.
    fn default() -> Self {
        Self { refresh_seconds: 60 }
    }
}

impl TestBed {
    /// Starts a fake DynamoDB and S3 that contain the champion `subject`. They answer each request after the time
    /// `delay`. The certificate of their TLS server goes into `folder`.
    ///
    /// # Errors
    /// Fails if the certificate cannot be created or written, or if no loopback port is free.
    pub async fn around(subject: &BenchChampion, delay: Duration, folder: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let bundle = std::path::absolute(folder.join(format!("authority-{}.pem", std::process::id())))?;
        let tls = tls::acceptor(&bundle)?;
        let registry = listen(Arc::new(subject.registry()?), tls.clone(), delay).await?;
        let bucket = listen(Arc::new(subject.bucket()), tls, delay).await?;
        Ok(Self { registry, bucket, bundle })
    }

    /// Starts the function `program` with a fake Lambda Runtime API of its own.
    ///
    /// # Errors
    /// Fails if the program cannot be started or no loopback port is free.
    pub async fn start(&self, program: &Program, settings: FunctionSettings) -> anyhow::Result<(Process, Runtime)> {
        let runtime = Runtime::open().await?;
        let process = program.start(&self.variables(&runtime, settings))?;
        Ok((process, runtime))
    }

    /// Returns the function's environment variables: those of Lambda, those of the SAM template, and the addresses of
    /// the fake DynamoDB and S3. `SSL_CERT_FILE` is for binaries that trust the certificate authorities of the system.
    fn variables(&self, runtime: &Runtime, settings: FunctionSettings) -> Vec<(String, String)> {
        let bundle = self.bundle.display().to_string();
        let endpoint = |store: &RunningStore| format!("https://localhost:{}", store.port);
        let variables = [
            ("AWS_LAMBDA_RUNTIME_API", runtime.address.clone()),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench-predict".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench-predict".to_owned()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/24/[$LATEST]0".to_owned()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".to_owned()),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_DEFAULT_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
            ("AWS_SESSION_TOKEN", "bench".to_owned()),
            ("AWS_ENDPOINT_URL", endpoint(&self.registry)),
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoint(&self.registry)),
            ("AWS_ENDPOINT_URL_S3", endpoint(&self.bucket)),
            ("AWS_CA_BUNDLE", bundle.clone()),
            ("SSL_CERT_FILE", bundle),
            ("EVERGREEN_MODEL", subject::MODEL.to_owned()),
            ("EVERGREEN_BUCKET", subject::BUCKET.to_owned()),
            ("EVERGREEN_TABLE", subject::TABLE.to_owned()),
            ("EVERGREEN_REFRESH_SECONDS", settings.refresh_seconds.to_string()),
            ("HANDLER", "bootstrap".to_owned()),
            ("LAMBDA_TASK_ROOT", "/var/task".to_owned()),
            ("LANG", "en_US.UTF-8".to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned()),
            ("TZ", ":UTC".to_owned()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }
}

/// Removes the file with the certificate, which is of no use after the run.
impl Drop for TestBed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.bundle);
    }
}
