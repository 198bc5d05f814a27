//! What an answer costs: little on the thread that asks, whatever there is to render, and so many bytes at most.
//!
//! `cargo test -p goodput-status --test cost -- --nocapture` prints the figures.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use goodput_core::{Definition, Goodput, Slo, Timeline};
use goodput_status::StatusService;
use http_body_util::BodyExt;
use tower::{Service, ServiceExt};

/// So many SLOs on so many routes, each of which has been used.
fn large(slos: usize, routes: usize) -> Arc<Goodput> {
    let mut definition = Definition::new("large");
    definition.max_routes = routes;
    definition.slos =
        (0..slos).map(|index| Slo::availability(format!("slo-{index}"), "99.9%").routes([route(index)])).collect();
    let goodput = Goodput::builder("large").definition(definition).build().unwrap();
    (0..routes).for_each(|index| goodput.work(&route(index)).good());
    (0..routes).for_each(|index| goodput.work(&route(index)).bad("broken"));
    goodput.tick(goodput.now());
    Arc::new(goodput)
}

fn route(index: usize) -> String {
    format!("/a/route/of/some/length/{{id}}/{index}")
}

fn request(path: &str) -> http::Request<()> {
    http::Request::get(path).body(()).unwrap()
}

/// How long asking and being told to wait takes on this thread, at best of several, and how long until the answer is there.
fn measure(goodput: &Arc<Goodput>, path: &str) -> (Duration, Duration, usize) {
    let clock = Timeline::system();
    let now = || clock.now().since_origin();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut best = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..20 {
        let mut status = StatusService::new(Arc::clone(goodput)).max_age(Duration::ZERO);
        let began = now();
        let mut answer = pin!(status.call(request(path)));
        let first = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let asked = now().saturating_sub(began);
        let response = match first {
            Poll::Ready(response) => response.unwrap(),
            Poll::Pending => runtime.block_on(answer).unwrap(),
        };
        let answered = now().saturating_sub(began);
        let length = runtime.block_on(response.into_body().collect()).unwrap().to_bytes().len();
        best = (best.0.min(asked), best.1.min(answered), length);
    }
    best
}

#[test]
fn asking_holds_up_no_thread_however_much_there_is_to_render() {
    let goodput = large(100, 1_000);
    for path in ["/status", "/metrics", "/gate"] {
        let (asked, answered, length) = measure(&goodput, path);
        println!("{path}: {asked:?} on the thread that asks, {answered:?} until it is answered, {length} bytes");
        assert!(asked < Duration::from_millis(1), "{path}: {asked:?}");
        assert!(length < 1 << 20, "{path}: {length} bytes");
    }
}

#[test]
fn a_thousand_slos_fit_into_what_the_gate_reads() {
    let goodput = large(1_000, 1_000);
    for path in ["/status", "/metrics", "/gate"] {
        let (asked, answered, length) = measure(&goodput, path);
        println!("{path} of 1,000 SLOs: {asked:?}, {answered:?}, {length} bytes");
        assert!(length < 8 << 20, "{path}: {length} bytes");
    }
}

#[test]
fn a_shared_page_costs_a_clone() {
    let status = StatusService::new(large(100, 1_000)).max_age(Duration::from_secs(3_600));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(status.clone().oneshot(request("/status"))).unwrap();
    let mut answer = pin!(status.clone().call(request("/status")));
    assert!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready(), "the page is there already");
}
