//! A layer inside another layer of the same instance counts nothing.

use std::convert::Infallible;
use std::future::ready;

use bytes::Bytes;
use goodput_core::{Outcome, Verdict};
use goodput_tower::SliLayer;
use http::{Method, Request, Response};
use http_body_util::Full;
use tower::{Layer, Service, service_fn};

use crate::house::{Bad, Excluded, Good, House, frames, now, panics, request};

fn hello() -> Response<Full<Bytes>> {
    Response::new(Full::from("hello"))
}

#[test]
fn two_layers_of_one_instance_count_a_request_once_as_the_outer_one_names_it() {
    let house = House::new();
    let inner = SliLayer::new(house.handle()).route("/inner");
    let mut service =
        house.layer().layer(inner.layer(service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(hello())))));
    let mut response = now(service.call(request(Method::GET))).unwrap();
    frames(response.body_mut(), 1);
    house.check("called in call", Outcome::Success, Good);
}

#[test]
fn a_layer_called_while_the_outer_future_is_polled_counts_nothing() {
    let house = House::new();
    let inner = SliLayer::new(house.handle()).route("/inner");
    let mut service = house.layer().layer(service_fn(|request: Request<()>| {
        let mut inner = inner.layer(service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(hello()))));
        async move { inner.call(request).await }
    }));
    let mut response = now(service.call(request(Method::GET))).unwrap();
    frames(response.body_mut(), 1);
    house.check("called in poll", Outcome::Success, Good);
}

#[test]
fn layers_of_two_instances_count_a_request_each() {
    let (outer, inner) = (House::new(), House::new());
    let layered = inner.layer().layer(service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(hello()))));
    let mut response = now(outer.layer().layer(layered).call(request(Method::GET))).unwrap();
    frames(response.body_mut(), 1);
    outer.check("outer", Outcome::Success, Good);
    inner.check("inner", Outcome::Success, Good);
}

#[test]
fn two_requests_after_each_other_are_not_nested_even_after_a_panic() {
    let house = House::new();
    let mut broken = house.layer().layer(service_fn(|_: Request<()>| async {
        assert!(std::hint::black_box(false), "in the future");
        Ok::<_, Infallible>(hello())
    }));
    panics(|| drop(now(broken.call(request(Method::GET)))));
    house.check("the first", Outcome::Panicked, Bad);

    frames(house.answer(Method::GET, hello()).body_mut(), 1);
    let status = house.goodput.status();
    assert_eq!((status.routes[0].begun, status.in_flight), (2, 0));
    assert_eq!(status.routes[0].outcome(Outcome::Success), 1);
}

#[test]
fn a_request_made_by_someone_else_meanwhile_is_counted() {
    // Between two polls of a pending request, the thread serves another one.
    let house = House::new();
    let mut pending = house
        .layer()
        .layer(service_fn(|_: Request<()>| std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>()));
    let mut waiting = Box::pin(pending.call(request(Method::GET)));
    assert!(crate::house::poll(waiting.as_mut()).is_pending());
    frames(house.answer(Method::GET, hello()).body_mut(), 1);
    let status = house.goodput.status();
    assert_eq!((status.routes[0].begun, status.in_flight), (2, 1));
}

#[test]
fn a_word_is_heard_though_another_instance_heard_one_meanwhile() {
    let (house, other) = (House::new(), House::new());
    let says = |verdict| {
        service_fn(move |_: Request<()>| {
            goodput_tower::say(verdict);
            ready(Ok::<_, Infallible>(hello()))
        })
    };
    let mut inside = other.layer().layer(says(Verdict::bad("theirs")));
    let mut service = house.layer().layer(service_fn(move |request: Request<()>| {
        goodput_tower::say(Verdict::excluded("ours"));
        inside.call(request)
    }));
    let mut response = now(service.call(request(Method::GET))).unwrap();
    frames(response.body_mut(), 1);
    house.check("ours", Outcome::SaidExcluded, Excluded);
    other.check("theirs", Outcome::SaidBad, Bad);
}
