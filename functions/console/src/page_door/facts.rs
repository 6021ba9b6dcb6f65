//! What pages show beside the registry and its neighbours: usage, cost and mails.

use crate::console::Console;
use crate::pages::PageFacts;
use crate::ports::ConsoleWorld;

/// Returns the facts that need no call to another service.
pub(super) fn few<W: ConsoleWorld>(console: &Console<W>) -> PageFacts {
    let stack = &console.stack;
    PageFacts {
        stack: stack.clone(),
        quality_threshold: stack.quality_threshold,
        usage: Err("the console does not read it yet".to_owned()),
        cost: Err("the console does not read it yet".to_owned()),
        mails: None,
    }
}
