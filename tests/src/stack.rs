//! The stack under test: where it is, and whose turn it is.

use aws_config::{BehaviorVersion, SdkConfig};
use tokio::sync::{Mutex, MutexGuard};

use crate::alarms::CloudWatch;
use crate::api::{Api, Door};
use crate::faults::Faults;
use crate::functions::Functions;
use crate::mail::Inbox;
use crate::registry::Registry;
use crate::storage::Bucket;

/// The model that the stack keeps.
pub const MODEL: &str = "iris";

/// Tests share one stack and would disturb each other: one at a time has it.
static TURN: Mutex<()> = Mutex::const_new(());

/// The deployed stack, held until it is dropped.
#[derive(Debug)]
pub struct Stack {
    /// Its name, which begins every name in it.
    pub name: String,
    /// The APIs, as a client with a key for each sees them.
    pub api: Api,
    /// The four functions.
    pub functions: Functions,
    /// Runs, versions and the champion, as they are stored.
    pub registry: Registry,
    /// Artifacts, manifests and the user's table.
    pub bucket: Bucket,
    /// Metrics and alarms.
    pub cloudwatch: CloudWatch,
    /// The mails that were sent.
    pub inbox: Inbox,
    /// What may go wrong between the functions and AWS.
    pub faults: Faults,
    /// For clients of services that one test alone needs.
    pub config: SdkConfig,
    _turn: MutexGuard<'static, ()>,
}

impl Stack {
    /// The stack, when every test that came before is done with it. What these tests have raised is forgotten.
    ///
    /// # Panics
    /// When a variable that says where the stack is, is missing.
    pub async fn take() -> Self {
        let turn = TURN.lock().await;
        let endpoint = variable("AWS_ENDPOINT_URL");
        let name = variable("EVERGREEN_STACK");
        let http = aws_smithy_http_client::Builder::new().build_http();
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
        let registry = Registry::new(&config, variable("EVERGREEN_TABLE"));
        registry.forget_alarms().await;
        Self {
            api: Api {
                predictions: Door::new(&variable("EVERGREEN_API_URL"), variable("EVERGREEN_API_KEY")),
                status: Door::new(&variable("EVERGREEN_STATUS_URL"), variable("EVERGREEN_READ_KEY")),
            },
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

/// The variable's value.
///
/// # Panics
/// When it is not set, with where it comes from.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: these tests need a deployed stack, which `make e2e` starts, or source the stack.env of one")
    })
}
