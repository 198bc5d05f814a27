//! A peer: what it is called, and how its services are made.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use goodput_bench::drive::Payload;
use goodput_bench::interleave::{Case, Runner};
use http::{Request, Response};
use http_body::Body;
use serde::{Deserialize, Serialize};
use tower::Service;

use crate::ledger::Ledger;
use crate::router::{self, App};

/// What all the others in a group are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Around the bare service.
    Service,
    /// In an axum router.
    Router,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// In commands and files; unique.
    pub id: &'static str,
    /// In tables.
    pub name: &'static str,
    /// The package whose version counts, as in the lock file.
    pub package: &'static str,
    /// How it is made.
    pub build: Build,
}

/// How a peer is made.
#[derive(Clone, Copy, Debug)]
pub enum Build {
    /// Around the bare service.
    Service(fn() -> Built),
    /// In an axum router.
    Router(fn() -> App),
}

impl Peer {
    /// Which group it is in.
    pub fn group(&self) -> Group {
        match self.build {
            Build::Service(_) => Group::Service,
            Build::Router(_) => Group::Router,
        }
    }

    /// Makes it, and nothing else.
    pub fn build(&self) -> Built {
        match self.build {
            Build::Service(build) => build(),
            Build::Router(build) => {
                let App { router, ledger } = build();
                Built::new(router::case(router), ledger)
            }
        }
    }
}

/// A peer that was made.
#[derive(Debug)]
pub struct Built {
    case: Case,
    ledger: Ledger,
}

impl Built {
    fn new(case: Case, ledger: Ledger) -> Self {
        Self { case, ledger }
    }

    /// A service to be called.
    pub fn service<S, B>(service: S, ledger: Ledger) -> Self
    where
        S: Service<Request<Payload>, Response = Response<B>> + Clone + Send + 'static,
        B: Body + Unpin,
    {
        Self::new(Case::service("", service), ledger)
    }

    /// Counts what is sent, and does after each batch what the peer leaves for later.
    pub fn counting(self, name: &str) -> Counting {
        let Self { case, ledger } = self;
        let sent = Arc::new(AtomicU64::new(0));
        let upkeep = ledger.left_for_later();
        let counter = Arc::clone(&sent);
        let runner = move || {
            let (mut run, counter, upkeep) = (case.runner(), Arc::clone(&counter), upkeep.clone());
            Box::new(move |times| {
                run(times);
                if let Some(upkeep) = &upkeep {
                    upkeep();
                }
                // Relaxed: it is read when every runner has finished. Once per batch, so that it costs a request nothing.
                counter.fetch_add(times, Ordering::Relaxed);
            }) as Runner
        };
        Counting { case: Case::new(name, runner), ledger, sent }
    }
}

/// A case that knows how many requests went through it.
pub struct Counting {
    /// The case.
    pub case: Case,
    /// What the peer counted.
    pub ledger: Ledger,
    /// How many were sent.
    pub sent: Arc<AtomicU64>,
}

impl Counting {
    /// What the peer has counted wrongly so far.
    pub fn discrepancies(&self) -> Vec<String> {
        self.ledger.discrepancies(self.sent.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counting").field("case", &self.case).finish_non_exhaustive()
    }
}
