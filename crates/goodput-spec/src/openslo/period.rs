//! The time window of an SLO as a period: rolling, or a calendar month or quarter.

use goodput_model::{CalendarUnit, Period};

use super::fields::Fields;
use super::notes::{LeftOut, Notes};
use super::shape;
use super::shorthand::{self, Shorthand, Unit};
use crate::source::shortened;
use crate::{Diagnostic, Span};

/// What an SLO is judged over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged<'n> {
    pub(super) period: Period,
    pub(super) span: Span,
    /// Where calendar periods begin.
    pub(super) zone: Option<(&'n str, Span)>,
}

/// What a `timeWindow` says.
#[derive(Clone, Copy, Debug)]
pub(super) enum TimeWindow<'n> {
    /// There is none.
    Default,
    Judged(Judged<'n>),
    /// It says something wrong, or what no period is; both have been said.
    Unfit,
}

/// The time window of the SLO with this spec.
pub(super) fn read<'n>(notes: &mut Notes, spec: &Fields<'n, '_>) -> TimeWindow<'n> {
    if spec.get("timeWindow").is_none() {
        return TimeWindow::Default;
    }
    window(notes, spec).map_or(TimeWindow::Unfit, TimeWindow::Judged)
}

fn window<'n>(notes: &mut Notes, spec: &Fields<'n, '_>) -> Option<Judged<'n>> {
    let of = spec.of.as_str();
    let windows = notes.list(spec, "timeWindow")?;
    let [node] = windows else {
        notes.wrong(spec.key_span("timeWindow"), "bad-time-window", || {
            format!("{of} has {} time windows: expected exactly one", windows.len())
        });
        return None;
    };
    let fields = notes.fields(node, &shape::TIME_WINDOW, of)?;
    let rolling = notes.boolean(&fields, "isRolling");
    let calendar = fields.get("calendar").is_some();
    let wrong = match (rolling, calendar) {
        (Some((true, span)), true) => Some((span, "rolls and has a calendar: expected one of the two")),
        (Some((false, span)), false) => Some((span, "neither rolls nor has a calendar: expected one of the two")),
        (None, false) if fields.get("isRolling").is_none() => Some((
            fields.key_span("duration"),
            "does not say whether it rolls: expected `isRolling: true` or a calendar",
        )),
        _ => None,
    };
    if let Some((span, message)) = wrong {
        notes.wrong(span, "bad-time-window", || format!("the timeWindow of {of} {message}"));
        return None;
    }
    let (text, span) = notes.text(&fields, "duration")?;
    let Some(duration) = Shorthand::parse(text) else {
        notes.wrong(span, "bad-duration", || {
            format!("duration {:?} of {of}: expected {}", shortened(text, 40), shorthand::EXPECTED)
        });
        return None;
    };
    if calendar { aligned(notes, &fields, duration, span) } else { rolls(notes, &fields.of, text, duration, span) }
}

/// The last so many days.
fn rolls<'n>(notes: &mut Notes, of: &str, text: &str, duration: Shorthand, span: Span) -> Option<Judged<'n>> {
    let Some(window) = duration.window() else {
        notes.wrong(span, "bad-duration", || format!("duration {text:?} of {of} is too long: expected at most 400d"));
        return None;
    };
    if let Some(meant) = duration.in_months().filter(|_| window < goodput_model::Definition::SHORTEST_PERIOD) {
        notes.error(|| minutes(text, &meant, of, span));
        return None;
    }
    if !duration.unit.is_exact() {
        notes.warning(|| {
            let message = format!(
                "duration {text:?} of {of} rolls, and months, quarters and years differ in length: read as {window}"
            );
            Diagnostic::warning("inexact-duration", message).at(span, "").help(format!("write {window}"))
        });
    }
    Some(Judged { period: Period::Rolling(window), span, zone: None })
}

/// `1m` where a calendar month, or a period of some days, is meant.
fn minutes(text: &str, meant: &str, of: &str, span: Span) -> Diagnostic {
    let message = format!("duration {text:?} of {of} is in minutes: expected a day at least");
    Diagnostic::error("minutes-for-months", message)
        .at(span, "m means minutes")
        .help(format!("months are written with a capital M: did you mean {meant}?"))
}

/// From the first moment of a month or quarter.
fn aligned<'n>(notes: &mut Notes, fields: &Fields<'n, '_>, duration: Shorthand, span: Span) -> Option<Judged<'n>> {
    let of = fields.of.as_str();
    let calendar = notes.fields(fields.get("calendar")?, &shape::CALENDAR, of)?;
    let zone = notes.text(&calendar, "timeZone");
    let start = notes.text(&calendar, "startTime");
    if let Some(meant) = duration.in_months() {
        notes.error(|| minutes(&format!("{}m", duration.number), &meant, of, span));
        return None;
    }
    let unit = match (duration.number, duration.unit) {
        (1, Unit::Month) => CalendarUnit::Month,
        (1, Unit::Quarter) | (3, Unit::Month) => CalendarUnit::Quarter,
        _ => {
            let window = duration.window();
            notes.leave_out(|| LeftOut {
                code: "calendar-period",
                message: format!("the calendar periods of {of} are neither months nor quarters: expected 1M or 1Q"),
                span,
                help: match window {
                    Some(window) => format!("or let it roll: `duration: {window}`, `isRolling: true`"),
                    None => "or let it roll, over at most 400d".to_owned(),
                },
            });
            return None;
        }
    };
    let ((start, start_span), zone) = (start?, zone?);
    let Some(start) = Start::parse(start) else {
        notes.wrong(start_span, "bad-start-time", || {
            format!(
                "startTime {:?} of {of}: expected a date and a time such as 2026-01-01 00:00:00",
                shortened(start, 40)
            )
        });
        return None;
    };
    if !start.begins(unit) {
        let length = unit.label();
        notes.dropped(start_span, "startTime", of, &format!("every {length} begins at midnight of its first day"));
    }
    Some(Judged { period: Period::Calendar(unit), span, zone: Some(zone) })
}

/// When the first calendar period begins.
struct Start {
    month: u8,
    day: u8,
    midnight: bool,
}

impl Start {
    /// `2026-01-01 00:00:00`.
    fn parse(text: &str) -> Option<Self> {
        let shape = "0000-00-00 00:00:00";
        let fits = text.len() == shape.len()
            && text
                .bytes()
                .zip(shape.bytes())
                .all(|(byte, like)| if like == b'0' { byte.is_ascii_digit() } else { byte == like });
        let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u8>().ok();
        if !fits {
            return None;
        }
        let (month, day) = (part(5..7)?, part(8..10)?);
        let (hour, minute, second) = (part(11..13)?, part(14..16)?, part(17..19)?);
        let exists = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60;
        exists.then_some(Self { month, day, midnight: hour == 0 && minute == 0 && second == 0 })
    }

    /// Whether periods that begin so are the calendar's own.
    fn begins(&self, unit: CalendarUnit) -> bool {
        let month = unit == CalendarUnit::Month || self.month % 3 == 1;
        month && self.day == 1 && self.midnight
    }
}
