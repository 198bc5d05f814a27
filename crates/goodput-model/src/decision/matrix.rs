//! The release matrix: what a status permits at which risk.

use super::burn_status::BurnStatus;
use super::change::Risk;
use crate::Action;

impl BurnStatus {
    /// What may be released at this risk while an SLO burns so.
    ///
    /// | | low | medium | high |
    /// |---|---|---|---|
    /// | healthy | approve | approve | review |
    /// | attention | approve | review | defer |
    /// | warning | review | defer | block |
    /// | critical | defer | block | block |
    /// | exhausted | block | block | block |
    pub const fn action(self, risk: Risk) -> Action {
        let [low, medium, high] = self.row();
        match risk {
            Risk::Low => low,
            Risk::Medium => medium,
            Risk::High => high,
        }
    }

    const fn row(self) -> [Action; 3] {
        use Action::{Approve, Block, Defer, Review};
        match self {
            Self::Healthy => [Approve, Approve, Review],
            Self::Attention => [Approve, Review, Defer],
            Self::Warning => [Review, Defer, Block],
            Self::Critical => [Defer, Block, Block],
            Self::Exhausted => [Block, Block, Block],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fifteen_cells_are_as_published() {
        // As the source prints it, status by status.
        let published = "healthy: approve/approve/review; attention: approve/review/defer; warning: review/defer/block; \
                         critical: defer/block/block; exhausted: block/block/block";
        let ours = BurnStatus::ALL.map(|status| {
            let row = Risk::ALL.map(|risk| status.action(risk).label()).join("/");
            format!("{status}: {row}")
        });
        assert_eq!(ours.join("; "), published);
    }

    #[test]
    fn neither_a_worse_status_nor_a_higher_risk_permits_more() {
        for status in BurnStatus::ALL {
            assert!(Risk::ALL.is_sorted_by_key(|risk| status.action(*risk)), "{status}");
        }
        for risk in Risk::ALL {
            assert!(BurnStatus::ALL.is_sorted_by_key(|status| status.action(risk)), "{}", risk.label());
        }
    }
}
