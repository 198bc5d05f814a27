//! What is put to the test: an objective, a period and alert rows, given by flags or by an SLO file.

use std::path::Path;

use goodput_core::{Definition, MinBad, Objective, Period, Policy, Slo};

use super::report::KeepsFiring;
use crate::failure::Failure;
use crate::read;

/// The work whose events are replayed.
pub(super) const WORK: &str = "replay";

/// What is put to the test.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// The SLO of a file.
    pub(super) name: Option<String>,
    pub(super) objective: Objective,
    pub(super) period: Period,
    pub(super) policy: Policy,
    slo: Slo,
    time_zone: Option<String>,
}

impl Subject {
    /// The default rows for an objective.
    pub(super) fn of_flags(objective: Objective, period: Period, min_bad: Option<MinBad>) -> Self {
        let slo = Slo::custom(WORK, objective).period(period).min_bad(min_bad.unwrap_or_default());
        Self { name: None, objective, period, policy: Policy::default_for(objective, period), slo, time_zone: None }
    }

    /// An SLO of a file. What is replayed is already judged, so of its rules only those remain that say what to make of good
    /// and bad: objective, period, alert rows, floor.
    pub(super) fn of_file(path: &Path, name: Option<&str>, min_bad: Option<MinBad>) -> Result<Self, Failure> {
        let source = read::source(path)?;
        let document = goodput_spec::read(&source)?;
        let fail = |what: String| Failure::input(format!("{}: {what}", source.name()));
        let definition = document.definition;
        let slo = choose(&definition, name).map_err(fail)?;
        let objective = slo.objective().map_err(|error| fail(error.to_string()))?;
        let period = slo.judged_over();
        let policy = match slo.alert_rows() {
            [] => Policy::default_for(objective, period),
            rows => Policy::from_rows(objective, period, rows).map_err(|error| fail(error.to_string()))?,
        };
        let plain = Slo::custom(slo.name(), objective)
            .period(period)
            .min_bad(min_bad.unwrap_or_else(|| slo.least_bad_in_force()));
        Ok(Self {
            name: Some(slo.name().to_owned()),
            objective,
            period,
            policy,
            slo: slo.alert_rows().iter().fold(plain, |slo, row| slo.alert(*row)),
            time_zone: Some(definition.time_zone.clone()),
        })
    }

    /// As a service would define it that does nothing else.
    pub(super) fn definition(&self, keeps_firing: KeepsFiring) -> Definition {
        let mut definition = Definition::new(WORK);
        let slo = self.slo.clone();
        definition.slos.push(match keeps_firing {
            KeepsFiring::AsUsual => slo,
            KeepsFiring::For(keep) => slo.keep_firing(keep),
        });
        if let Some(zone) = &self.time_zone {
            definition.time_zone.clone_from(zone);
        }
        definition
    }

    /// With a period of so many days in place of a month or quarter, which a described outage lies in no particular one of.
    pub(super) fn without_calendar(mut self) -> Self {
        self.period = Period::Rolling(self.period.window());
        self.slo = self.slo.period(self.period);
        self
    }
}

/// The SLO of this name; without one, the only one there is.
fn choose<'a>(definition: &'a Definition, name: Option<&str>) -> Result<&'a Slo, String> {
    let names = || definition.slos.iter().map(Slo::name).take(20).collect::<Vec<_>>().join(", ");
    match (name, definition.slos.as_slice()) {
        (Some(name), slos) => slos
            .iter()
            .find(|slo| slo.name() == name)
            .ok_or_else(|| format!("no SLO is called {name:?}: expected one of {}", names())),
        (None, [slo]) => Ok(slo),
        (None, _) => Err(format!("several SLOs: expected --slo with one of {}", names())),
    }
}
