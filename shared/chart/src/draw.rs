//! Draws a picture: axes, the shaded incident, the threshold and the values.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::{ChartError, ChartPicture, ChartPoint, HEIGHT, MetricChart, WIDTH, alt, axis, encode, font};

/// Pixels of the file for each CSS pixel.
const SCALE: u32 = 2;

const INK: RGBColor = RGBColor(28, 33, 38);
const SOFT: RGBColor = RGBColor(91, 102, 112);
const GRID: RGBColor = RGBColor(227, 231, 234);
const LINE: RGBColor = RGBColor(21, 101, 192);
const BAD: RGBColor = RGBColor(198, 40, 40);
const SHADE: RGBColor = RGBColor(253, 231, 231);

/// Size of the text, in pixels of the file.
const TEXT: u32 = 24;

/// Space around the plot, in pixels of the file.
const ABOVE: u32 = 64;
const BELOW: u32 = 56;
const LEFT: u32 = 116;
const RIGHT: u32 = 36;

/// Maximum number of values of which each has a dot.
const MAX_DOTS: usize = 60;

type Plot<'a, 'b> = ChartContext<'a, BitMapBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Area<'b> = DrawingArea<BitMapBackend<'b>, plotters::coord::Shift>;

/// Draws a picture, and describes it in words.
///
/// # Errors
/// [`ChartError::NoValues`] if no value lies in the time of the picture, [`ChartError::NoTime`] if this time is empty. The
/// other errors do not depend on the content.
pub fn draw(chart: &MetricChart<'_>) -> Result<ChartPicture, ChartError> {
    if chart.until <= chart.from {
        return Err(ChartError::NoTime);
    }
    let is_shown = |point: &&ChartPoint| point.value.is_finite() && (chart.from..=chart.until).contains(&point.at);
    let points: Vec<ChartPoint> = chart.points.iter().filter(is_shown).copied().collect();
    let alt = alt::describe(chart, &points).ok_or(ChartError::NoValues)?;
    font::register()?;
    let (width, height) = (WIDTH * SCALE, HEIGHT * SCALE);
    let mut pixels = vec![255; (width * height * 3) as usize];
    paint(chart, &points, &mut pixels, (width, height))?;
    Ok(ChartPicture { png: encode::encode(&pixels, width, height)?, alt })
}

fn paint(
    chart: &MetricChart<'_>,
    points: &[ChartPoint],
    pixels: &mut [u8],
    size: (u32, u32),
) -> Result<(), ChartError> {
    let root = BitMapBackend::with_buffer(pixels, size).into_drawing_area();
    root.fill(&WHITE).map_err(failed)?;
    let (low, high) = axis::range(points.iter().map(|point| point.value), chart.threshold);
    let (from, until) = (axis::seconds(chart.from), axis::seconds(chart.until));
    let mut plot = ChartBuilder::on(&root)
        .margin_top(ABOVE)
        .margin_bottom(BELOW)
        .margin_left(LEFT)
        .margin_right(RIGHT)
        .build_cartesian_2d(from..until, low..high)
        .map_err(failed)?;
    shade(&mut plot, chart, (low, high))?;
    grid(&root, &mut plot, chart, (low, high))?;
    limit(&root, &mut plot, chart)?;
    series(&mut plot, points)?;
    heading(&root, chart)?;
    drop(plot);
    root.present().map_err(failed)
}

/// Shades the time of the incident, and draws a line at its begin: a new incident is too short to be seen.
fn shade(plot: &mut Plot<'_, '_>, chart: &MetricChart<'_>, (low, high): (f64, f64)) -> Result<(), ChartError> {
    let Some(incident) = chart.incident else { return Ok(()) };
    let [begin, end] = [incident.from.max(chart.from), incident.until.min(chart.until)].map(axis::seconds);
    let area = Rectangle::new([(begin, low), (end, high)], SHADE.filled());
    plot.draw_series([area]).map_err(failed)?;
    stroke(plot, [(begin, low), (begin, high)], BAD.stroke_width(3))
}

/// Draws the lines of the grid, and names their values and times.
fn grid(
    root: &Area<'_>,
    plot: &mut Plot<'_, '_>,
    chart: &MetricChart<'_>,
    (low, high): (f64, f64),
) -> Result<(), ChartError> {
    let (from, until) = (axis::seconds(chart.from), axis::seconds(chart.until));
    for tick in axis::values(low, high, chart.write) {
        stroke(plot, [(from, tick.place), (until, tick.place)], GRID.stroke_width(2))?;
        let (x, y) = plot.backend_coord(&(from, tick.place));
        write(root, &tick.label, (x - 12, y), style(&SOFT, Pos::new(HPos::Right, VPos::Center)))?;
    }
    for tick in axis::times(chart) {
        stroke(plot, [(tick.place, low), (tick.place, high)], GRID.stroke_width(1))?;
        let (x, y) = plot.backend_coord(&(tick.place, low));
        write(root, &tick.label, (x, y + 12), style(&SOFT, Pos::new(HPos::Center, VPos::Top)))?;
    }
    Ok(())
}

/// Draws the threshold as a dashed line with its name.
fn limit(root: &Area<'_>, plot: &mut Plot<'_, '_>, chart: &MetricChart<'_>) -> Result<(), ChartError> {
    let Some(threshold) = chart.threshold.filter(|threshold| threshold.is_finite()) else { return Ok(()) };
    let ends = [chart.from, chart.until].map(|at| (axis::seconds(at), threshold));
    let dashes = DashedLineSeries::new(ends, 14, 8, BAD.stroke_width(3));
    plot.draw_series(dashes).map_err(failed)?;
    let (x, y) = plot.backend_coord(&(axis::seconds(chart.from), threshold));
    let name = format!("threshold {}", (chart.write)(threshold));
    // The name stands above the line unless the title is there.
    let is_high = y < ABOVE as i32 + 40;
    let (y, place) = if is_high { (y + 6, VPos::Top) } else { (y - 6, VPos::Bottom) };
    write(root, &name, (x + 10, y), style(&BAD, Pos::new(HPos::Left, place)))
}

/// Draws the values as a line, and each as a dot if there are few.
fn series(plot: &mut Plot<'_, '_>, points: &[ChartPoint]) -> Result<(), ChartError> {
    let places = || points.iter().map(|point| (axis::seconds(point.at), point.value));
    plot.draw_series(LineSeries::new(places(), LINE.stroke_width(4))).map_err(failed)?;
    if points.len() <= MAX_DOTS {
        plot.draw_series(places().map(|place| Circle::new(place, 6, LINE.filled()))).map_err(failed)?;
    }
    Ok(())
}

/// Writes the title and the zone.
fn heading(root: &Area<'_>, chart: &MetricChart<'_>) -> Result<(), ChartError> {
    let bold = FontDesc::new(FontFamily::SansSerif, 28.0, FontStyle::Bold).color(&INK);
    write(root, chart.title, (28, 18), bold.pos(Pos::new(HPos::Left, VPos::Top)))?;
    let zone = chart.zone.iana_name().unwrap_or("UTC");
    let place = ((WIDTH * SCALE - RIGHT) as i32, 20);
    write(root, &format!("times in {zone}"), place, style(&SOFT, Pos::new(HPos::Right, VPos::Top)))
}

fn stroke(plot: &mut Plot<'_, '_>, ends: [(f64, f64); 2], style: ShapeStyle) -> Result<(), ChartError> {
    plot.draw_series([PathElement::new(ends, style)]).map_err(failed)?;
    Ok(())
}

fn style(color: &'static RGBColor, place: Pos) -> TextStyle<'static> {
    TextStyle::from((font::NAME, TEXT).into_font()).color(color).pos(place)
}

fn write(root: &Area<'_>, text: &str, place: (i32, i32), style: TextStyle<'_>) -> Result<(), ChartError> {
    root.draw(&Text::new(text.to_owned(), place, style)).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError::Drawing(error.to_string())
}
