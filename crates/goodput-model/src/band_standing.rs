//! Which budget band an SLO stands in, so that it does not flutter about a line.

use crate::{Action, Band, BudgetAsSeen, BudgetBands};

/// The band an SLO stands in: a worse one is entered at once, a better one only when more is left than its line and the
/// hysteresis together.
///
/// A value without a clock: whoever ticks [steps](Self::step) it, and keeps since when it stands there. Of two budgets of
/// which one never has more left than the other, that one never stands in a better band.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BandStanding {
    /// From the fullest band on; none before there was data.
    position: Option<usize>,
}

impl BandStanding {
    /// Nowhere yet: the next budget decides alone.
    pub const NOWHERE: Self = Self { position: None };

    /// In the band of this position, the fullest being 0. Beyond the last band it is the last.
    pub const fn at(position: usize) -> Self {
        Self { position: Some(position) }
    }

    /// Which band, the fullest being 0; none before there was data.
    pub fn position(self) -> Option<usize> {
        self.position
    }

    /// The band, of the bands it was stepped with.
    pub fn band(self, bands: &BudgetBands) -> Option<&Band> {
        self.position.and_then(|position| bands.bands.get(position).or(bands.bands.last()))
    }

    /// Where it stands from now on. Without data it stays where it is: silence is not recovery.
    pub fn step(self, bands: &BudgetBands, budget: BudgetAsSeen) -> Self {
        let Some(entered) = first_above(bands, budget, 0) else {
            return self;
        };
        // The second look only where it matters: every SLO is stepped at every tick.
        let position = match self.position {
            Some(stood) if entered < stood => {
                let recovered = first_above(bands, budget, bands.hysteresis.milli_percent()).unwrap_or(entered);
                recovered.min(stood)
            }
            _ => entered,
        };
        Self { position: Some(position) }
    }

    /// What is permitted there: the strictest of its band and the fuller ones, so that spending never permits more, whatever the
    /// bands say. [`Action::Approve`] before there was data.
    pub fn action(self, bands: &BudgetBands) -> Action {
        let so_far = self.position.map_or(0, |position| position.saturating_add(1));
        bands.bands.iter().take(so_far).map(|band| band.action).max().unwrap_or(Action::Approve)
    }
}

/// The fullest band whose line and `beyond` it, in thousandths of a percent, are below what is left; `None` without data.
fn first_above(bands: &BudgetBands, budget: BudgetAsSeen, beyond: u32) -> Option<usize> {
    budget.leaves_more_than(0)?;
    let is_above = |band: &Band| match band.above {
        // Cannot overflow: two shares of at most 100,000.
        Some(line) => budget.leaves_more_than(line.milli_percent() + beyond) == Some(true),
        None => true,
    };
    let last = bands.bands.len().saturating_sub(1);
    Some(bands.bands.iter().position(is_above).unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, Observation, Period, Share};

    /// The budget of 99 % with so many tenths of a percent left.
    fn left(permille: i64) -> BudgetAsSeen {
        let bad = u64::try_from(1_000 - permille).unwrap();
        let counts = Counts { good: 100_000 - bad, bad, excluded: 0 };
        BudgetAsSeen::new("99%".parse().unwrap(), &Observation::full(Period::D30.window(), counts))
    }

    fn check(preset: &str, path: &[(i64, &str)]) {
        let bands = BudgetBands::preset(preset).unwrap();
        let mut standing = BandStanding::default();
        for (permille, name) in path {
            standing = standing.step(&bands, left(*permille));
            assert_eq!(standing.band(&bands).unwrap().name, *name, "{preset} at {permille} of {path:?}");
        }
    }

    #[test]
    fn a_worse_band_is_entered_at_once_and_a_better_one_beyond_the_hysteresis() {
        check("50/10/0", &[(1_000, "green"), (501, "green"), (500, "yellow"), (520, "yellow"), (521, "green")]);
        check("50/10/0", &[(90, "red"), (120, "red"), (121, "yellow"), (515, "yellow"), (600, "green")]);
        check("50/10/0", &[(0, "exhausted"), (20, "exhausted"), (21, "red"), (1_000, "green")]);
        check("50/10/0", &[(-500, "exhausted"), (515, "yellow"), (101, "yellow"), (100, "red")]);
        check(
            "75/25",
            &[(751, "green"), (750, "yellow"), (770, "yellow"), (250, "red"), (270, "red"), (271, "yellow")],
        );
        check("alert-50-freeze-90", &[(500, "alert"), (100, "freeze"), (110, "freeze"), (121, "alert")]);
    }

    #[test]
    fn silence_changes_nothing() {
        let bands = BudgetBands::default();
        let silence = BudgetAsSeen::new(
            "99%".parse().unwrap(),
            &Observation::full(Period::D30.window(), Counts { good: 0, bad: 0, excluded: 9 }),
        );
        assert_eq!(BandStanding::NOWHERE.step(&bands, silence), BandStanding::NOWHERE);
        assert_eq!(BandStanding::at(2).step(&bands, silence), BandStanding::at(2));
    }

    #[test]
    fn a_band_permits_no_more_than_a_fuller_one() {
        let bands = vec![
            Band { name: "odd".to_owned(), above: Share::percent(50), action: Action::Defer },
            Band { name: "rest".to_owned(), above: None, action: Action::Approve },
        ];
        let bands = BudgetBands::new(bands, Share::NONE);
        assert_eq!(BandStanding::at(1).action(&bands), Action::Defer);
        assert_eq!(BandStanding::at(9).action(&bands), Action::Defer);
        assert_eq!(BandStanding::NOWHERE.action(&bands), Action::Approve);
    }
}
