//! Tells people what goodput has found: Alertmanager's alerts API, and `tracing`.
//!
//! ```
//! use goodput_core::{Definition, Goodput, Role, Slo};
//! use goodput_notify::AlertmanagerSink;
//!
//! # let (am_0, am_1) = ("http://127.0.0.1:1", "http://127.0.0.1:2");
//! let mut definition = Definition::new("checkout");
//! definition.slos.push(Slo::availability("checkout-ok", "99.9%").runbook("https://wiki.example/checkout"));
//! definition.role = Role::Notify; // without it, an instance observes
//! let goodput = Goodput::builder("checkout")
//!     .definition(definition)
//!     .on_transition(goodput_notify::to_tracing)
//!     .build()?
//!     .leak();
//! // Every member of the cluster. The sink tells them until it is dropped.
//! let sink = AlertmanagerSink::to([am_0, am_1]).instance("checkout-0").start(goodput)?;
//! for status in sink.statuses() {
//!     println!("{}: {} failures in a row", status.address, status.failures_in_a_row);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Who is told of what
//!
//! An instance sees itself alone, and twenty that are exactly on target would page 46 times a month without reason. By default it
//! therefore tells nobody. With [`Role::Notify`](goodput_core::Role::Notify) it tells of what would be a page, as a ticket, and of
//! nothing else. Pages are pages and tickets are tickets only where the definition says that this is the
//! [only instance](goodput_core::Definition::single_instance). Rows for the weekly review are never sent. All are
//! named `GoodputInstance*` and carry `scope="instance"`, so that no route for the fleet's alerts takes them.
//!
//! # How an Alertmanager is told
//!
//! By level: everything that fires is sent to every Alertmanager as soon as it does, and then [each minute](Pace), each time as good
//! for four minutes more. An Alertmanager that was down or has restarted knows all within a minute of its coming back. What has
//! resolved is sent at once and in some rounds after that, with the time at which it resolved, so that it is told once however often
//! it is sent. When the process ends, nothing is sent: what it told of ends by itself within four minutes.
//!
//! Alerts that another one of their SLO speaks for, and those that are muted, are not sent until that is over. If they were sent
//! before, they go on being sent: an Alertmanager that hears no more of an alert says that it has resolved, which would not be so, and
//! would tell of the same episode again later. So it is with what an earlier process has told, if this one
//! [remembers](goodput_core::GoodputBuilder::remember) it and is there within three minutes. To be rid of the repetitions of such an
//! alert, silence it in Alertmanager.
//!
//! | label | |
//! |---|---|
//! | `alertname` | `GoodputInstanceBurn`, `...Stalled`, `...TrafficLost`, `...ExcludedSurge`, `...NoData`, `...BudgetConsumed` |
//! | `service`, `slo`, `journey` | as defined |
//! | `severity` | `page` or `ticket`, by who is to hear of it |
//! | `scope` | `instance` |
//! | `instance` | [which](SinkBuilder::instance) |
//! | `long`, `short` | the windows of the row, where a budget burns too fast |
//! | `percent` | of the budget, where so much is consumed |
//! | any other | the definition's own; where it has one of the above, that one counts |
//!
//! Annotations: `summary` and `description` for people; then each fact by itself, where there is one: `what`, `current`, `expected`,
//! `burn` (every window), `budget` (what is left, or at most is), `exhaustion`, `spent`, `post_mortem` (where one is due), `events`,
//! `routes` and `reasons` (the worst five), `trace_ids`, `frozen`, `deploy`, `owner`; the links `runbook_url`, `dashboard` and `traces`;
//! and the SLO's own. None is longer than 4 KiB.
//!
//! # When an Alertmanager does not answer
//!
//! A request takes ten seconds [at most](SinkBuilder::timeout), and no more than 64 KiB of an answer are read. What may pass (no
//! connection, no answer, 429, 502, 503, 504) is tried again after a second, then two, four, up to a round, each half by chance and
//! never before a `Retry-After` of up to a minute is over. What will not (another status, no HTTP) waits for the next round. All of it
//! is in the [status](AlertmanagerSink::statuses); the log has a line when a row of failures begins and one when it ends. Nothing that
//! an Alertmanager says is logged or kept, but for the status of its answer. While nothing fires, every tenth round asks whether it is
//! there, with an empty list, so that a wrong address shows before it matters.
//!
//! # What it costs
//!
//! A thread for each Alertmanager, and nothing on the request path. While something fires, a status a round for each; otherwise next to
//! nothing. Alerts go in requests of at most 64, a few KiB each.
//!
//! # What it does not do
//!
//! - It keeps nothing across a restart of the process. A new process under the same `instance` goes on with what it
//!   [remembers](goodput_core::GoodputBuilder::remember), or else with what it finds burning.
//! - It does not hand over to another sink of the same process: what is quiet by then ends where only the former one told it.
//! - It reads no proxy from the environment and follows no redirect: alerts go to the addresses that were given.
//! - It does not correct clocks: an Alertmanager whose clock is four minutes ahead takes every alert for over.
//! - An episode that begins and ends within one request to an Alertmanager that hangs is not told there. Rows keep firing for at least
//!   a quarter of an hour, requests take seconds.

#![forbid(unsafe_code)]

mod address;
mod backoff;
mod episodes;
mod failure;
mod log;
mod notice;
mod pace;
mod post;
mod sender;
mod signal;
mod sink;
mod status;
mod watch;
mod wire;
mod words;

pub use address::AddressError;
pub use failure::SendError;
pub use log::to_tracing;
pub use pace::Pace;
pub use sink::{AlertmanagerSink, SinkBuilder, SinkError};
pub use status::SinkStatus;
