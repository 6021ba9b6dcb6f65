//! Keeps rows that come with feedback, if the stack's settings ask for it.
//!
//! Rows are stored before their ids are counted. If counting fails, the caller repeats the request, and the same file is
//! stored again. The row of an id that was counted before is not stored.

use std::collections::{BTreeMap, BTreeSet};

use evergreen_http::Problem;
use evergreen_lifecycle::feedback::{CellKind, KeptRow, KeptRows, KnownTruth, TrueValue};
use evergreen_lifecycle::ports::{FeedbackCounting, FeedbackRows};
use evergreen_lifecycle::{Signature, VersionNumber};
use serde::Serialize;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem;
use crate::reply::read;

const NOT_KEEPING: &str = "this stack keeps no rows (KeepFeedbackRows=false); the true values are counted";

const COUNTED_BEFORE: &str = "the ids were sent before; a row is kept only with the first feedback of its id";

/// The rows of a request that are ready to be kept, and how many rows the request has.
#[derive(Debug, Default)]
pub(super) struct SentRows {
    /// The number of rows in elements that are not refused.
    pub sent: usize,
    versions: BTreeMap<VersionNumber, KeptRows>,
}

/// What became of the rows of a request.
#[derive(Debug, Serialize)]
pub(super) struct RowsAnswer {
    /// Number of rows that are kept now.
    kept: usize,
    /// Number of rows that are not kept.
    not_kept: usize,
    /// Why rows are not kept. `None` if all are.
    why: Option<&'static str>,
}

impl SentRows {
    /// Adds a row about a prediction of `version`, which has this signature.
    pub(super) fn add(&mut self, version: VersionNumber, signature: &Signature, row: KeptRow) {
        let columns = || signature.columns().iter().map(|column| (column.name.clone(), CellKind::of(&column.kind)));
        let new = || KeptRows { version, columns: columns().collect(), rows: Vec::new() };
        self.versions.entry(version).or_insert_with(new).rows.push(row);
    }

    fn ids(&self) -> BTreeSet<String> {
        self.versions.values().flat_map(|rows| &rows.rows).map(|row| row.id_hash.clone()).collect()
    }

    /// Leaves out rows whose ids have these hashes, and all but the first row of each id.
    fn without(self, known: BTreeSet<String>) -> impl Iterator<Item = KeptRows> {
        let mut seen = known;
        let new = self.versions.into_values().map(move |mut kept| {
            kept.rows.retain(|row| seen.insert(row.id_hash.clone()));
            kept
        });
        new.filter(|kept| !kept.rows.is_empty())
    }
}

impl<W: ConsoleWorld> Console<W> {
    /// Returns whether rows that come with feedback are kept.
    pub(super) fn keeps_rows(&self) -> bool {
        self.world.artifacts().keeps_rows()
    }

    /// Stores the rows whose ids were not counted before. `None` if the request has no row.
    pub(super) async fn keep(&self, rows: SentRows) -> Result<Option<RowsAnswer>, Problem> {
        let sent = rows.sent;
        if sent == 0 {
            return Ok(None);
        }
        if !self.keeps_rows() {
            return Ok(Some(RowsAnswer { kept: 0, not_kept: sent, why: Some(NOT_KEEPING) }));
        }
        let known = read(self.world.registry().counted_ids(&rows.ids())).await?;
        let (now, mut kept) = (self.now(), 0);
        for rows in rows.without(known) {
            let content = evergreen_feedback::write(&rows).map_err(problem::internal)?;
            let key = rows.object_key(self.model(), now);
            self.world.artifacts().put_rows(&key, content).await.map_err(problem::unavailable)?;
            kept += rows.rows.len();
        }
        let why = (kept < sent).then_some(COUNTED_BEFORE);
        Ok(Some(RowsAnswer { kept, not_kept: sent - kept, why }))
    }
}

/// Returns what turned out true, without reference to the numbering of the labels. `None` if there is no such label.
pub(super) fn known_truth(truth: TrueValue, signature: &Signature) -> Option<KnownTruth> {
    match truth {
        TrueValue::Number(number) => Some(KnownTruth::Number(number)),
        TrueValue::Label(index) => signature.labels().get(usize::from(index)).map(KnownTruth::from),
    }
}
