//! Tests that the pages of a run and of the data set say which rows of feedback a version learned from.

use evergreen_lifecycle::session::Right;
use evergreen_lifecycle::{LearnedFeedback, LeftOutRows, VersionNumber};
use jiff::civil::date;

use crate::page;
use crate::sample::full;

#[tokio::test]
async fn a_run_and_its_data_set_say_how_many_rows_of_feedback_were_used() {
    let world = full();
    let learned = LearnedFeedback {
        rows: 312,
        first_day: date(2026, 11, 1),
        last_day: date(2026, 11, 24),
        sha256: "f".repeat(64),
        left_out: LeftOutRows { in_table: 17, ..LeftOutRows::default() },
    };
    {
        let mut state = world.registry.state();
        let version = state.versions.get_mut(&VersionNumber::new(16).unwrap()).unwrap();
        version.dataset.feedback = Some(learned.clone());
        let run = state.runs.values_mut().find(|run| run.id.to_string() == "manual-v16").unwrap();
        run.dataset.as_mut().unwrap().feedback = Some(learned);
    }
    let said = "312 rows of feedback that arrived from 2026-11-01 to 2026-11-24; left out: 17 that are in the table";
    for address in ["runs/manual-v16", "dataset"] {
        let text = page(&world, Right::See, address).await.text;
        assert!(text.contains(said), "{address}: {text}");
    }
}
