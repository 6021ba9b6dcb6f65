//! Counting rows, merging counts, and storing them.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use evergreen_lifecycle::drift::{
    BaselineCounts, Bins, CountShape, CountedCategory, CountedColumn, CountedHour, OtherShape, ServedCounts,
    UnreadableCounts, Window, WindowLength,
};
use proptest::prelude::*;

fn column(name: &str, slots: usize, bins: Bins) -> CountedColumn {
    CountedColumn { name: name.into(), slots, bins }
}

fn shape() -> CountShape {
    let plans = ["basic", "pro"].iter().enumerate();
    let plans = plans.map(|(code, name)| (CountedCategory { code: code as u32, name: (*name).into() }, 10));
    CountShape {
        columns: vec![
            column("age", 1, Bins::Numbers { edges: vec![30.0, 50.0] }),
            column("seen_at", 2, Bins::Presence),
            column("plan", 1, Bins::of_categories(plans, 2)),
        ],
        predictions: vec![column("prediction", 1, Bins::Numbers { edges: vec![0.5] })],
    }
}

fn counted(rows: &[([f32; 4], f64)]) -> ServedCounts {
    let shape = shape();
    let mut counts = ServedCounts::new(&shape);
    rows.iter().for_each(|(raw, prediction)| shape.count(&mut counts, raw, &[*prediction]));
    counts
}

fn cells(counts: &ServedCounts) -> Vec<Vec<u64>> {
    counts.columns().map(<[u64]>::to_vec).collect()
}

#[test]
fn each_row_counts_once_in_each_column_and_in_the_predictions() {
    let counts = counted(&[([30.0, 9000.0, 3.0, 1.0], 0.2), ([f32::NAN, f32::NAN, f32::NAN, 2.0], 0.7)]);
    assert_eq!(cells(&counts), [vec![1, 0, 0, 1], vec![1, 1], vec![0, 1, 0, 1, 0], vec![1, 1, 0]]);
    assert_eq!((counts.rows(), counts.refused(), counts.is_empty()), (2, 0, false));
}

#[test]
fn counts_of_another_version_are_neither_added_nor_read() {
    let mut other = shape();
    other.columns[0].bins = Bins::Numbers { edges: vec![30.0, 50.5] };
    let mut counts = counted(&[([40.0, 9000.0, 3.0, 1.0], 0.2)]);
    let before = counts.clone();
    assert_eq!(counts.add(&ServedCounts::new(&other)), Err(OtherShape));
    assert_eq!(counts, before);
    assert_eq!(ServedCounts::from_bytes(&counts.to_bytes(), &other), Err(UnreadableCounts::Shape));
}

#[test]
fn bytes_of_another_format_or_length_are_refused_with_the_reason() {
    let bytes = counted(&[]).to_bytes();
    let read = |bytes: &[u8]| ServedCounts::from_bytes(bytes, &shape()).map_err(|error| error.to_string());
    let mut later = bytes.clone();
    later[0] = 2;
    assert!(read(&later).unwrap_err().contains("format 2"));
    let longer = [bytes.as_slice(), &[0]].concat();
    for wrong in [&bytes[..bytes.len() - 1], &bytes[..5], &[], &longer] {
        assert!(read(wrong).unwrap_err().contains(&format!("{} bytes", wrong.len())), "{wrong:?}");
    }
    let endless = [&bytes[..9], &[0xff; 40]].concat();
    assert!(read(&endless).unwrap_err().contains("64 bits"));
}

#[test]
fn categories_and_predictions_are_compared_with_the_holdout_rows_only() {
    let row = ([40.0, 9000.0, 3.0, 1.0], 0.2);
    let baseline = BaselineCounts::new(shape(), &counted(&[row; 5]), &counted(&[row; 2])).unwrap();
    let rows: Vec<u64> = baseline.columns().map(|(_, counts)| counts.iter().sum()).collect();
    assert_eq!(rows, [7, 7, 2, 2]);
    let text = serde_json::to_string(&baseline).unwrap();
    assert_eq!(serde_json::from_str::<BaselineCounts>(&text).unwrap(), baseline, "{text}");
    let damaged = text.replace("[30.0,50.0]", "[50.0,30.0]");
    assert!(serde_json::from_str::<BaselineCounts>(&damaged).is_err(), "{damaged}");
}

#[test]
fn a_day_of_utc_ends_a_day_a_week_and_four_weeks() {
    let hour = CountedHour::of("2026-11-24T23:59:59Z".parse().unwrap());
    assert_eq!(hour.start().map(|start| start.to_string()), Some("2026-11-24T23:00:00Z".into()));
    let windows = Window::ending(hour);
    assert_eq!(windows.iter().map(|window| window.length).collect::<Vec<_>>(), WindowLength::ALL);
    for window in windows {
        let hours = window.hours();
        assert_eq!((hours.end, hours.end - hours.start), (hour.0 + 1, window.length.hours()));
    }
}

fn any_counts() -> impl Strategy<Value = ServedCounts> {
    let value = prop_oneof![Just(f32::NAN), -100.0_f32..100.0];
    let row = ([value.clone(), value.clone(), value.clone(), value], 0.0..1.0_f64);
    (prop::collection::vec(row, 0..300), any::<u64>()).prop_map(|(rows, refused)| {
        let mut counts = counted(&rows);
        counts.refuse(refused);
        counts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn counts_are_the_same_in_whatever_order_they_are_added(a in any_counts(), b in any_counts(), c in any_counts()) {
        let sum = |parts: [&ServedCounts; 3]| {
            let mut sum = ServedCounts::new(&shape());
            parts.iter().for_each(|part| sum.add(part).unwrap());
            sum
        };
        prop_assert_eq!(sum([&a, &b, &c]), sum([&c, &a, &b]));
        let mut later = b.clone();
        later.add(&c).unwrap();
        let mut first = a.clone();
        first.add(&later).unwrap();
        prop_assert_eq!(first, sum([&a, &b, &c]));
    }

    #[test]
    fn stored_counts_are_read_as_they_were(counts in any_counts()) {
        prop_assert_eq!(ServedCounts::from_bytes(&counts.to_bytes(), &shape()), Ok(counts));
    }

    #[test]
    fn any_bytes_are_safe_to_read(tail in prop::collection::vec(any::<u8>(), 0..64), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let head = ServedCounts::new(&shape()).to_bytes();
        for bytes in [&bytes, &[&head[..9], &tail].concat()] {
            if let Ok(counts) = ServedCounts::from_bytes(bytes, &shape()) {
                prop_assert_eq!(cells(&counts).len(), 4);
            }
        }
    }
}
