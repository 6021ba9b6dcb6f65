//! The command `train`.

use serde_json::{Map, Value, json};

use super::status;
use crate::answer::Answer;
use crate::api::{StackApi, segment};
use crate::arguments::TrainOptions;
use crate::failure::Failure;
use crate::render::{at, scalar};
use crate::settings;
use crate::waiting::{Wait, WaitProgress};

/// Statuses of a run that has ended.
const ENDED: [&str; 4] = ["SUCCEEDED", "REJECTED", "FAILED", "LOST"];

/// Starts a training run, and waits for its end if that was asked.
pub async fn train(api: &StackApi, options: TrainOptions) -> Result<Answer, Failure> {
    let waiting = options.wait;
    let json = api.send("POST", "/trainings", Some(body(options))).await?;
    let id = scalar(at(&json, "run_id"));
    if !waiting.wait {
        let text = format!("The training run {id} is requested. `evergreen show {id}` shows it.");
        return Ok(Answer::new(json, text));
    }
    let wait = Wait::begin(&waiting, format!("run {id}"), format!("evergreen show {id}"));
    let run = wait.until(|| look(api, &id)).await?;
    Ok(ended(run))
}

/// Returns the body of the request. What the person left open, the run decides.
fn body(options: TrainOptions) -> Value {
    let mut body = Map::new();
    body.extend(options.seed.map(|seed| ("seed".to_owned(), json!(seed))));
    body.extend(options.family.map(|family| ("family".to_owned(), json!(family))));
    let hyperparameters = (!options.set.is_empty()).then(|| settings::object(options.set));
    body.extend(hyperparameters.map(|set| ("hyperparameters".to_owned(), set)));
    body.extend(options.note.map(|note| ("note".to_owned(), json!(note))));
    Value::Object(body)
}

/// Reads the run. It does not exist until the request was delivered.
async fn look(api: &StackApi, id: &str) -> Result<WaitProgress, Failure> {
    match api.get(&format!("/runs/{}", segment(id)), &[]).await {
        Ok(run) if ENDED.iter().any(|status| at(&run, "status") == status) => Ok(WaitProgress::Done(run)),
        Ok(run) => Ok(WaitProgress::of(at(&run, "progress"))),
        Err(failure) if failure.is_not_found() => Ok(WaitProgress::Waiting("requested".to_owned())),
        Err(failure) => Err(failure),
    }
}

fn ended(run: Value) -> Answer {
    let status = scalar(at(&run, "status"));
    let id = scalar(at(&run, "id"));
    let version = at(&run, "version");
    let facts = status::metrics(at(&run, "metrics"));
    let made = if version.is_null() { String::new() } else { format!(", version {}", scalar(version)) };
    let facts = if facts.is_empty() { String::new() } else { format!("\n{facts}") };
    let text = format!("Run {id}: {status}{made}{facts}\n{}", scalar(at(&run, "reason")));
    let failure = Failure::EndedBadly(format!("the run {id} ended as {status}"));
    let good = status == "SUCCEEDED";
    let answer = Answer::new(run, text);
    if good { answer } else { answer.but(failure) }
}
