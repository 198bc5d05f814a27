//! Chaos: clients that leave wherever they like, handlers and bodies that fail wherever they like, over real connections; and
//! every request is counted once, as what it was.
//!
//! What happens to a request is decided by a seed and its number (`GOODPUT_CHAOS_SEED`, printed; `GOODPUT_CHAOS_REQUESTS` says
//! how many). What comes of it is a race, which the service itself and its clients write down beside the library, each as far
//! as it can know (`chaos/ledger.rs`).

#![expect(clippy::print_stdout, reason = "the seed, and what happened, to be seen when it fails")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, its helpers too")]

#[path = "chaos/clients.rs"]
mod clients;
#[path = "chaos/http1.rs"]
mod http1;
#[path = "chaos/http2.rs"]
mod http2;
#[path = "chaos/ledger.rs"]
mod ledger;
#[path = "chaos/plan.rs"]
mod plan;
#[path = "chaos/random.rs"]
mod random;
#[path = "chaos/servers.rs"]
mod servers;
#[path = "chaos/service.rs"]
mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goodput::{Goodput, JudgedAt, Measure, Outcome, Slo, Status};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

use clients::Lane;
use ledger::{Fate, Ledger, SLOS, SLOS_AT_HEAD, Seen};
use plan::{Deed, Plan};
use servers::{Instances, start_axum, start_hyper};
use service::Scene;

/// Clients of each server over each protocol.
const CLIENTS: usize = 32;
/// How many of them share a connection over HTTP/2.
const SHARING: usize = 4;

/// Slower than anything here, so that verdicts do not depend on how busy the machine is.
const AN_HOUR: Duration = Duration::from_secs(3_600);

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

fn instance(slos: &[&str]) -> &'static Goodput {
    let fast = |name: &str| Slo::latency(name, "99%", AN_HOUR);
    let builder = Goodput::builder("chaos").server_deadline(AN_HOUR);
    let defined = slos.iter().map(|name| match *name {
        "available" => Slo::availability("available", "99.9%"),
        "available-at-head" => Slo::availability("available-at-head", "99.9%").judged_at(JudgedAt::Head),
        "whole" => fast("whole").measure(Measure::End),
        name => fast(name),
    });
    defined.fold(builder, goodput::GoodputBuilder::slo).build().unwrap().leak()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_thousand_rough_requests_are_each_counted_once_and_as_what_they_were() {
    let seed = number_from("GOODPUT_CHAOS_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let requests = number_from("GOODPUT_CHAOS_REQUESTS").unwrap_or(200_000) as usize;
    println!("GOODPUT_CHAOS_SEED={seed} GOODPUT_CHAOS_REQUESTS={requests}");
    // One in fourteen is left before the service has it.
    let tries = requests + requests / 10;

    let instances = Instances { whole: instance(&SLOS), heads: instance(&SLOS_AT_HEAD) };
    let arrived = (0..4 * CLIENTS).map(|_| tokio::sync::Notify::new()).collect();
    let ledger = Arc::new(Ledger::new(tries));
    let scene = Arc::new(Scene { seed, ledger: Arc::clone(&ledger), arrived });
    let addresses = [start_axum(instances, &scene).await, start_hyper(instances, &scene).await];
    let reader = tokio::spawn(read_and_check(instances, Arc::clone(&ledger)));

    let (dialled, mut clients) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
    for (number, address) in addresses.into_iter().enumerate() {
        let lane = Lane { scene: Arc::clone(&scene), address, dialled: Arc::clone(&dialled) };
        let mut shared = http2::Shared::default();
        for client in 0..CLIENTS {
            let share = |protocol| Lane::share((2 * number + protocol) * CLIENTS + client, 4 * CLIENTS, tries);
            clients.spawn(http1::work_off(lane.clone(), share(0)));
            if client % SHARING == 0 {
                shared = http2::Shared::default();
            }
            clients.spawn(http2::work_off(lane.clone(), Arc::clone(&shared), share(1)));
        }
    }
    let patience = Duration::from_secs(20 + requests as u64 / 1_000);
    let served = timeout(patience, async { while clients.join_next().await.transpose().unwrap().is_some() {} }).await;
    assert!(served.is_ok(), "{} clients are still waiting: {:#?}", clients.len(), unfinished(&ledger, seed));
    settle(instances, &ledger, seed).await;

    assert!(!reader.is_finished(), "the reader found a fault: {:?}", reader.await);
    println!("{} connections, {tries} requests, {} begun", dialled.load(Ordering::Relaxed), ledger.begun());
    assert!(ledger.begun() >= requests as u64);
    assert_eq!(ledger.muddled(), 0, "requests that the service itself had twice");
    assert_all_happened(&ledger, seed);
    assert_sides_agree(&ledger, seed);
    assert_counts_are(&instances.whole.status(), &SLOS, Fate::outcome, &ledger, seed);
    assert_counts_are(&instances.heads.status(), &SLOS_AT_HEAD, Fate::outcome_at_head, &ledger, seed);
}

/// Reads again and again while requests come and go.
async fn read_and_check(instances: Instances, ledger: Arc<Ledger>) {
    let (mut pause, mut before) = (interval(Duration::from_millis(5)), [0; 2]);
    loop {
        pause.tick().await;
        for (goodput, before) in [instances.whole, instances.heads].into_iter().zip(&mut before) {
            let begun = ledger.begun();
            let status = goodput.status();
            let ended = ledger.ended();
            let counted = Counted::of(&status);
            // The library hears of a beginning before the handler does, and of an end after it.
            assert!(begun <= counted.begun, "{begun} handlers have begun, {counted:?}");
            assert_eq!(counted.begun, counted.finished + status.in_flight, "begun = finished + in flight");
            assert!(*before <= counted.finished, "{before} had finished before, {counted:?}");
            *before = counted.finished;
            if status.slos.len() == SLOS.len() {
                assert!(counted.finished <= ended, "{ended} have ended, {counted:?}");
                let judged =
                    status.slos.iter().map(|slo| (slo, slo.counts.good + slo.counts.bad + slo.counts.excluded));
                for (slo, judged) in judged.filter(|(slo, _)| !SLOS_AT_HEAD.contains(&slo.name.as_str())) {
                    assert!(judged <= ended, "{judged} judged by {}, {ended} have ended", slo.name);
                }
            }
        }
    }
}

#[derive(Debug)]
struct Counted {
    begun: u64,
    finished: u64,
}

impl Counted {
    fn of(status: &Status) -> Self {
        let begun = status.routes.iter().map(|route| route.begun).sum();
        let finished = status.routes.iter().map(|route| route.finished).sum();
        Self { begun, finished }
    }
}

/// Waits until nothing is in flight any more. What its client has left may still be ending on the server.
async fn settle(instances: Instances, ledger: &Ledger, seed: u64) {
    let in_flight = || [instances.whole, instances.heads].map(|goodput| goodput.status().in_flight);
    let settle = async {
        while in_flight() != [0, 0] {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let settled = timeout(Duration::from_secs(20), settle).await;
    assert!(settled.is_ok(), "{:?} in flight: {:#?}", in_flight(), unfinished(ledger, seed));
}

/// What is not over for the service, or for its client: the first of each client, a few of them.
fn unfinished(ledger: &Ledger, seed: u64) -> Vec<(usize, Fate, Seen, Plan)> {
    let open = |fate, seen| matches!(fate, Fate::Begun | Fate::Answering) || seen == Seen::NotYet;
    let mut firsts = BTreeMap::new();
    for (number, fate, seen) in ledger.entries().filter(|(_, fate, seen)| open(*fate, *seen)) {
        firsts.entry(number % (4 * CLIENTS)).or_insert((number, fate, seen, Plan::of(seed, number)));
    }
    firsts.into_values().take(10).collect()
}

/// A race proves something only if it took place: every deed ended in every way it can, and often.
fn assert_all_happened(ledger: &Ledger, seed: u64) {
    let (mut happened, mut seen_so, mut requests) = (BTreeMap::new(), BTreeMap::new(), 0);
    for (number, fate, seen) in ledger.entries() {
        *happened.entry((Plan::of(seed, number).deed, fate)).or_insert(0_usize) += 1;
        *seen_so.entry((fate, seen)).or_insert(0_usize) += 1;
        requests += 1;
    }
    println!("{happened:?}\n{seen_so:?}");
    let times = |wanted: Fate| happened.iter().filter(|((_, fate), _)| *fate == wanted).map(|(_, times)| times).sum();
    for fate in Fate::ALL.into_iter().filter(|fate| !matches!(fate, Fate::Begun | Fate::Answering)) {
        let times: usize = times(fate);
        assert!(times >= requests / 2_000, "only {times} of {requests} requests were {fate:?}");
    }
    for seen in Seen::ALL.into_iter().filter(|seen| *seen != Seen::NotYet) {
        let times: usize = seen_so.iter().filter(|((_, own), _)| *own == seen).map(|(_, times)| times).sum();
        assert!(times >= requests / 2_000, "only {times} clients of {requests} saw {seen:?}");
    }
}

/// What a client knows is what the service did: above all, a request that was seen complete was never dropped or cancelled.
fn assert_sides_agree(ledger: &Ledger, seed: u64) {
    let torn = ledger.entries().filter(|(_, fate, seen)| !seen.allows(*fate));
    let torn: Vec<_> = torn.map(|(number, fate, seen)| (number, fate, seen, Plan::of(seed, number))).collect();
    assert!(torn.is_empty(), "{} requests, seen otherwise than done: {:#?}", torn.len(), &torn[..torn.len().min(5)]);
}

/// The library's outcomes by route, and its verdicts by SLO, are what the service wrote down.
fn assert_counts_are(status: &Status, slos: &[&str], outcome: fn(Fate) -> Option<Outcome>, ledger: &Ledger, seed: u64) {
    let (mut happened, mut judged) = (BTreeMap::new(), BTreeMap::new());
    for (number, fate, _) in ledger.entries() {
        let (Some(outcome), Some(verdicts)) = (outcome(fate), fate.verdicts()) else { continue };
        *happened.entry((Plan::of(seed, number).deed.template(), outcome)).or_insert(0_u64) += 1;
        for (slo, verdict) in SLOS.into_iter().zip(verdicts) {
            let counts: &mut [u64; 3] = judged.entry(slo).or_default();
            counts[verdict as usize] += 1;
        }
    }
    let mut counted = BTreeMap::new();
    for route in &status.routes {
        for (outcome, times) in route.outcomes.iter().filter(|(_, times)| *times > 0) {
            counted.insert((route.template.clone(), *outcome), *times);
        }
    }
    let rows: BTreeSet<_> = counted.keys().chain(happened.keys()).collect();
    let wrong = rows.into_iter().filter(|row| counted.get(row) != happened.get(row));
    let wrong: Vec<_> = wrong.map(|row| (row, "counted", counted.get(row), "happened", happened.get(row))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");

    let Counted { begun, finished } = Counted::of(status);
    assert_eq!((begun, finished, status.in_flight), (ledger.begun(), ledger.begun(), 0), "begun, finished, in flight");
    assert_eq!(status.slos.len(), slos.len());
    for slo in &status.slos {
        let counts = [slo.counts.good, slo.counts.bad, slo.counts.excluded];
        assert_eq!(counts, judged[slo.name.as_str()], "good, bad and excluded of {}", slo.name);
        assert_eq!(counts.iter().sum::<u64>(), finished, "{}", slo.name);
    }
}

#[test]
fn a_seed_decides_every_plan_and_every_deed_gets_its_share() {
    let mut dealt = BTreeMap::new();
    for number in 0..10_000 {
        let plan = Plan::of(7, number);
        assert_eq!(plan, Plan::of(7, number));
        assert_eq!(plan::asked(&plan::path(plan.deed, number)), (plan.deed, number));
        *dealt.entry(plan.deed).or_insert(0) += 1;
    }
    assert_eq!(dealt.len(), Deed::all().count());
    assert!(dealt.values().all(|times| *times > 100), "{dealt:?}");
}
