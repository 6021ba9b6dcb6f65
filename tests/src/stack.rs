//! The deployed stack that the tests use. Only one test uses it at a time.

use aws_config::{BehaviorVersion, SdkConfig};
use tokio::sync::{Mutex, MutexGuard};

use crate::alarms::CloudWatch;
use crate::api::{Api, ApiAccess};
use crate::console::ConsoleAccess;
use crate::faults::Faults;
use crate::functions::Functions;
use crate::mail::Inbox;
use crate::registry::Registry;
use crate::storage::Bucket;
use crate::webhook::WebhookInbox;

/// Name of the model that the stack under test trains.
pub const MODEL: &str = "iris";

// All tests share one stack and would disturb each other.
/// Lock that a test holds while it uses the deployed stack.
static TURN: Mutex<()> = Mutex::const_new(());

/// The deployed stack (Lambda functions, APIs, tables), reserved for one test until the test drops this value.
#[derive(Debug)]
pub struct Stack {
    /// Name of the deployed stack. The names of all its resources begin with this name.
    pub name: String,
    /// Clients of both HTTP APIs, each with its API key.
    pub api: Api,
    /// Test client of the console, which signs its requests.
    pub console: ConsoleAccess,
    /// The deployed Lambda functions that tests call.
    pub functions: Functions,
    /// Test client of the registry table, which stores training runs, model versions and the champion.
    pub registry: Registry,
    /// Test client of the S3 bucket, which stores model files (artifacts), their manifests and training tables.
    pub bucket: Bucket,
    /// Test client of CloudWatch, for the stack's metrics and alarms.
    pub cloudwatch: CloudWatch,
    /// Test access to the mails that the deployed stack has sent.
    pub inbox: Inbox,
    /// Test helper that injects faults into the Lambda functions' calls to AWS.
    pub faults: Faults,
    /// AWS configuration, for AWS services for which this struct has no client.
    pub config: SdkConfig,
    _turn: MutexGuard<'static, ()>,
}

impl Stack {
    /// Waits until no other test uses the deployed stack, and reserves the stack for this test.
    ///
    /// # Panics
    /// When an environment variable with the location of the stack is missing.
    pub async fn take() -> Self {
        // The registry's records of earlier alarms are deleted.
        let turn = TURN.lock().await;
        let endpoint = variable("AWS_ENDPOINT_URL");
        let name = variable("EVERGREEN_STACK");
        let http = aws_smithy_http_client::Builder::new().build_http();
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
        let registry = Registry::new(&config, variable("EVERGREEN_TABLE"));
        registry.forget_alarms().await;
        registry.unmute_all().await;
        WebhookInbox::of_process();
        Self {
            api: Api {
                predictions: ApiAccess::new(&variable("EVERGREEN_API_URL"), variable("EVERGREEN_API_KEY")),
                status: ApiAccess::new(&variable("EVERGREEN_STATUS_URL"), variable("EVERGREEN_READ_KEY")),
            },
            console: ConsoleAccess::new(&config, &variable("EVERGREEN_CONSOLE_URL")),
            functions: Functions::new(&config),
            registry,
            bucket: Bucket::new(&config, variable("EVERGREEN_BUCKET")),
            cloudwatch: CloudWatch::new(&config, &name),
            faults: Faults::before(&endpoint),
            inbox: Inbox::new(endpoint),
            name,
            config,
            _turn: turn,
        }
    }
}

/// Returns the value of an environment variable.
///
/// # Panics
/// When the variable is not set. The message says which command sets it.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: these tests need a deployed stack, which `make e2e` starts, or source the stack.env of one")
    })
}
