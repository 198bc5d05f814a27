//! The payment provider behind the checkout: somebody else's service, which has an outage when the script says so.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::dice::Dice;
use crate::script::Phase;

/// The provider, as the shop sees it.
#[derive(Debug)]
pub(crate) struct Payments {
    phase: watch::Receiver<Phase>,
    dice: Dice,
}

/// The provider did not take the payment.
#[derive(Debug)]
pub(crate) struct Unavailable;

impl Payments {
    pub(crate) fn new(phase: watch::Receiver<Phase>) -> Self {
        Self { phase, dice: Dice::new(3) }
    }

    /// Charges one order.
    pub(crate) async fn charge(&self) -> Result<(), Unavailable> {
        let phase = *self.phase.borrow();
        match phase {
            Phase::Outage => self.charge_in_an_outage().await,
            Phase::Healthy | Phase::Recovery | Phase::Over => self.charge_on_a_good_day().await,
        }
    }

    async fn charge_on_a_good_day(&self) -> Result<(), Unavailable> {
        sleep(self.dice.millis(10, 50)).await;
        if self.dice.once_in(3_000) { Err(Unavailable) } else { Ok(()) }
    }

    /// Half of the calls fail at once, the rest is slow or never heard of again.
    async fn charge_in_an_outage(&self) -> Result<(), Unavailable> {
        match self.dice.roll(100) {
            0..50 => {
                sleep(self.dice.millis(5, 30)).await;
                Err(Unavailable)
            }
            50..70 => {
                sleep(self.dice.millis(300, 900)).await;
                Ok(())
            }
            _ => {
                sleep(Duration::from_secs(3)).await;
                Err(Unavailable)
            }
        }
    }
}
