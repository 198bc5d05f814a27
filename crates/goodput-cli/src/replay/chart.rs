//! The picture of a replay: for each alert its two burns against what it asks for, and while it fired; and the budget.

use std::error::Error;
use std::ops::Range;

use goodput_core::{Row, Severity};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::human;
use super::samples::Sample;
use super::stage::Replayed;
use super::watch::Episode;
use crate::failure::Failure;

const WIDTH: u32 = 1_000;
const HEAD: u32 = 64;
const PANEL: u32 = 150;

const LONG: RGBColor = RGBColor(24, 78, 140);
const SHORT: RGBColor = RGBColor(120, 178, 226);
const LIMIT: RGBColor = RGBColor(176, 38, 38);
const BUDGET: RGBColor = RGBColor(32, 122, 72);
const FAINT: RGBColor = RGBColor(225, 228, 232);
const INK: RGBColor = RGBColor(40, 44, 52);

/// Burns below it are drawn at it: the axis is logarithmic.
const LEAST_BURN: f64 = 0.1;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

/// Draws it as SVG.
pub(super) fn draw(replayed: &Replayed) -> Result<String, Failure> {
    let rows = &replayed.rows;
    let panels = u32::try_from(rows.len()).unwrap_or(u32::MAX).saturating_add(1);
    let height = PANEL.saturating_mul(panels).saturating_add(HEAD + 16);
    let mut svg = String::new();
    paint(replayed, SVGBackend::with_string(&mut svg, (WIDTH, height)))
        .map_err(|error| Failure::input(format!("the chart cannot be drawn: {error}")))?;
    Ok(svg)
}

fn paint(replayed: &Replayed, backend: SVGBackend<'_>) -> Drawn {
    let rows = &replayed.rows;
    let samples = replayed.watch.samples.as_ref().map_or(&[][..], |samples| samples.list());
    let root = backend.into_drawing_area();
    root.fill(&WHITE)?;
    let (head, body) = root.split_vertically(HEAD);
    legend(&head, &human::title(&replayed.answer))?;
    let time = Time::of(replayed);
    let areas = body.split_evenly((rows.len() + 1, 1));
    for ((position, row), area) in rows.iter().enumerate().zip(&areas) {
        let episodes: Vec<_> = replayed.watch.episodes.iter().filter(|episode| episode.row() == Some(row)).collect();
        burns(area, &time, row, position, samples, &episodes)?;
    }
    if let Some(area) = areas.last() {
        budget(area, &time, samples)?;
    }
    root.present()?;
    Ok(())
}

/// The axis that all panels share, in a unit that people count such a time by.
struct Time {
    secs: f64,
    name: &'static str,
    end: f64,
}

impl Time {
    fn of(replayed: &Replayed) -> Self {
        let lasted = replayed.lasted.as_secs_f64().max(1.0);
        let (secs, name) = match lasted {
            _ if lasted <= 600.0 => (1.0, "s"),
            _ if lasted <= 3.0 * 3_600.0 => (60.0, "min"),
            _ if lasted <= 4.0 * 86_400.0 => (3_600.0, "h"),
            _ => (86_400.0, "d"),
        };
        Self { secs, name, end: lasted / secs }
    }

    fn at(&self, at: std::time::Duration) -> f64 {
        at.as_secs_f64() / self.secs
    }

    fn whole(&self) -> Range<f64> {
        0.0..self.end
    }
}

fn legend(area: &Area<'_>, title: &str) -> Drawn {
    let (large, small) = (font(17).color(&INK), font(13).color(&INK));
    area.draw(&Text::new(title.to_owned(), (14, 10), large))?;
    for (x, color, stroke, words) in [
        (14, LONG, 2, "burn over the long window"),
        (220, SHORT, 2, "over the short one"),
        (376, LIMIT, 1, "what both have to exceed"),
        (806, BUDGET, 2, "budget left"),
    ] {
        area.draw(&PathElement::new(vec![(x, 46), (x + 22, 46)], color.stroke_width(stroke)))?;
        area.draw(&Text::new(words, (x + 28, 39), small.clone()))?;
    }
    for (x, severity, words) in [(574, Severity::Page, "a page fires"), (692, Severity::Ticket, "a ticket fires")] {
        area.draw(&Rectangle::new([(x, 40), (x + 20, 52)], span_color(severity).filled()))?;
        area.draw(&Text::new(words, (x + 26, 39), small.clone()))?;
    }
    Ok(())
}

/// One alert row.
fn burns(area: &Area<'_>, time: &Time, row: &Row, position: usize, samples: &[Sample], episodes: &[&Episode]) -> Drawn {
    let burn = |sample: &Sample| sample.burns.get(position).copied().unwrap_or_default();
    let highest = samples.iter().map(burn).flat_map(|(long, short)| [long, short]).flatten();
    let highest = highest.fold(row.factor(), f64::max) * 1.6;
    let mut chart =
        builder(area, &row.to_string()).build_cartesian_2d(time.whole(), (LEAST_BURN..highest).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(FAINT)
        .label_style(font(12).color(&INK))
        .x_labels(10)
        .y_labels(4)
        .x_label_formatter(&|x| format!("{} {}", plain(*x), time.name))
        .y_label_formatter(&|y| format!("{}x", plain(*y)))
        .draw()?;
    chart.draw_series(episodes.iter().map(|episode| {
        let end = episode.resolved.map_or(time.end, |mark| time.at(mark.at));
        let corners = [(time.at(episode.fired.at), LEAST_BURN), (end, highest)];
        Rectangle::new(corners, span_color(row.severity()).filled())
    }))?;
    let limit = [(0.0, row.factor()), (time.end, row.factor())];
    chart.draw_series(DashedLineSeries::new(limit, 6, 4, LIMIT.stroke_width(1)))?;
    for (color, of) in [(SHORT, 1), (LONG, 0)] {
        let value = |sample: &Sample| if of == 0 { burn(sample).0 } else { burn(sample).1 };
        for line in lines(samples, |sample| Some((time.at(sample.at), value(sample)?.max(LEAST_BURN)))) {
            chart.draw_series(LineSeries::new(line, color.stroke_width(2)))?;
        }
    }
    Ok(())
}

fn budget(area: &Area<'_>, time: &Time, samples: &[Sample]) -> Drawn {
    let left = |sample: &Sample| sample.left.map(|left| left * 100.0);
    let lowest = samples.iter().filter_map(left).fold(0.0, f64::min);
    let mut chart = builder(area, "error budget left").build_cartesian_2d(time.whole(), lowest..105.0)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(FAINT)
        .label_style(font(12).color(&INK))
        .x_labels(10)
        .y_labels(4)
        .x_label_formatter(&|x| format!("{} {}", plain(*x), time.name))
        .y_label_formatter(&|y| format!("{} %", plain(*y)))
        .draw()?;
    for line in lines(samples, |sample| Some((time.at(sample.at), left(sample)?))) {
        let style = BUDGET.stroke_width(2);
        chart.draw_series(AreaSeries::new(line, 0.0, BUDGET.mix(0.12)).border_style(style))?;
    }
    if lowest < 0.0 {
        chart.draw_series(LineSeries::new([(0.0, 0.0), (time.end, 0.0)], LIMIT.stroke_width(1)))?;
    }
    Ok(())
}

fn builder<'a, 'b>(area: &'a Area<'b>, caption: &str) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut builder = ChartBuilder::on(area);
    builder
        .caption(caption, font(13).color(&INK))
        .margin_left(10)
        .margin_right(24)
        .x_label_area_size(22)
        .y_label_area_size(52);
    builder
}

/// What is drawn without a break: where there is no value, a line ends.
fn lines(samples: &[Sample], point: impl Fn(&Sample) -> Option<(f64, f64)>) -> Vec<Vec<(f64, f64)>> {
    let points: Vec<_> = samples.iter().map(point).collect();
    points.split(Option::is_none).map(|line| line.iter().flatten().copied().collect()).collect()
}

fn font(size: u32) -> FontDesc<'static> {
    ("sans-serif", size).into_font()
}

fn span_color(severity: Severity) -> RGBAColor {
    match severity {
        Severity::Page => RGBColor(214, 69, 65).mix(0.2),
        Severity::Ticket => RGBColor(240, 160, 40).mix(0.25),
        Severity::Log => RGBColor(120, 120, 120).mix(0.2),
    }
}

/// Up to two decimals.
fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_line_ends_where_there_is_no_value() {
        let sample = |secs, left| Sample { at: Duration::from_secs(secs), burns: Vec::new(), left };
        let samples = [sample(0, Some(1.0)), sample(1, None), sample(2, Some(0.5)), sample(3, Some(0.25))];
        let found = lines(&samples, |sample| Some((sample.at.as_secs_f64(), sample.left?)));
        assert_eq!(found, [vec![(0.0, 1.0)], vec![(2.0, 0.5), (3.0, 0.25)]]);
    }
}
