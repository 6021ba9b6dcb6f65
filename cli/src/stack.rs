//! Where a stack is, and with which rights it can be called: from options, variables, or the outputs of CloudFormation.

use std::collections::HashMap;
use std::error::Error;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use tokio::sync::OnceCell;

use crate::api::{CallerProof, StackApi};
use crate::arguments::Options;
use crate::bucket::ModelBucket;
use crate::failure::Failure;
use crate::http::Http;
use crate::jobs::BatchService;
use crate::problem::CalledApi;
use crate::variables::Variables;

/// The name of the stack if no other is given.
const DEFAULT_STACK: &str = "evergreen";

/// The stack that a command works with.
#[derive(Debug)]
pub struct Stack {
    options: Options,
    variables: Variables,
    http: Http,
    config: SdkConfig,
    outputs: OnceCell<HashMap<String, String>>,
}

impl Stack {
    /// Reads options and variables. Nothing is requested from AWS before a command needs it.
    pub async fn locate(options: Options) -> Result<Self, Failure> {
        let variables = Variables::read(options.local)?;
        let http = Http::new();
        let config = configuration(&options, &variables, &http).await;
        Ok(Self { options, variables, http, config, outputs: OnceCell::new() })
    }

    /// Returns the console's API, below `/api`, where requests are signed.
    pub async fn console(&self) -> Result<StackApi, Failure> {
        let url = match self.given("EVERGREEN_CONSOLE_URL", self.options.url.as_deref()) {
            Some(url) => url,
            None => self.url_of("ConsoleApiId", "ConsoleUrl").await?,
        };
        let proof = self.signature().await?;
        let url = format!("{}/api", url.trim_end_matches('/'));
        Ok(StackApi { http: self.http.clone(), called: CalledApi::Console, url, proof, key: None })
    }

    /// Returns the prediction API. Requests carry the predict key, and a signature or the token of `EVERGREEN_TOKEN`.
    pub async fn prediction(&self) -> Result<StackApi, Failure> {
        let url = match self.given("EVERGREEN_API_URL", None) {
            Some(url) => url,
            None => self.url_of("ApiId", "ApiUrl").await?,
        };
        let key = match self.given("EVERGREEN_API_KEY", None) {
            Some(key) => Some(key),
            None => self.predict_key().await?,
        };
        let proof = match self.variables.get("EVERGREEN_TOKEN") {
            Some(token) => CallerProof::Token(token),
            None => self.signature().await?,
        };
        Ok(StackApi { http: self.http.clone(), called: CalledApi::Prediction, url, proof, key })
    }

    /// Returns the bucket with the files of the stack's model.
    pub async fn bucket(&self) -> Result<ModelBucket, Failure> {
        let name = match self.given("EVERGREEN_BUCKET", None) {
            Some(name) => name,
            None => self.output("BucketName").await?,
        };
        let model = match self.given("EVERGREEN_MODEL", None) {
            Some(model) => model,
            None => self.output("Model").await?,
        };
        let model = model.parse().map_err(|error| Failure::unexpected(format!("the stack's model: {error}")))?;
        // An emulator has the bucket's name in the path of the URL.
        let by_path = self.variables.get("AWS_ENDPOINT_URL").is_some();
        Ok(ModelBucket::new(&self.config, name, model, by_path))
    }

    /// Returns the stack's batch jobs.
    pub async fn batch(&self) -> Result<BatchService, Failure> {
        let bucket = self.bucket().await?;
        let machine = match self.given("EVERGREEN_BATCH_STATE_MACHINE", None) {
            Some(machine) => machine,
            None => self.output("BatchStateMachineArn").await?,
        };
        Ok(BatchService::new(&self.config, machine, bucket))
    }

    /// Returns an option's value, or else the variable's. A stack that `--stack` names goes before all variables.
    fn given(&self, variable: &str, option: Option<&str>) -> Option<String> {
        let of_variable = || self.variables.get(variable).filter(|_| self.options.stack.is_none());
        option.map(str::to_owned).or_else(of_variable)
    }

    /// Returns the name of the CloudFormation stack.
    pub fn name(&self) -> String {
        let given = self.options.stack.clone().or_else(|| self.variables.get("EVERGREEN_STACK"));
        given.unwrap_or_else(|| DEFAULT_STACK.to_owned())
    }

    /// Returns the URL of an API. An emulator serves all APIs at its own address.
    async fn url_of(&self, id: &str, url: &str) -> Result<String, Failure> {
        match self.variables.get("AWS_ENDPOINT_URL") {
            Some(endpoint) => {
                let id = self.output(id).await?;
                Ok(format!("{}/restapis/{id}/v1/_user_request_", endpoint.trim_end_matches('/')))
            }
            None => self.output(url).await,
        }
    }

    async fn output(&self, name: &str) -> Result<String, Failure> {
        let outputs = self.outputs.get_or_try_init(|| self.read_outputs()).await?;
        outputs.get(name).cloned().ok_or_else(|| {
            Failure::unexpected(format!(
                "the stack {} has no output {name}: an older release deployed it. Deploy this release, or give the URL with --url.",
                self.name()
            ))
        })
    }

    async fn read_outputs(&self) -> Result<HashMap<String, String>, Failure> {
        let name = self.name();
        let client = aws_sdk_cloudformation::Client::new(&self.config);
        let answer = client.describe_stacks().stack_name(&name).send().await.map_err(|error| {
            let choose = "--stack, --region and --profile choose another one, --local the local one";
            Failure::unreachable(format!("cannot find the stack {name} ({choose})"), reason(error))
        })?;
        let stacks = answer.stacks.unwrap_or_default().into_iter();
        let outputs = stacks.flat_map(|stack| stack.outputs.unwrap_or_default());
        Ok(outputs.filter_map(|output| Some((output.output_key?, output.output_value?))).collect())
    }

    /// Returns the predict key. `None` if this stack has none.
    async fn predict_key(&self) -> Result<Option<String>, Failure> {
        let Ok(id) = self.output("PredictKeyId").await else { return Ok(None) };
        let client = aws_sdk_apigateway::Client::new(&self.config);
        let answer = client.get_api_key().api_key(id).include_value(true).send().await;
        answer.map(|key| key.value).map_err(|error| {
            Failure::unreachable("cannot read the predict key (EVERGREEN_API_KEY can give it instead)", reason(error))
        })
    }

    async fn signature(&self) -> Result<CallerProof, Failure> {
        let region = self.config.region().ok_or_else(|| {
            Failure::unexpected("no Region is set: give one with --region, AWS_REGION or in the AWS profile")
        })?;
        let provider = self.config.credentials_provider().ok_or_else(|| Failure::unexpected(NO_CREDENTIALS))?;
        let credentials =
            provider.provide_credentials().await.map_err(|error| Failure::unreachable(NO_CREDENTIALS, error))?;
        Ok(CallerProof::Signature(Box::new(credentials), region.to_string()))
    }
}

const NO_CREDENTIALS: &str = "no AWS credentials: set them with `aws configure`, `aws sso login`, --profile, or for the local stack with --local";

/// Loads Region, profile and credentials from the places where the AWS CLI looks too.
async fn configuration(options: &Options, variables: &Variables, http: &Http) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.for_sdk());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = options.region.as_deref().or_else(|| variables.local("AWS_REGION")) {
        loader = loader.region(Region::new(region.to_owned()));
    }
    if let Some(endpoint) = variables.local("AWS_ENDPOINT_URL") {
        loader = loader.endpoint_url(endpoint);
    }
    if let (Some(id), Some(secret)) = (variables.local("AWS_ACCESS_KEY_ID"), variables.local("AWS_SECRET_ACCESS_KEY")) {
        loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "stack.env"));
    }
    loader.load().await
}

/// Returns what AWS says about an error, or the error of the connection if AWS did not answer.
pub fn reason<E>(error: SdkError<E>) -> Box<dyn Error + Send + Sync>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match error.message() {
        Some(message) => message.into(),
        None => error.into(),
    }
}
