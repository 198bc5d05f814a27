//! Which budget band each SLO stands in, and since when.

use std::time::Duration;

use goodput_model::{Action, Band, BandStanding, BudgetAsSeen, BudgetBands};

use super::history::Column;
use crate::clock::Moment;

/// The budget band an SLO stands in.
///
/// By what is left of its budget if the time nobody saw went like the rest, see [`BudgetAsSeen`]. A worse band is entered at
/// once, a better one only beyond the hysteresis.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BandStatus {
    /// Its name.
    pub name: String,
    /// What is permitted there.
    pub action: Action,
    /// Since when it stands there, as far as this process knows or remembers.
    pub since: Moment,
    /// Which of the bands it is.
    pub standing: BandStanding,
}

/// Where the SLOs stand, in their order, from tick to tick.
#[derive(Debug, Default)]
pub(crate) struct Standings {
    /// What the positions are of.
    bands: BudgetBands,
    stands: Vec<Stand>,
}

/// Where one SLO stands, and since when; nowhere before there was data.
type Stand = Option<(BandStanding, Moment)>;

impl Standings {
    /// Where each SLO stands from `now` on, by its budget; one without stays where it is.
    pub(crate) fn tick(
        &mut self,
        bands: &BudgetBands,
        budgets: impl Iterator<Item = Option<BudgetAsSeen>>,
        now: Moment,
    ) {
        if self.bands != *bands {
            *self = Self { bands: bands.clone(), stands: Vec::new() };
        }
        let mut former = std::mem::take(&mut self.stands).into_iter();
        let stands = budgets.map(|budget| {
            let stand = former.next().flatten();
            budget.map_or(stand, |budget| step(stand, bands, budget, now))
        });
        self.stands = stands.collect();
    }

    /// Where SLO `index` stands with this budget: since a tick, or since `now`. None before there was data.
    pub(crate) fn at(
        &self,
        bands: &BudgetBands,
        index: usize,
        budget: BudgetAsSeen,
        now: Moment,
    ) -> Option<BandStatus> {
        let known = self.stands.get(index).copied().flatten().filter(|_| self.bands == *bands);
        let (standing, since) = step(known, bands, budget, now)?;
        let name = standing.band(bands)?.name.clone();
        Some(BandStatus { name, action: standing.action(bands), since, standing })
    }

    /// In which band SLO `index` stands, the fullest being 0, and since when, to be remembered together with [`what`](Self::what).
    pub(crate) fn saved(&self, index: usize) -> Option<(u64, Duration)> {
        let (standing, since) = self.stands.get(index).copied().flatten()?;
        Some((standing.position()?.try_into().ok()?, since.since_origin()))
    }

    /// What the positions are of: a text that is equal where the same is permitted between the same lines.
    pub(crate) fn what(&self) -> String {
        text(&self.bands)
    }

    /// Goes on from where so many SLOs stood, each given by `stood`, if that was in bands that permit the same.
    pub(crate) fn recall(
        &mut self,
        bands: &BudgetBands,
        what: &str,
        slos: usize,
        stood: impl Iterator<Item = (usize, (u64, Duration))>,
    ) {
        if what != text(bands) {
            return;
        }
        *self = Self { bands: bands.clone(), stands: vec![None; slos] };
        for (index, (position, since)) in stood {
            let position = usize::try_from(position).ok().filter(|position| *position < bands.bands.len());
            if let (Some(stand), Some(position)) = (self.stands.get_mut(index), position) {
                *stand = Some((BandStanding::at(position), Moment::at(since)));
            }
        }
    }

    /// Goes on with other SLOs: one that is as it was stands where it stood.
    pub(crate) fn go_on_with(&mut self, columns: &[Column]) {
        let kept = |column: &Column| match column {
            Column::Kept(position) => self.stands.get(*position).copied().flatten(),
            Column::Begins(_) => None,
        };
        self.stands = columns.iter().map(kept).collect();
    }
}

fn text(bands: &BudgetBands) -> String {
    let band = |Band { name, above, action }: &Band| {
        let above = above.map_or(String::new(), |share| share.milli_percent().to_string());
        format!("{name:?} above {above}: {}", action.label())
    };
    let all: Vec<_> = bands.bands.iter().map(band).collect();
    format!("+{}; {}", bands.hysteresis.milli_percent(), all.join("; "))
}

fn step(stand: Stand, bands: &BudgetBands, budget: BudgetAsSeen, now: Moment) -> Stand {
    let (standing, since) = stand.unwrap_or((BandStanding::NOWHERE, now));
    let next = standing.step(bands, budget);
    next.position()?;
    Some((next, if next == standing { since } else { now }))
}

#[cfg(test)]
mod tests {
    use goodput_model::{Counts, Observation, Period, Share};

    use super::*;

    /// Where SLO `index` is remembered to stand: without data it is looked at and not moved.
    fn stands(standings: &Standings, bands: &BudgetBands, index: usize) -> Option<(String, Duration)> {
        let silence = Observation::full(Period::D30.window(), Counts::default());
        let silence = BudgetAsSeen::new("99%".parse().unwrap(), &silence);
        let band = standings.at(bands, index, silence, Moment::default())?;
        Some((band.name, band.since.since_origin()))
    }

    #[test]
    fn what_is_remembered_stands_where_it_stood_and_what_does_not_fit_stands_nowhere() {
        let (bands, since) = (BudgetBands::default(), Duration::from_secs(7));
        let stood = || [(0, (3, since)), (1, (4, since)), (2, (u64::MAX, since)), (9, (0, since))].into_iter();
        let mut standings = Standings::default();
        standings.recall(&bands, &text(&bands), 4, stood());
        let exhausted = Some(("exhausted".to_owned(), since));
        let all: Vec<_> = (0..4).map(|index| stands(&standings, &bands, index)).collect();
        assert_eq!(all, [exhausted, None, None, None]);
        assert_eq!((standings.saved(0), standings.saved(1), standings.saved(9)), (Some((3, since)), None, None));
        assert_eq!(standings.what(), text(&bands));
        // Bands that permit something else, or somewhere else.
        let mut others = [BudgetBands::default(), BudgetBands::default(), BudgetBands::default()];
        others[0].hysteresis = Share::percent(3).unwrap();
        others[1].bands[0].above = Share::percent(60);
        others[2].bands[3].action = Action::Defer;
        for other in others {
            let mut standings = Standings::default();
            standings.recall(&other, &text(&bands), 4, stood());
            assert_eq!(stands(&standings, &other, 0), None, "{other:?}");
        }
    }
}
