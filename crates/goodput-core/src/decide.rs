//! Whether a change may go out now, by what this process knows.

use goodput_model::{Change, Decision};

use crate::goodput::Goodput;

impl Goodput {
    /// Whether this change is a good idea now: approve, review, defer or block, why, and what else could be done.
    ///
    /// A process knows itself, and since it started. It approves only where the definition declares it the
    /// [single instance](goodput_model::Definition::single_instance) and it has seen nine tenths of each period; otherwise merge the
    /// [cases](crate::Status::case) of all instances. Bad news it tells at once.
    ///
    /// ```
    /// use goodput_core::{Action, Change, ChangeKind, GateCode, Goodput, Risk, Slo};
    ///
    /// let goodput = Goodput::builder("checkout").slo(Slo::availability("checkout-ok", "99.9%")).build()?;
    /// let feature = goodput.decide(Change { kind: ChangeKind::Feature, risk: Risk::Low });
    /// assert_eq!(feature.gate(), GateCode::NoData);
    /// let rollback = goodput.decide(Change { kind: ChangeKind::Rollback, risk: Risk::Low });
    /// assert_eq!(rollback.action, Action::Approve);
    /// # Ok::<(), goodput_core::BuildError>(())
    /// ```
    ///
    /// Cost: that of a [status](Self::status).
    pub fn decide(&self, change: Change) -> Decision {
        self.status().case().decide(change)
    }
}
