//! The faults that the proxies inject now.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::call::Call;
use super::fault::{Effect, Fault};

/// An active fault of the test proxies, with the number of calls to AWS that have matched its conditions.
#[derive(Debug)]
struct Rule {
    fault: Fault,
    concerned: usize,
    times: Arc<AtomicUsize>,
}

/// The active faults of all test proxies, in the order in which tests added them.
#[derive(Debug, Clone, Default)]
pub struct Rules(Arc<Mutex<Vec<Rule>>>);

impl Rules {
    /// Makes the fault active for all test proxies, until the returned guard is dropped.
    #[must_use = "the fault ends when this is dropped"]
    pub fn add(&self, fault: Fault) -> ActiveFault {
        let times = Arc::new(AtomicUsize::new(0));
        self.lock().push(Rule { fault, concerned: 0, times: Arc::clone(&times) });
        ActiveFault { rules: self.clone(), times }
    }

    /// Returns what the proxy does with the Lambda function's `call`.
    pub(super) fn effect_on(&self, call: &Call) -> Effect {
        // The effect is that of the first active fault that affects the call. If there is none, the call passes
        // unchanged.
        for rule in self.lock().iter_mut().filter(|rule| rule.fault.concerns(call)) {
            rule.concerned += 1;
            if rule.fault.happens_to(rule.concerned) {
                rule.times.fetch_add(1, Ordering::Relaxed);
                return rule.fault.effect().clone();
            }
        }
        Effect::Pass
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Test guard: the injected fault stays active until the guard is dropped.
#[derive(Debug)]
pub struct ActiveFault {
    rules: Rules,
    times: Arc<AtomicUsize>,
}

impl ActiveFault {
    /// Returns how many calls to AWS the fault has affected so far.
    pub fn times(&self) -> usize {
        self.times.load(Ordering::Relaxed)
    }

    /// Ends the fault and returns how many calls to AWS it has affected.
    pub fn end(self) -> usize {
        self.times()
    }
}

impl Drop for ActiveFault {
    fn drop(&mut self) {
        self.rules.lock().retain(|rule| !Arc::ptr_eq(&rule.times, &self.times));
    }
}
