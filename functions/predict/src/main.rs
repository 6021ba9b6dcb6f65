//! Starts the predict Lambda function: telemetry → configuration → AWS clients → loading the champion → requests → handing over the last
//! counts of served rows.

use std::convert::Infallible;
use std::sync::Arc;

use anyhow::Context;
use evergreen_aws::env::Environment;
use evergreen_aws::{ArtifactBucket, Registry, SystemClock, shutdown};
use evergreen_predict::journal::StdoutJournal;
use evergreen_predict::{App, PredictConfig, PredictPorts};
use lambda_http::{Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    evergreen_aws::telemetry::init();
    let environment = Environment::process();
    let config = PredictConfig::read(&environment).context("configuration")?;
    let sdk = evergreen_aws::connect(&environment).context("configuration")?;
    let ports = PredictPorts {
        registry: Arc::new(Registry::new(&sdk, &config.table, config.model.clone()).with_prediction_key()),
        artifacts: Arc::new(
            ArtifactBucket::new(&sdk, &config.bucket, config.model.clone()).sampling(config.sampled_rows),
        ),
        clock: Arc::new(SystemClock),
        journal: Arc::new(StdoutJournal::new(config.model.clone(), config.lambda_version)),
    };
    let app = &App::new(ports, config.model, config.refresh).readable_from(config.cors_origin);
    let (served, tally) = (app.served(), app.rollout_tally());
    let end = shutdown::at_end(&environment, move || async move {
        tokio::join!(served.end(), tally.hand_over());
    });
    // During Lambda's init phase the CPU is fastest and no caller waits.
    tokio::join!(app.warm_up(), end);
    // lambda_http panics on a body that is not valid base64 and on a `Host` header that makes no valid URL. The Lambda
    // runtime catches the panic, fails that one invocation and continues. API Gateway sends neither.
    let handle = service_fn(async |request: Request| Ok::<_, Infallible>(app.handle(&request).await));
    lambda_http::run(handle).await.map_err(anyhow::Error::from_boxed)
}
