//! The figure `benches/cost.svg`: what a request costs with every peer, the cheapest on top.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, TextStyle};

use crate::peer::Group;
use crate::results::{Results, Row, Table};

const WIDTH: i32 = 900;
/// Above the first row: title, subtitle, legend, scale.
const HEAD: i32 = 104;
const ROW: i32 = 40;
const FOOT: i32 = 20;
/// Where bars begin, and where the longest may end: figures stand behind it.
const BARS: (i32, i32) = (330, 830);
const BAR: i32 = 13;

/// Cheaper than this cannot be told from nothing.
const LEAST_NANOS: f64 = 5.0;
const GRID: [f64; 8] = [10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0];

const BACKGROUND: RGBColor = RGBColor(255, 255, 255);
const EDGE: RGBColor = RGBColor(208, 215, 222);
const INK: RGBColor = RGBColor(31, 35, 40);
const FAINT_INK: RGBColor = RGBColor(89, 99, 110);
const GRID_LINE: RGBColor = RGBColor(225, 229, 234);
const HIGHLIGHT: RGBColor = RGBColor(236, 248, 240);
/// On one thread and on two.
const OURS: [RGBColor; 2] = [RGBColor(26, 127, 75), RGBColor(122, 199, 155)];
const THEIRS: [RGBColor; 2] = [RGBColor(87, 103, 130), RGBColor(172, 183, 202)];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws what `table --write` has kept.
pub fn draw(results: &Results) -> Result<()> {
    let table = results.table.as_ref().context("there are no results: run `table --write` first")?;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cost.svg");
    let svg = svg(table).map_err(|error| anyhow!("failed to draw: {error}"))?;
    std::fs::write(&path, svg).with_context(|| format!("failed to write {}", path.display()))
}

type Drawn<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn svg(table: &Table) -> Drawn<String> {
    let rows = cheapest_first(table);
    let height = row_top(rows.len()) + FOOT;
    let scale = Scale::up_to(rows.iter().flat_map(|row| row.over_bare.values()).map(|spread| spread.p50));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH.unsigned_abs(), height.unsigned_abs())).into_drawing_area();
        area.fill(&BACKGROUND)?;
        area.draw(&Rectangle::new([(0, 0), (WIDTH - 1, height - 1)], EDGE.stroke_width(1)))?;
        for (place, _) in rows.iter().enumerate().filter(|(_, row)| is_ours(row)) {
            let top = row_top(place);
            area.draw(&Rectangle::new([(8, top + 1), (WIDTH - 8, top + ROW - 1)], HIGHLIGHT.filled()))?;
        }
        head(&area, table)?;
        grid(&area, &scale, height)?;
        for (place, row) in rows.iter().enumerate() {
            bars(&area, &scale, row, row_top(place))?;
        }
        area.present()?;
    }
    Ok(svg)
}

/// Of the services without a router, those that do something.
fn cheapest_first(table: &Table) -> Vec<&Row> {
    let is_shown = |row: &&Row| row.group == Group::Service && !["bare", "nothing"].contains(&row.id.as_str());
    let mut rows: Vec<&Row> = table.rows.iter().filter(is_shown).collect();
    let cost = |row: &Row| row.over_bare.get(&1).map_or(0.0, |spread| spread.p50);
    rows.sort_by(|one, other| cost(one).total_cmp(&cost(other)));
    rows
}

/// Rows are few.
fn row_top(place: usize) -> i32 {
    HEAD + ROW * i32::try_from(place).unwrap_or(0)
}

fn is_ours(row: &Row) -> bool {
    row.id.starts_with("goodput")
}

fn head(area: &Area<'_>, table: &Table) -> Drawn<()> {
    let title = style(20, &INK, HPos::Left).into_bold();
    area.draw(&Text::new("Cost per request over a bare service", (20, 30), title.0))?;
    let machine = &table.machine;
    let subtitle =
        format!("nanoseconds, logarithmic scale; {}, {} cores, {}", machine.processor, machine.cores, machine.date);
    area.draw(&Text::new(subtitle, (20, 54), style(14, &FAINT_INK, HPos::Left).0))?;
    let [ours_on_one, ours_on_two] = OURS;
    let [theirs_on_one, theirs_on_two] = THEIRS;
    let legend = [(20, ours_on_one, theirs_on_one, "1 thread"), (120, ours_on_two, theirs_on_two, "2 threads at once")];
    for (left, ours, theirs, threads) in legend {
        area.draw(&Rectangle::new([(left, 73), (left + 12, 85)], ours.filled()))?;
        area.draw(&Rectangle::new([(left + 14, 73), (left + 26, 85)], theirs.filled()))?;
        area.draw(&Text::new(threads, (left + 32, 79), style(14, &INK, HPos::Left).0))?;
    }
    Ok(())
}

fn grid(area: &Area<'_>, scale: &Scale, height: i32) -> Drawn<()> {
    for nanos in GRID.into_iter().filter(|nanos| *nanos <= scale.most) {
        let at = scale.at(nanos);
        area.draw(&PathElement::new(vec![(at, HEAD), (at, height - FOOT)], GRID_LINE.stroke_width(1)))?;
        area.draw(&Text::new(thousands(nanos), (at, HEAD - 12), style(13, &FAINT_INK, HPos::Center).0))?;
    }
    Ok(())
}

fn bars(area: &Area<'_>, scale: &Scale, row: &Row, top: i32) -> Drawn<()> {
    let name = row.name.split_once(", metrics only").map_or(row.name.as_str(), |(name, _)| name);
    let label = style(15, &INK, HPos::Right);
    let label = if is_ours(row) { label.into_bold() } else { label };
    area.draw(&Text::new(name.to_owned(), (BARS.0 - 12, top + ROW / 2), label.0))?;
    let colours = if is_ours(row) { OURS } else { THEIRS };
    let tops = [top + ROW / 2 - BAR - 1, top + ROW / 2 + 1];
    for ((spread, colour), top) in row.over_bare.values().zip(colours).zip(tops) {
        let end = scale.at(spread.p50).max(BARS.0 + 1);
        area.draw(&Rectangle::new([(BARS.0, top), (end, top + BAR)], colour.filled()))?;
        let figure = style(13, &INK, HPos::Left);
        area.draw(&Text::new(thousands(spread.p50), (end + 5, top + BAR / 2 + 1), figure.0))?;
    }
    Ok(())
}

/// Nanoseconds to pixels.
struct Scale {
    most: f64,
}

impl Scale {
    fn up_to(nanos: impl Iterator<Item = f64>) -> Self {
        Self { most: nanos.fold(LEAST_NANOS * 10.0, f64::max) }
    }

    fn at(&self, nanos: f64) -> i32 {
        let share = (nanos.max(LEAST_NANOS) / LEAST_NANOS).ln() / (self.most / LEAST_NANOS).ln();
        BARS.0 + (share * f64::from(BARS.1 - BARS.0)) as i32
    }
}

/// A whole number, with a comma before its last three digits.
fn thousands(value: f64) -> String {
    let whole = value.round().max(0.0) as u64;
    if whole < 1_000 { whole.to_string() } else { format!("{},{:03}", whole / 1_000, whole % 1_000) }
}

struct Style(TextStyle<'static>);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "plotters borrows colours for as long as it has them")]
fn style(size: i32, colour: &'static RGBColor, horizontal: HPos) -> Style {
    let pos = Pos::new(horizontal, VPos::Center);
    Style(TextStyle::from(("sans-serif", size).into_font()).color(colour).pos(pos))
}

impl Style {
    fn into_bold(self) -> Self {
        Self(TextStyle { font: self.0.font.style(FontStyle::Bold), ..self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_with_what_they_show_and_end_where_they_may() {
        let scale = Scale::up_to([100.0, 2_000.0].into_iter());
        let ends: Vec<i32> = [0.0, 5.0, 20.0, 100.0, 2_000.0].map(|nanos| scale.at(nanos)).to_vec();
        assert_eq!((ends[0], ends[1], ends[4]), (BARS.0, BARS.0, BARS.1));
        assert!(ends.is_sorted());
    }

    #[test]
    fn large_figures_are_easy_to_read() {
        for (value, text) in [(0.4, "0"), (-3.0, "0"), (999.4, "999"), (1_526.0, "1,526"), (12_003.0, "12,003")] {
            assert_eq!(thousands(value), text);
        }
    }
}
