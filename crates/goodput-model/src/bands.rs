//! What the rest of the error budget permits: bands from full to overspent, as data.

use crate::Share;

/// What is permitted in each band of the remaining error budget, from the fullest band to the last.
///
/// Teams draw these lines differently, so they are data; [`preset`](Self::preset) has the usual ones.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BudgetBands {
    /// From the fullest to the one that has no lower end.
    pub bands: Vec<Band>,
    /// How far the budget has to recover beyond a line before a better band is entered again.
    pub hysteresis: Share,
}

/// One band. Exhaustive on purpose: a name, a line and a consequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// What people call it.
    pub name: String,
    /// More than this share of the budget is left. `None` for the last band, which holds whatever is less.
    pub above: Option<Share>,
    /// What is permitted there.
    pub action: Action,
}

/// What may be released. Greater is stricter.
///
/// Exhaustive on purpose: whoever acts on it has to know each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Go ahead.
    Approve,
    /// After somebody has looked at the risk.
    Review,
    /// Later.
    Defer,
    /// Not before the budget has recovered.
    Block,
}

impl Action {
    /// Every one of them, the mildest first.
    pub const ALL: [Self; 4] = [Self::Approve, Self::Review, Self::Defer, Self::Block];

    /// As it is written in files.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Review => "review",
            Self::Defer => "defer",
            Self::Block => "block",
        }
    }

    /// The action of this label.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.label() == label)
    }
}

impl BudgetBands {
    /// The names of the presets.
    ///
    /// | preset | bands, by the share of the budget that is left |
    /// |---|---|
    /// | `75/25` | above 75 % green, above 25 % yellow (review), then red (block) |
    /// | `50/10/0` | above 50 % green, above 10 % yellow (review), above 0 red (defer), then exhausted (block) |
    /// | `50/20` | above 50 % green, above 20 % yellow (review), then red (block) |
    /// | `alert-50-freeze-90` | until 50 % are consumed green, until 90 % alert (review), then freeze (block) |
    pub const PRESETS: [&str; 4] = ["75/25", "50/10/0", "50/20", "alert-50-freeze-90"];
    /// How far the budget has to recover beyond a line, unless said otherwise.
    pub const DEFAULT_HYSTERESIS: Share = Share::of_percent(2);

    /// The bands of this name, see [`PRESETS`](Self::PRESETS).
    pub fn preset(name: &str) -> Option<Self> {
        let green = |percent| band("green", Some(percent), Action::Approve);
        let yellow = |percent| band("yellow", Some(percent), Action::Review);
        let red = || band("red", None, Action::Block);
        let bands = match name {
            "75/25" => vec![green(75), yellow(25), red()],
            "50/10/0" => {
                vec![green(50), yellow(10), band("red", Some(0), Action::Defer), band("exhausted", None, Action::Block)]
            }
            "50/20" => vec![green(50), yellow(20), red()],
            "alert-50-freeze-90" => {
                vec![green(50), band("alert", Some(10), Action::Review), band("freeze", None, Action::Block)]
            }
            _ => return None,
        };
        Some(Self { bands, hysteresis: Self::DEFAULT_HYSTERESIS })
    }

    /// The preset that has these very bands, whatever the hysteresis.
    pub fn preset_name(&self) -> Option<&'static str> {
        Self::PRESETS.into_iter().find(|name| Self::preset(name).is_some_and(|preset| preset.bands == self.bands))
    }

    /// Bands of the caller's own; whether they hold is for [`Definition::check`](crate::Definition::check) to say.
    pub fn new(bands: Vec<Band>, hysteresis: Share) -> Self {
        Self { bands, hysteresis }
    }
}

/// `50/10/0`: it knows an exhausted budget from one that is nearly so.
impl Default for BudgetBands {
    fn default() -> Self {
        Self::preset("50/10/0").unwrap_or_else(|| Self::new(Vec::new(), Self::DEFAULT_HYSTERESIS))
    }
}

fn band(name: &str, percent: Option<u32>, action: Action) -> Band {
    Band { name: name.to_owned(), above: percent.map(Share::of_percent), action }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_read_back_and_others_do_not() {
        for action in Action::ALL {
            assert_eq!(Action::from_label(action.label()), Some(action));
        }
        assert_eq!(Action::from_label("Approve"), None);
    }

    #[test]
    fn every_preset_has_its_name_and_gets_stricter_as_the_budget_shrinks() {
        for name in BudgetBands::PRESETS {
            let preset = BudgetBands::preset(name).unwrap();
            assert_eq!(preset.preset_name(), Some(name));
            assert!(preset.bands.is_sorted_by(|a, b| a.action < b.action && a.above > b.above), "{preset:?}");
            assert_eq!(preset.bands.last().and_then(|band| band.above), None);
        }
        assert_eq!(BudgetBands::default().preset_name(), Some("50/10/0"));
    }
}
