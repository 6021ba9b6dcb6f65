//! Answers predictions while a rollout runs: by the champion or the challenger, and compares both.
//!
//! No request fails because of the challenger. If it cannot answer a request that the champion can, the champion does.

use evergreen_http::Problem;
use evergreen_lifecycle::rollout::RolloutCounts;
use evergreen_scoring::Predictions;
use lambda_http::Request;

use super::{AnswerError, App, Reply};
use crate::answer::AnsweredBy;
use crate::asking::Ask;
use crate::challenger::RunningRollout;
use crate::champion::LoadedChampion;
use crate::ids::RivalAnswers;
use crate::loaded::LoadedVersion;
use crate::ports::PredictWorld;
use crate::problem;
use crate::shadow::{Pairing, ScoreError, Scored, guarded, score};

/// Name of the header with which a caller keeps a customer, say, at one version. Its value is never logged.
const KEY: &str = "x-evergreen-key";

/// Why the challenger does not answer a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoAnswer {
    /// It failed, or it cannot read the rows.
    Failed,
    /// It cannot give the explanations that the request asks for. That says nothing against its predictions.
    Unexplained,
}

impl From<ScoreError> for NoAnswer {
    fn from(_: ScoreError) -> Self {
        Self::Failed
    }
}

/// Both versions of a rollout, in memory.
#[derive(Clone, Copy)]
struct Pair<'a> {
    running: &'a RunningRollout,
    champion: &'a LoadedChampion,
    challenger: &'a LoadedVersion,
}

impl Pair<'_> {
    fn pairing(&self) -> &Pairing {
        self.running.pairing(self.champion.version(), self.challenger)
    }

    // An id names a label by its index, so both versions need the same labels.
    /// Returns the predictions of the version that does not answer, for the ids of the answer.
    fn rival<'a>(&self, version: &LoadedVersion, scored: Option<&'a (Predictions, u64)>) -> Option<RivalAnswers<'a>> {
        let (predictions, _) = scored.filter(|_| self.pairing().has_same_answers())?;
        Some(RivalAnswers { version: version.number(), predictions })
    }
}

impl<W: PredictWorld> App<W> {
    /// Answers a request for predictions while the rollout `running` runs.
    pub(super) fn predict_in_rollout(
        &self,
        request: &Request,
        ask: &Ask<'_>,
        champion: &LoadedChampion,
        running: &RunningRollout,
    ) -> Result<Reply, Problem> {
        let Some(challenger) = running.challenger() else { return self.predict_by(champion, ask) };
        let pair = Pair { running, champion, challenger };
        if !running.chooses(key(request, ask.rows.bytes())) {
            return self.by_champion(pair, ask, true);
        }
        self.by_challenger(pair, ask).or_else(|why| self.by_champion(pair, ask, why == NoAnswer::Unexplained))
    }

    /// Returns the challenger's answer. If it cannot answer, whether that is its fault shows when the champion reads the
    /// rows.
    fn by_challenger(&self, pair: Pair<'_>, ask: &Ask<'_>) -> Result<Reply, NoAnswer> {
        let own = score(pair.challenger, &ask.rows)?;
        let other = pair.pairing().score_too(pair.champion.version(), &own, &ask.rows).ok();
        let reply = guarded(|| {
            let by = AnsweredBy { version: pair.challenger, is_canary: true };
            let rival = pair.rival(pair.champion.version(), other.as_ref());
            Ok(self.predicted(&ask.form, by, &own.predictions, &own.rows, rival, self.world.clock().now()))
        });
        let reply = reply?.map_err(|error| match error {
            AnswerError::Explaining(..) => NoAnswer::Unexplained,
            AnswerError::Json(_) => NoAnswer::Failed,
        })?;
        self.count(pair, |counts| {
            counts.challenger.answered(own.rows.count as u64, own.nanos);
            if let Some((champion, nanos)) = &other {
                pair.pairing().compare(champion, &own.predictions, &mut counts.shadow);
                add_times(counts, own.rows.count, champion.len(), (*nanos, part_of(&own, champion.len())));
            }
        });
        Ok(reply)
    }

    /// Returns the champion's answer. `is_chosen` is false if it answers in place of the challenger.
    fn by_champion(&self, pair: Pair<'_>, ask: &Ask<'_>, is_chosen: bool) -> Result<Reply, Problem> {
        let champion = pair.champion;
        let own = score(champion.version(), &ask.rows).map_err(|error| match error {
            ScoreError::Rows(fault) => {
                self.served.refuse(champion, self.world.clock().now());
                problem::of_rows(fault, champion.columns())
            }
            ScoreError::Failed => {
                self.count(pair, |counts| counts.champion.failed(0));
                tracing::error!("the champion failed to score a request");
                Problem::internal()
            }
        })?;
        let other = is_chosen.then(|| pair.pairing().score_too(pair.challenger, &own, &ask.rows));
        let rival = pair.rival(pair.challenger, other.as_ref().and_then(|other| other.as_ref().ok()));
        let now = self.world.clock().now();
        let by = champion.version().into();
        let reply = self.predicted(&ask.form, by, &own.predictions, &own.rows, rival, now)?;
        self.served.count(champion, &own.rows.values, &own.predictions, now);
        let rows = own.rows.count;
        self.count(pair, |counts| match &other {
            None => counts.challenger.failed(rows as u64),
            Some(other) => {
                counts.champion.answered(rows as u64, own.nanos);
                match other {
                    Ok((challenger, nanos)) => {
                        pair.pairing().compare(&own.predictions, challenger, &mut counts.shadow);
                        add_times(counts, rows, challenger.len(), (part_of(&own, challenger.len()), *nanos));
                    }
                    Err(_) => counts.shadow.failed = counts.shadow.failed.saturating_add(rows as u64),
                }
            }
        });
        if !matches!(other, Some(Ok(_))) {
            pair.running.warn_of_failure();
        }
        Ok(reply)
    }

    fn count(&self, pair: Pair<'_>, count: impl FnOnce(&mut RolloutCounts)) {
        self.cache.challenger().tally().count(pair.running, count);
    }
}

/// Returns what decides which version answers: the caller's key, or the body of a request without one.
fn key<'a>(request: &'a Request, body: &'a [u8]) -> &'a [u8] {
    let key = request.headers().get(KEY).map_or(&[][..], |value| value.as_bytes());
    if key.is_empty() { body } else { key }
}

/// Returns the time in nanoseconds that the first `scored` rows of a request took, as their part of all rows.
fn part_of(all: &Scored, scored: usize) -> u64 {
    let part = u128::from(all.nanos) * scored as u128 / all.rows.count.max(1) as u128;
    u64::try_from(part).unwrap_or(u64::MAX)
}

/// Adds the times that both versions took for the first `scored` of `rows` rows, in nanoseconds: champion, challenger.
fn add_times(counts: &mut RolloutCounts, rows: usize, scored: usize, (champion, challenger): (u64, u64)) {
    let shadow = &mut counts.shadow;
    shadow.skipped = shadow.skipped.saturating_add(rows.saturating_sub(scored) as u64);
    shadow.champion_nanos = shadow.champion_nanos.saturating_add(champion);
    shadow.challenger_nanos = shadow.challenger_nanos.saturating_add(challenger);
}
