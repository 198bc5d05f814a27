//! What an SLO counts, events or slices of time, and how much of it comes.

use std::time::Duration;

use goodput_model::{Budgeting, MinBad, Objective, Observation, Rate, Row, Share, Slo, Window};

/// What an SLO counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    method: Budgeting,
    traffic: Option<Rate>,
}

/// Why an alert never fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Never {
    /// Not more errors than it asks for.
    Threshold,
    /// Every slice has enough good events to be good.
    GoodSlices,
    /// Fewer bad events than it asks for come within its long window.
    Traffic,
}

impl Never {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Threshold => "threshold-not-exceeded",
            Self::GoodSlices => "slices-stay-good",
            Self::Traffic => "too-little-traffic",
        }
    }
}

impl Counted {
    pub(super) fn of(slo: &Slo) -> Self {
        Self { method: slo.budgeting_method(), traffic: slo.expected_traffic() }
    }

    pub(super) fn unit(&self) -> &'static str {
        if self.method.slice().is_some() { "slice" } else { "event" }
    }

    /// Whether slices are good or bad by something else than their events, so that a share of errors is one of slices.
    pub(super) fn judges_whole_slices(&self) -> bool {
        matches!(self.method, Budgeting::Timeslices { target: None, .. })
    }

    /// The traffic that was stated, where it matters: slices come by themselves.
    pub(super) fn traffic(&self) -> Option<Rate> {
        self.traffic.filter(|_| self.method.slice().is_none())
    }

    /// What one thing is counted as: slices that are partly good are counted in parts.
    pub(super) fn parts(&self) -> u64 {
        if matches!(self.method, Budgeting::RatioTimeslices { .. }) { Budgeting::PARTS } else { 1 }
    }

    /// What was counted in parts, in whole things.
    pub(super) fn things(&self, count: u64) -> f64 {
        count as f64 / self.parts() as f64
    }

    /// How many are counted within `window`, whole ones; `None` where nobody says how many come.
    pub(super) fn in_window(&self, window: Window) -> Option<u64> {
        let secs = u64::from(window.secs());
        match (self.method.slice(), self.traffic) {
            (Some(slice), _) => Some(secs / u64::from(slice.secs()) * self.parts()),
            // Exact: a 32-bit number of events a second for 400 days is below 2^57.
            (None, Some(rate)) => Some(u64::from(rate.events()) * secs / u64::from(rate.unit().secs())),
            (None, None) => None,
        }
    }

    /// How many bad ones of a full long window the row asks for: because of its burn, and because of `min_bad`.
    pub(super) fn needed(&self, row: &Row, min_bad: MinBad) -> Option<(u64, u64)> {
        let valid = self.in_window(row.long())?.max(1);
        Some((row.bad_to_exceed(valid), min_bad.floor(row.objective(), row, &full(row.long(), valid, 0))))
    }

    /// How long errors of this share take to fire the row, in a flow of events or slice by slice.
    pub(super) fn detection(&self, row: &Row, min_bad: MinBad, errors: Share) -> Result<Duration, Never> {
        match self.method {
            Budgeting::Timeslices { slice, target: Some(target) } => {
                if !spoils(errors, target) {
                    return Err(Never::GoodSlices);
                }
                self.slices(row, min_bad, slice, Share::ALL)
            }
            Budgeting::Timeslices { slice, target: None } | Budgeting::RatioTimeslices { slice } => {
                self.slices(row, min_bad, slice, errors)
            }
            _ => row.detection_time(errors).ok_or(Never::Threshold),
        }
    }

    /// Likewise with the whole events of the stated traffic, evenly spread, and `min_bad`; `None` without a traffic.
    pub(super) fn detection_at_traffic(
        &self,
        row: &Row,
        min_bad: MinBad,
        errors: Share,
    ) -> Option<Result<Duration, Never>> {
        let rate = self.traffic()?;
        let (burn, floor) = self.needed(row, min_bad)?;
        let Some(flow) = row.detection_time(errors) else { return Some(Err(Never::Threshold)) };
        let bad_per_second = rate.per_second() * errors.ratio();
        let secs = burn.max(floor) as f64 / bad_per_second; // never by zero: errors of 0 % fire nothing
        if secs > f64::from(row.long().secs()) {
            return Some(Err(Never::Traffic));
        }
        Some(Ok(Duration::try_from_secs_f64(secs).unwrap_or(flow).max(flow)))
    }

    /// So many slices, of which this share is bad or each in this share, until there are enough.
    fn slices(&self, row: &Row, min_bad: MinBad, slice: Window, bad: Share) -> Result<Duration, Never> {
        let (burn, floor) = self.needed(row, min_bad).ok_or(Never::Traffic)?;
        let whole = u128::from(Share::ALL.milli_percent());
        let per_slice = u128::from(self.parts()) * u128::from(bad.milli_percent()); // in parts of `whole`
        let slices = (u128::from(burn.max(floor)) * whole).div_ceil(per_slice.max(1));
        let secs = slices * u128::from(slice.secs());
        if per_slice == 0 || secs > u128::from(row.long().secs()) {
            return Err(Never::Threshold);
        }
        Ok(Duration::from_secs(u64::try_from(secs).unwrap_or(u64::MAX)))
    }
}

/// Whether a slice with this share of errors misses its target, exactly.
fn spoils(errors: Share, target: Objective) -> bool {
    const PPB_PER_MILLI_PERCENT: u64 = 10_000;
    u64::from(errors.milli_percent()) * PPB_PER_MILLI_PERCENT > u64::from(target.bad_ppb())
}

/// A window seen from end to end, with so many valid events of which so many were bad.
pub(super) fn full(window: Window, valid: u64, bad: u64) -> Observation {
    let counts = goodput_model::Counts { good: valid.saturating_sub(bad), bad, excluded: 0 };
    Observation::full(window, counts)
}
