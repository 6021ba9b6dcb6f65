//! Tests of the pictures as files.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use evergreen_chart::{ChartError, ChartIncident, ChartPicture, ChartPoint, HEIGHT, MetricChart, WIDTH, draw};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn points() -> Vec<ChartPoint> {
    let value = |step: i64| if step < 60 { 0.4 + (step % 5) as f64 * 0.05 } else { 0.5 + (step - 60) as f64 * 0.12 };
    (0..72).map(|step| ChartPoint { at: at(5 * step), value: value(step) }).collect()
}

fn chart<'a>(points: &'a [ChartPoint], zone: &'a TimeZone) -> MetricChart<'a> {
    MetricChart {
        title: "DriftedColumns",
        points,
        from: at(0),
        until: at(360),
        threshold: Some(1.0),
        incident: Some(ChartIncident { from: at(325), until: at(360) }),
        zone,
        write: |value| format!("{}", (value * 100.0).round() / 100.0),
    }
}

fn drawn(points: &[ChartPoint]) -> ChartPicture {
    draw(&chart(points, &TimeZone::get("Europe/Berlin").unwrap())).unwrap()
}

/// Test helper: returns width, height and pixels of a PNG.
fn decoded(png: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb, "the background must be opaque");
    (info.width, info.height, pixels.chunks(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect())
}

#[test]
fn a_picture_is_small_and_shows_values_threshold_and_incident() {
    let picture = drawn(&points());
    if let Ok(file) = std::env::var("EVERGREEN_WRITE_PICTURE") {
        std::fs::write(file, &picture.png).unwrap();
    }
    assert!(picture.png.len() < 60_000, "{} bytes", picture.png.len());
    let (width, height, pixels) = decoded(&picture.png);
    assert_eq!((width, height), (2 * WIDTH, 2 * HEIGHT));
    let count = |color: [u8; 3]| pixels.iter().filter(|pixel| **pixel == color).count();
    assert!(count([255, 255, 255]) > pixels.len() / 2, "a white background");
    for (color, least) in
        [([21, 101, 192], 2000), ([198, 40, 40], 1000), ([253, 231, 231], 10_000), ([28, 33, 38], 200)]
    {
        assert!(count(color) > least, "{color:?}: {}", count(color));
    }
}

#[test]
fn the_same_values_make_the_same_bytes() {
    assert_eq!(drawn(&points()), drawn(&points()));
}

#[test]
fn the_picture_is_also_told_in_words() {
    assert_eq!(
        drawn(&points()).alt,
        "DriftedColumns in the last 6 hours: 1.82 at the end, lowest 0.4, highest 1.82; threshold 1; incident since Tue 24 \
         Nov, 06:25."
    );
}

#[test]
fn one_value_is_enough_and_none_is_an_error() {
    assert!(drawn(&points()[..1]).alt.starts_with("DriftedColumns in the last 6 hours: 0.4 at the end; threshold 1"));
    let zone = TimeZone::UTC;
    let odd = [ChartPoint { at: at(1), value: f64::NAN }, ChartPoint { at: at(900), value: 1.0 }];
    assert!(matches!(draw(&chart(&odd, &zone)), Err(ChartError::NoValues)));
    let backwards = points();
    assert!(matches!(draw(&MetricChart { until: at(0), ..chart(&backwards, &zone) }), Err(ChartError::NoTime)));
}

#[test]
fn extreme_values_are_drawn() {
    for value in [0.0, -1e300, 1e300, f64::MIN_POSITIVE, 1e-12] {
        let points = [ChartPoint { at: at(10), value: 0.0 }, ChartPoint { at: at(20), value }];
        let zone = TimeZone::UTC;
        assert!(draw(&chart(&points, &zone)).is_ok(), "{value}");
    }
}
