//! Reads what the defaults may say for every SLO, and an SLO for itself.

use goodput_model::{AlertRow, Budgeting, MinBad, Objective, Period, Slo, UnseenTime, Window, WindowError};

use super::alerts;
use super::classification::Classification;
use super::fields::{At, Fields};
use super::reader::Reader;
use crate::keys;
use crate::{Diagnostic, Span};

/// What both may say. What is not said is `None`.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    sla: Option<Objective>,
    period: Option<Period>,
    budgeting: Option<Budgeting>,
    classification: Classification,
    alerts: Option<Vec<AlertRow>>,
    min_bad: Option<MinBad>,
    unseen: Option<UnseenTime>,
    /// Runbook, dashboard, traces.
    links: [Option<String>; 3],
}

impl Common {
    /// What the defaults say. `{slo}` in their links stands for each SLO's name.
    pub(super) fn of_defaults(reader: &mut Reader, at: &At<'_, '_>) -> Self {
        let fields = reader.fields(at.node, &at.path, &keys::DEFAULTS);
        fields.map(|fields| Self::read(reader, &fields)).unwrap_or_default()
    }

    /// What the fields of an SLO, or of the defaults, say.
    pub(super) fn read(reader: &mut Reader, fields: &Fields<'_, '_>) -> Self {
        Self {
            sla: fields.get("sla").and_then(|at| reader.value(&at, str::parse)),
            period: fields.get("period").and_then(|at| period(reader, &at)),
            budgeting: fields.get("budgeting").and_then(|at| budgeting(reader, &at)),
            classification: fields
                .get("classification")
                .map(|at| Classification::read(reader, &at))
                .unwrap_or_default(),
            alerts: fields.get("alerts").and_then(|at| alerts::read(reader, &at)),
            min_bad: fields.get("min_bad").and_then(|at| min_bad(reader, &at)),
            unseen: fields.get("unseen").and_then(|at| reader.word(&at, &UnseenTime::ALL, UnseenTime::label)),
            links: fields.get("links").map(|at| links(reader, &at)).unwrap_or_default(),
        }
    }

    /// What an SLO of this name has that says `self`: the rest is as the defaults say.
    pub(super) fn over(self, defaults: &Self, slo: &str) -> Self {
        let [own, others] = [self.links, defaults.links.clone()];
        let mut links = own;
        for (link, other) in links.iter_mut().zip(others) {
            if link.is_none() {
                *link = other.map(|link| link.replace("{slo}", slo));
            }
        }
        Self {
            sla: self.sla.or(defaults.sla),
            period: self.period.or(defaults.period),
            budgeting: self.budgeting.or(defaults.budgeting),
            classification: self.classification.over(&defaults.classification),
            alerts: self.alerts.or_else(|| defaults.alerts.clone()),
            min_bad: self.min_bad.or(defaults.min_bad),
            unseen: self.unseen.or(defaults.unseen),
            links,
        }
    }

    /// The SLO with all of it. Of an SLO that could only be read in part, what depends on the other part is left out: it would
    /// make for complaints about nothing.
    pub(super) fn apply(&self, mut slo: Slo, in_part: bool) -> Slo {
        if let Some(sla) = self.sla {
            slo = slo.sla(sla);
        }
        if let Some(period) = self.period {
            slo = slo.period(period);
        }
        if let Some(min_bad) = self.min_bad {
            slo = slo.min_bad(min_bad);
        }
        if let Some(unseen) = self.unseen {
            slo = slo.unseen(unseen);
        }
        let [runbook, dashboard, traces] = self.links.clone();
        for (link, set) in [
            (runbook, Slo::runbook as fn(Slo, String) -> Slo),
            (dashboard, Slo::dashboard as fn(Slo, String) -> Slo),
            (traces, Slo::traces as fn(Slo, String) -> Slo),
        ] {
            if let Some(link) = link {
                slo = set(slo, link);
            }
        }
        if in_part {
            return slo;
        }
        // A method that is the default is not worth naming: two files that mean the same are the same.
        if let Some(method) = self.budgeting.filter(|method| *method != slo.budgeting_method()) {
            slo = slo.budgeting(method);
        }
        slo = self.classification.apply(slo);
        self.alerts.iter().flatten().fold(slo, |slo, row| slo.alert(*row))
    }
}

fn period(reader: &mut Reader, at: &At<'_, '_>) -> Option<Period> {
    reader.value(at, |text| match text.parse() {
        Err(error @ WindowError::Calendar { .. }) => Err(format!("{error}; calendar periods are month and quarter")),
        Err(error) => Err(error.to_string()),
        Ok(period) => Ok(period),
    })
}

fn budgeting(reader: &mut Reader, at: &At<'_, '_>) -> Option<Budgeting> {
    let ratio = at.node.get("ratio_timeslices").is_some();
    if at.node.as_text().is_some() {
        return reader.word(at, &[Budgeting::Occurrences], Budgeting::label);
    }
    if at.node.as_map().is_none() {
        reader.wrong_shape(at.node, at.kind);
        return None;
    }
    if ratio {
        let fields = reader.fields(at.node, &at.path, &keys::RATIO_TIMESLICES)?;
        let slice = fields.get("ratio_timeslices").and_then(|at| reader.value(&at, str::parse::<Window>))?;
        return Some(Budgeting::RatioTimeslices { slice });
    }
    let fields = reader.fields(at.node, &at.path, &keys::TIMESLICES)?;
    let slice = fields.get("timeslices").and_then(|at| reader.value(&at, str::parse::<Window>));
    let target = fields.get("target").map(|at| reader.value(&at, str::parse::<Objective>));
    match (slice, target) {
        (None, _) | (_, Some(None)) => None,
        (Some(slice), target) => Some(Budgeting::Timeslices { slice, target: target.flatten() }),
    }
}

fn min_bad(reader: &mut Reader, at: &At<'_, '_>) -> Option<MinBad> {
    if at.node.as_text() == Some("auto") {
        reader.places.insert(at.path.as_str(), at.node.span);
        return Some(MinBad::Auto);
    }
    let is_number = at.node.as_text().is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit()));
    if is_number {
        return reader.count(at).map(MinBad::AtLeast);
    }
    reader.places.insert(at.path.as_str(), at.node.span);
    reader.wrong_shape(at.node, at.kind);
    None
}

fn links(reader: &mut Reader, at: &At<'_, '_>) -> [Option<String>; 3] {
    /// What the model takes for a text, before it is copied to every SLO.
    const LONGEST: usize = goodput_model::Definition::MAX_TEXT;
    let Some(fields) = reader.fields(at.node, &at.path, &keys::LINKS) else {
        return Default::default();
    };
    ["runbook", "dashboard", "traces"].map(|name| {
        let at = fields.get(name)?;
        let link = reader.text(&at)?;
        if link.len() > LONGEST {
            reader.findings.add(|| too_long(link.len(), LONGEST, at.node.span));
            return None;
        }
        Some(link.to_owned())
    })
}

fn too_long(length: usize, longest: usize, span: Span) -> Diagnostic {
    Diagnostic::error("bad-value", format!("an address of {length} bytes: expected at most {longest}")).at(span, "")
}
