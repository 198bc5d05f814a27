//! A shop that spares its checkout by answering fewer recommendations, twice: without a guard and with one.
//!
//! ```text
//! cargo run --example guard
//! ```
//!
//! Both routes ask one database, which is slow for a quarter of an hour. You see, minute by minute, what share of the recommendations is
//! admitted, how many of both fail, and what the guard has done for the checkout in the end.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use axum::{Router, http::StatusCode};
use goodput::axum::{GuardLayer, SliLayer};
use goodput::{FeatureGuard, Goodput, Guard, Slo, Timeline};
use http::Request;
use tower::ServiceExt;

const TICK: Duration = Duration::from_secs(10);
const TICKS_A_MINUTE: u64 = 6;
const MINUTES: u64 = 40;
/// Of each kind, between two ticks.
const REQUESTS: u64 = 50;

/// Answers so many queries between two ticks, and fails the others.
#[derive(Debug, Default)]
struct Database {
    left: AtomicU64,
}

impl Database {
    fn query(&self) -> StatusCode {
        // Relaxed: one thread runs all of this.
        let answered = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if answered.is_ok() { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR }
    }
}

/// What became of the requests of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    served: u64,
    shed: u64,
    failed: u64,
}

impl Answers {
    fn add(&mut self, status: StatusCode) {
        match status {
            StatusCode::OK => self.served += 1,
            StatusCode::SERVICE_UNAVAILABLE => self.shed += 1,
            _ => self.failed += 1,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    println!("without a guard");
    let (bare, _) = run(None).await?;
    println!("\nwith one");
    let guard = Guard::shed("spare-checkout", "checkout-ok").routes(["/recommendations"]).above("5");
    let (guarded, spare) = run(Some(guard)).await?;
    println!("\ncheckouts that failed: {} without the guard, {} with it", bare.failed, guarded.failed);
    ensure!(guarded.failed * 2 < bare.failed, "expected less than half as many: {bare:?}, {guarded:?}");
    ensure!(guarded.shed == 0, "expected every checkout to be admitted: {guarded:?}");
    let sent = MINUTES * TICKS_A_MINUTE * REQUESTS;
    ensure!(spare.served + spare.shed + spare.failed == sent, "expected {sent} recommendations: {spare:?}");
    Ok(())
}

/// What became of checkouts and recommendations.
async fn run(guard: Option<Guard>) -> anyhow::Result<(Answers, Answers)> {
    let (timeline, calendar) = Timeline::manual();
    let builder = Goodput::builder("shop")
        .timeline(timeline)
        .slo(Slo::availability("checkout-ok", "99%").routes(["/checkout"]))
        .slo(Slo::availability("spare-ok", "90%").routes(["/recommendations"]))
        .feature(FeatureGuard::new("new-ranking", "checkout-ok").above("2"));
    let has_guard = guard.is_some();
    let builder = guard.into_iter().fold(builder, goodput::GoodputBuilder::guard);
    let goodput = Arc::new(builder.build()?);
    let database = Arc::new(Database::default());
    let app = Router::new()
        .route("/checkout", get(|State(database): State<Arc<Database>>| async move { database.query() }))
        .route("/recommendations", get(|State(database): State<Arc<Database>>| async move { database.query() }))
        .layer(GuardLayer::new(Arc::clone(&goodput)))
        .layer(SliLayer::new(Arc::clone(&goodput)))
        .with_state(Arc::clone(&database));

    let (mut checkouts, mut spare, mut ranking_was_off) = (Answers::default(), Answers::default(), false);
    for minute in 0..MINUTES {
        let before = (checkouts, spare);
        for _ in 0..TICKS_A_MINUTE {
            let slow = (10..25).contains(&minute);
            database.left.store(if slow { REQUESTS * 13 / 10 } else { REQUESTS * 10 }, Ordering::Relaxed);
            for _ in 0..REQUESTS {
                spare.add(ask(&app, "/recommendations").await?);
                checkouts.add(ask(&app, "/checkout").await?);
            }
            calendar.advance(TICK);
            goodput.tick(calendar.now());
            ranking_was_off |= !goodput.feature_allowed("new-ranking");
        }
        let failed = (checkouts.failed - before.0.failed, spare.failed - before.1.failed);
        if failed != (0, 0) || goodput.guards_are_acting() {
            let admitted = goodput.status().guards.first().map_or("all".to_owned(), |guard| guard.admitted.to_string());
            println!(
                "minute {minute:>2}: {:>3} checkouts and {:>3} recommendations failed, {admitted} admitted",
                failed.0, failed.1
            );
        }
    }
    audit(&goodput, has_guard, &spare)?;
    ensure!(ranking_was_off && goodput.feature_allowed("new-ranking"), "expected the ranking to go and come back");
    Ok((checkouts, spare))
}

/// The numbers agree, and all is as it was before.
fn audit(goodput: &Goodput, has_guard: bool, spare: &Answers) -> anyhow::Result<()> {
    let status = goodput.status();
    let slo = status.slo("spare-ok").context("the SLO is there")?;
    let sheds = slo.sheds.as_ref().map_or(0, |sheds| sheds.sheds.bad);
    ensure!(sheds == spare.shed, "expected {} sheds: {sheds}", spare.shed);
    ensure!(slo.counts.bad == spare.shed + spare.failed, "expected sheds and failures to be bad: {:?}", slo.counts);
    for guard in &status.guards {
        println!("{guard}");
        ensure!(
            guard.held_back == spare.shed && guard.admitted == goodput::Share::ALL,
            "expected it to be open: {guard}"
        );
    }
    ensure!((spare.shed > 0) == has_guard, "expected sheds with a guard and none without: {spare:?}");
    Ok(())
}

async fn ask(app: &Router, path: &str) -> anyhow::Result<StatusCode> {
    Ok(app.clone().oneshot(Request::get(path).body(Body::empty())?).await?.status())
}
