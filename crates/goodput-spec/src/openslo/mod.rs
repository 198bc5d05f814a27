//! [OpenSLO](https://github.com/OpenSLO/OpenSLO) v1 in and out.
//!
//! OpenSLO says what an objective is, over which time, and of what its error budget is a share. What is counted it leaves to
//! queries, which a process cannot run. So the indicator of an SLO here is a metric source of type `goodput`, whose `spec` holds
//! what OpenSLO has no word for, in the words of goodput's own format: `sli`, `routes`, `dependency`, `classes`, `classification`,
//! `journey`, `sla`, `traffic`, `alerts` with two windows each, `min_bad`, `links`. It is a ratio that is counted as one:
//!
//! ```
//! use goodput_spec::{Source, openslo};
//!
//! let text = "\
//! apiVersion: openslo/v1
//! kind: SLO
//! metadata: {name: checkout-ok}
//! spec:
//!   service: shop
//!   indicator:
//!     metadata: {name: checkout-ok}
//!     spec:
//!       ratioMetric:
//!         rawType: success
//!         raw:
//!           metricSource:
//!             type: goodput
//!             spec: {sli: availability, routes: [/checkout]}
//!   timeWindow: [{duration: 28d, isRolling: true}]
//!   budgetingMethod: Occurrences
//!   objectives: [{target: 0.999}]
//! ";
//! let definition = openslo::read(&Source::new("slo.yaml", text))?.definition;
//! assert_eq!(definition.slos[0].objective().unwrap().to_string(), "99.9%");
//!
//! let printed = openslo::print(&definition);
//! assert_eq!(openslo::read(&Source::new("printed", printed.text))?.definition, definition);
//! # Ok::<(), goodput_spec::Diagnostics>(())
//! ```
//!
//! What holds for the service as a whole (`owner`, `tier`, `labels`, `selector`, `role`, `routes`, `error_budget`, `journeys`,
//! ...) is held by the `connectionDetails` of one DataSource of type `goodput`. Both places take any YAML, so that a text with
//! them is OpenSLO to every other tool.
//!
//! | OpenSLO | a definition |
//! |---|---|
//! | Service: name, description, labels | the service's |
//! | SLO: name, description, annotations | the SLO's |
//! | `target`, `targetPercent` | the objective |
//! | several objectives | an SLO for each, its target behind its name |
//! | objectives with indicators of their own (composite) | a journey with an SLO for each; weights are not carried over |
//! | `timeWindow` that rolls | the period; `M`, `Q`, `Y` are read as 30, 90, 365 days |
//! | `timeWindow` with a calendar | a month or quarter, in the time zone of all; other units are not represented |
//! | `budgetingMethod`, `timeSliceTarget`, `timeSliceWindow` | the budgeting |
//! | AlertPolicy, AlertCondition | a row whose short window is a twelfth of the `lookbackWindow`; no `alertAfter` |
//! | AlertNotificationTarget | nothing: who is told is for the process to know |
//! | every other indicator | nothing: it is a query |
//!
//! An SLO that cannot be represented is left out with a warning, or an error if no other is left; a field that cannot be is left out
//! with a warning. Whatever the specification does not know is an error.
//!
//! A source says again what OpenSLO says only if OpenSLO cannot say it exactly: `name` with other characters than a DNS label,
//! `period` or `budgeting` in seconds, a `description` of more than 1,050 characters, `annotations` whose names Kubernetes would
//! not take. The exact value then is the one that counts, and OpenSLO's own has to be what it rounds to.

mod alerts;
#[cfg(test)]
mod asked;
mod budgeting;
mod fields;
mod indicator;
mod names;
mod notes;
mod number;
mod object;
mod own;
mod period;
mod print;
mod read;
mod service;
mod shape;
mod shorthand;
mod slo;
mod tree;

pub use print::{Printed, print};
pub use read::read;
