//! Injects faults into the calls of the functions to AWS, until the test removes the faults.
//!
//! `make e2e` deploys the functions so that each reaches the AWS emulator through its own proxy in this process. The
//! proxy forwards every call, unless a test has added a [`Fault`] that matches the call.

mod answers;
mod call;
mod fault;
mod proxy;
mod rules;

use std::sync::OnceLock;
use std::time::Duration;

pub use call::Service;
pub use fault::Fault;
pub use proxy::start;
pub use rules::{ActiveFault, Rules};

use crate::wait::until;

// The ports are on the loopback interface.
/// Environment variable with the ports of the fault proxies, as `<function>:<port>,<function>:<port>`.
const PORTS: &str = "EVERGREEN_FAULT_PROXIES";

// The proxies must run while any test calls a function, even without faults.
/// The active faults, which all fault proxies in this process share. `None` if the Lambda functions use no proxies.
static PROXIES: OnceLock<Option<Rules>> = OnceLock::new();

/// Test helper that injects faults into the Lambda functions' calls to AWS.
#[derive(Debug, Clone)]
pub struct Faults {
    rules: Option<Rules>,
}

impl Faults {
    /// Returns the fault injector for calls to the AWS emulator at the URL `upstream`.
    pub(crate) fn before(upstream: &str) -> Self {
        // The first call starts the fault proxies, if the Lambda functions use proxies.
        let start_all = || {
            let (ports, rules) = (std::env::var(PORTS).ok()?, Rules::default());
            for proxy in ports.split(',') {
                let (function, port) = proxy.split_once(':').unwrap_or_else(|| panic!("{PORTS} is {ports}"));
                let port = port.parse().unwrap_or_else(|_| panic!("{PORTS} is {ports}"));
                start(function, port, upstream, &rules);
            }
            Some(rules)
        };
        Self { rules: PROXIES.get_or_init(start_all).clone() }
    }

    /// Injects the fault into the Lambda functions' calls to AWS, until the returned guard is dropped.
    ///
    /// # Panics
    /// When the functions of the stack do not use proxies.
    #[must_use = "the fault ends when this is dropped"]
    pub fn add(&self, fault: Fault) -> ActiveFault {
        let rules = self.rules.as_ref();
        rules.unwrap_or_else(|| panic!("{PORTS} is not set: faults need the stack that `make e2e` starts")).add(fault)
    }
}

impl ActiveFault {
    /// Waits until the injected fault has affected at least `times` calls to AWS.
    ///
    /// # Panics
    /// When fewer calls were affected within `limit`.
    pub async fn until_happened(&self, times: usize, limit: Duration) {
        until(&format!("the fault to happen {times} times"), limit, async || (self.times() >= times).then_some(()))
            .await;
    }
}
