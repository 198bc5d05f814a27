//! What an SLO's conditions make of time that nobody saw.

use super::Slo;
use crate::UnseenTime;

impl Slo {
    /// What its conditions make of time that nobody saw; without this call it adds no burn.
    pub fn unseen(mut self, mode: UnseenTime) -> Self {
        self.unseen = mode;
        self
    }

    /// What its conditions make of time that nobody saw.
    pub fn unseen_time(&self) -> UnseenTime {
        self.unseen
    }
}
