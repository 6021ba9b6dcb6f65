//! Faults between the functions and AWS, each until the test is done with it.
//!
//! `make e2e` deploys the functions so that each reaches the emulator through a proxy in this process, at a port of its own.
//! The proxy passes everything on, unless a test has added a [`Fault`] that concerns the call.

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
pub use rules::{Injected, Rules};

use crate::wait::until;

/// Where the proxies are to listen on the loopback interface, as `<function>:<port>,<function>:<port>`.
const PORTS: &str = "EVERGREEN_FAULT_PROXIES";

/// The proxies of this process. They must answer for as long as any test calls a function, with faults or without.
static PROXIES: OnceLock<Option<Rules>> = OnceLock::new();

/// What a test may do to the functions' calls.
#[derive(Debug, Clone)]
pub struct Faults {
    rules: Option<Rules>,
}

impl Faults {
    /// The proxies in front of `upstream`, an emulator's URL. The first call starts them, if the functions go through any.
    pub(crate) fn before(upstream: &str) -> Self {
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

    /// Has the fault happen from now on, until what this returns is dropped.
    ///
    /// # Panics
    /// When the functions of the stack do not go through a proxy.
    #[must_use = "the fault ends when this is dropped"]
    pub fn add(&self, fault: Fault) -> Injected {
        let rules = self.rules.as_ref();
        rules.unwrap_or_else(|| panic!("{PORTS} is not set: faults need the stack that `make e2e` starts")).add(fault)
    }
}

impl Injected {
    /// Waits until the fault has happened that often.
    ///
    /// # Panics
    /// When it does not within `limit`.
    pub async fn until_happened(&self, times: usize, limit: Duration) {
        until(&format!("the fault to happen {times} times"), limit, async || (self.times() >= times).then_some(()))
            .await;
    }
}
