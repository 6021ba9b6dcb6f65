use evergreen_table::{DataFile, DatasetSettings, Table};

use super::*;
use crate::prepared::Prepared;

/// Returns a CSV file with three visits of each of 300 patients.
fn visits() -> String {
    // Each clinic has only two patients. Labels are random per patient, so a clinic does not predict the labels of its
    // other patient.
    let mixed = |bits: u64, times: u64| (bits ^ (bits >> 31)).wrapping_mul(times);
    let label = |patient: u64| (mixed(mixed(patient + 1, 0x9E37_79B9_7F4A_7C15), 0xBF58_476D_1CE4_E5B9) >> 40) % 2;
    let row = |visit: u64| {
        let patient = visit / 3;
        format!("p{patient},clinic {},{},{}\n", patient / 2, visit * 7919 % 1000, label(patient))
    };
    "patient,clinic,x,y\n".to_owned() + &(0..900).map(row).collect::<String>()
}

/// Returns whether target encoding is proposed for the column of clinics, with the settings `toml`.
fn has_statistics(toml: &str) -> bool {
    let file = DataFile { name: "visits.csv".into(), content: visits().into_bytes() };
    let table = Table::read(vec![file], DatasetSettings::parse(toml).unwrap(), "y", u64::MAX).unwrap();
    let prepared = Prepared::of(table).unwrap();
    let (table, training) = (prepared.table(), &prepared.split().training);
    let target = table.target().take(training);
    let rows = Learnable {
        frame: table.frame(),
        rows: training,
        target: &target,
        weights: None,
        order: None,
        groups: table.groups(),
    };
    with_statistics(&Draft::of(prepared.learnt()), rows).is_some()
}

#[test]
fn rows_of_one_group_do_not_leak_into_their_own_statistic() {
    assert!(has_statistics("drop = [\"patient\"]"), "a clinic reveals the other visits of its patients");
    assert!(!has_statistics("group = \"patient\""), "and nothing of other patients");
}

#[test]
fn equal_rows_do_not_leak_into_their_own_statistic() {
    assert!(!has_statistics("drop = [\"patient\", \"x\"]"), "all rows of a clinic are equal");
}
