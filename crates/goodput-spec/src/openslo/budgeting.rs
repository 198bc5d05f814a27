//! What the error budget is a share of: the budgeting method, and the slices of an objective.

use goodput_model::Window;

use super::fields::{Fields, entry, map, text};
use super::notes::Notes;
use super::number;
use super::period::Judged;
use super::shorthand::{self, Shorthand};
use crate::source::shortened;
use crate::yaml::{Entry, Node};
use crate::{Diagnostic, Span};

/// OpenSLO's budgeting methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Occurrences,
    Timeslices,
    RatioTimeslices,
}

pub(super) const METHODS: [(&str, Method); 3] = [
    ("Occurrences", Method::Occurrences),
    ("Timeslices", Method::Timeslices),
    ("RatioTimeslices", Method::RatioTimeslices),
];

/// The slices of one objective.
#[derive(Clone, Debug)]
pub(super) struct Budgeted<'n> {
    method: Method,
    span: Span,
    slice: Option<(Window, Span)>,
    /// The share of a slice's events that has to be good, as written.
    target: Option<(&'n str, Span)>,
}

/// The method of an SLO, and where its name stands.
pub(super) fn method(notes: &mut Notes, spec: &Fields<'_, '_>) -> Option<(Method, Span)> {
    notes.word(spec, "budgetingMethod", &METHODS)
}

/// What an objective says of slices.
pub(super) fn read<'n>(
    notes: &mut Notes,
    (method, span): (Method, Span),
    objective: &Fields<'n, '_>,
    judged: Option<&Judged<'_>>,
) -> Option<Budgeted<'n>> {
    let of = objective.of.as_str();
    let takes = |name: &str| match method {
        Method::Occurrences => false,
        Method::Timeslices => true,
        Method::RatioTimeslices => name == "timeSliceWindow",
    };
    for name in ["timeSliceWindow", "timeSliceTarget"] {
        let given = objective.get(name).is_some();
        if given && !takes(name) {
            let help = "the budgetingMethod of the SLO has no use for it";
            notes.dropped(objective.key_span(name), name, of, help);
        }
        if !given && takes(name) {
            let method = METHODS.into_iter().find(|(_, other)| *other == method).map_or("", |(name, _)| name);
            notes.wrong(objective.span, "missing-field", || {
                format!("an objective of {of} without {name:?}: expected one, since the budgetingMethod is {method}")
            });
        }
    }
    let target = if takes("timeSliceTarget") { Some(notes.text(objective, "timeSliceTarget")?) } else { None };
    let slice = if takes("timeSliceWindow") { Some(slice(notes, objective, judged)?) } else { None };
    Some(Budgeted { method, span, slice, target })
}

/// A number is in minutes.
fn slice(notes: &mut Notes, objective: &Fields<'_, '_>, judged: Option<&Judged<'_>>) -> Option<(Window, Span)> {
    let of = objective.of.as_str();
    let (written, span) = notes.text(objective, "timeSliceWindow")?;
    let number = written.bytes().all(|byte| byte.is_ascii_digit());
    let duration = Shorthand::parse(&if number { format!("{written}m") } else { written.to_owned() });
    let window = duration.filter(|duration| duration.unit.is_exact()).and_then(Shorthand::window);
    let Some(window) = window else {
        notes.error(|| {
            let message = format!(
                "timeSliceWindow {:?} of {of}: expected minutes, or a number and one of m (minutes), h, d",
                shortened(written, 40)
            );
            let diagnostic = Diagnostic::error("bad-duration", message).at(span, "");
            match duration {
                Some(long) => diagnostic.help(format!("months are no slices: did you mean {}m?", long.number)),
                None => diagnostic,
            }
        });
        return None;
    };
    if let Some(judged) = judged.filter(|judged| judged.period.window() < window) {
        notes.error(|| {
            let message = format!(
                "timeSliceWindow {written:?} of {of} is longer than the period of {}: expected less",
                judged.period
            );
            Diagnostic::error("slice-too-long", message).at(span, "").also(judged.span, "the period")
        });
        return None;
    }
    Some((window, span))
}

impl Budgeted<'_> {
    /// Where the method stands.
    pub(super) fn span(&self) -> Span {
        self.span
    }

    /// In the words of the native format; `None` if that is wrong, which has been said.
    pub(super) fn entry<'s>(&self, notes: &mut Notes, sli: Option<&Node<'_>>, of: &str) -> Option<Entry<'s>> {
        let Some((slice, slice_span)) = self.slice else {
            return Some(entry("budgeting", self.span, text(self.span, "occurrences")));
        };
        let slice = text(slice_span, slice.to_string());
        let Some((target, target_span)) = self.target else {
            let entries = vec![entry("ratio_timeslices", self.span, slice)];
            return Some(entry("budgeting", self.span, map(slice_span, entries)));
        };
        let mut entries = vec![entry("timeslices", self.span, slice)];
        match (judges_slices(sli), number::is_one(target), number::target(target)) {
            (true, true, _) => {}
            (false, false, Ok(percent)) => entries.push(entry("target", target_span, text(target_span, percent))),
            (judges_slices, ..) => {
                let expected = if judges_slices {
                    "1, since a slice is good or bad as a whole"
                } else {
                    "a number from 0.01 up to but not 1, such as 0.99"
                };
                let message = || format!("timeSliceTarget {:?} of {of}: expected {expected}", shortened(target, 40));
                notes.wrong(target_span, "bad-target", message);
                return None;
            }
        }
        Some(entry("budgeting", self.span, map(slice_span, entries)))
    }

    /// Whether the exact method, in the words of the native format, is what this is when rounded up to minutes.
    pub(super) fn rounds(&self, exact: &Node<'_>) -> bool {
        let length = |name: &str| exact.get(name).and_then(Node::as_text).map(str::parse::<Window>);
        let (method, length) = match (exact.as_text(), length("timeslices"), length("ratio_timeslices")) {
            (Some("occurrences"), ..) => (Method::Occurrences, None),
            (None, Some(Ok(length)), None) => (Method::Timeslices, Some(length)),
            (None, None, Some(Ok(length))) => (Method::RatioTimeslices, Some(length)),
            _ => return true, // whoever reads it will say what is wrong
        };
        let target = exact.get("target").and_then(Node::as_text);
        let same_target = match self.target {
            Some((own, _)) => {
                target.map_or_else(|| number::is_one(own), |target| number::target(own).as_deref() == Ok(target))
            }
            None => target.is_none(),
        };
        let rounded = length.and_then(|length| Shorthand::parse(&shorthand::of_window(length))?.window());
        method == self.method && rounded == self.slice.map(|(slice, _)| slice) && same_target
    }
}

/// Whether a slice is good or bad as a whole, rather than by the share of its events that were good.
fn judges_slices(sli: Option<&Node<'_>>) -> bool {
    ["freshness", "throughput", "saturation"].iter().any(|name| sli.is_some_and(|sli| sli.get(name).is_some()))
}
