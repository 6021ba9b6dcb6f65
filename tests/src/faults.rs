//! Faults between the functions and AWS, each until the test is done with it.
//!
//! `make e2e` deploys the functions so that each reaches the emulator through a proxy in this process, at
//! `http://127.0.0.1:<port>/<function>`. The proxy passes everything on, unless a test has added a [`Fault`] that concerns
//! the call.

mod answers;
mod call;
mod fault;
mod proxy;
mod rules;

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

pub use call::Service;
pub use fault::Fault;
pub use proxy::start;
pub use rules::{Injected, Rules};

use crate::wait::until;

/// Where the proxy is to listen, as `127.0.0.1:<port>`.
const ADDRESS: &str = "EVERGREEN_FAULT_PROXY";

/// The proxy of this process. It must answer for as long as any test calls a function, with faults or without.
static PROXY: OnceLock<Option<Rules>> = OnceLock::new();

/// What a test may do to the functions' calls.
#[derive(Debug, Clone)]
pub struct Faults {
    rules: Option<Rules>,
}

impl Faults {
    /// The proxy in front of `upstream`, an emulator's URL. The first call starts it, if the functions go through one.
    pub(crate) fn before(upstream: &str) -> Self {
        let start = || {
            let address = std::env::var(ADDRESS).ok()?;
            let address: SocketAddr = address.parse().unwrap_or_else(|_| panic!("{ADDRESS} is no address: {address}"));
            Some(start(address, upstream).1)
        };
        Self { rules: PROXY.get_or_init(start).clone() }
    }

    /// Has the fault happen from now on, until what this returns is dropped.
    ///
    /// # Panics
    /// When the functions of the stack do not go through a proxy.
    #[must_use = "the fault ends when this is dropped"]
    pub fn add(&self, fault: Fault) -> Injected {
        let rules = self.rules.as_ref();
        rules.unwrap_or_else(|| panic!("{ADDRESS} is not set: faults need the stack that `make e2e` starts")).add(fault)
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
