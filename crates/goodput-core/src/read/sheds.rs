//! How many of the events that each SLO counts are requests that a guard has shed.

use goodput_model::{Counts, Reason, Verdict};

use super::snapshot::points;
use super::status::saturating_sum;
use crate::record::{Reasons, Routes};

/// The sheds among the counts of so many fingerprints, by their numbers: bad and excluded ones.
///
/// A shed is what its answer says, a verdict with the reason [`Reason::SHED`], counted as any handler's words are. Requests that
/// another layer refuses have that reason by how they ended, and are not among these. Read it after the counts that it is
/// taken from: it is then never behind them.
pub(crate) fn read_sheds(routes: &Routes, reasons: &Reasons, fingerprints: usize) -> Vec<Counts> {
    let mut sheds = vec![Counts::default(); fingerprints];
    let said = |verdict| reasons.said(Some(verdict));
    let (Some(bad), Some(excluded)) = (said(Verdict::Bad(Reason::SHED)), said(Verdict::Excluded(Reason::SHED))) else {
        return sheds;
    };
    for route in routes.versions().filter(|route| route.has_words()) {
        for (slo, part) in route.slos().iter().zip(route.table().parts()) {
            let Some(sum) = sheds.get_mut(slo.number()) else { continue };
            let given = |said| saturating_sum(points(*part).iter().map(|point| route.read_reason(said, *point)));
            if part.hears_bad {
                sum.bad = sum.bad.saturating_add(given(bad));
            }
            if part.hears_excluded {
                sum.excluded = sum.excluded.saturating_add(given(excluded));
            }
        }
    }
    sheds
}
