//! The stack under test. Tests take turns with it.

use aws_config::{BehaviorVersion, SdkConfig};
use tokio::sync::{Mutex, MutexGuard};

use crate::alarms::CloudWatch;
use crate::api::{Api, Door};
use crate::faults::Faults;
use crate::functions::Functions;
use crate::mail::Inbox;
use crate::registry::Registry;
use crate::storage::Bucket;

/// The name of the stack's model.
pub const MODEL: &str = "iris";

/// Held by the test that uses the stack. Tests share one stack and would disturb each other.
static TURN: Mutex<()> = Mutex::const_new(());

/// The deployed stack, reserved for one test until this is dropped.
#[derive(Debug)]
pub struct Stack {
    /// The stack's name, which begins every name in it.
    pub name: String,
    /// Clients of both APIs, each with its key.
    pub api: Api,
    /// The four functions.
    pub functions: Functions,
    /// The stored runs, versions and champion.
    pub registry: Registry,
    /// The stored artifacts, manifests and tables.
    pub bucket: Bucket,
    /// The metrics and alarms.
    pub cloudwatch: CloudWatch,
    /// The mails that were sent.
    pub inbox: Inbox,
    /// Adds faults between the functions and AWS.
    pub faults: Faults,
    /// The configuration for clients of other services that a single test needs.
    pub config: SdkConfig,
    _turn: MutexGuard<'static, ()>,
}

impl Stack {
    /// Waits for its turn and returns the stack. Alarms of earlier tests are forgotten.
    ///
    /// # Panics
    /// When a variable that locates the stack is missing.
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

/// Returns an environment variable.
///
/// # Panics
/// When it is not set. The message says where it comes from.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: these tests need a deployed stack, which `make e2e` starts, or source the stack.env of one")
    })
}
