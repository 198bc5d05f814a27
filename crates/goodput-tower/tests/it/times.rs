//! When things happen: what is measured to the head, the first byte and the end, and that waiting after it costs nothing.

use std::time::Duration;

use goodput_core::{Latencies, Measure, Slo, Verdict};
use http::{Method, Response};
use http_body_util::{BodyExt, Full};

use crate::house::{House, answer, frames, request};
use crate::script::Script;
use crate::script::Step::{Data, Error, Pending, Trailers};

/// One latency SLO for each point, all with a threshold of one second.
fn house() -> House {
    let slo = |name: &str, point| Slo::latency(name, "99%", Duration::from_secs(1)).measure(point);
    House::with(|builder| {
        builder
            .slo(Slo::availability("ok", "99%"))
            .slo(slo("head", Measure::Head))
            .slo(slo("first", Measure::FirstByte))
            .slo(slo("end", Measure::End))
    })
}

/// The body is polled once per second waited. Fast or slow, to the head, the first byte and the end.
#[track_caller]
fn check(what: &str, body: Script, headers: &[(&'static str, &'static str)], waits: &[u64], slow: [bool; 3]) {
    let house = house();
    let mut response = Response::builder();
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let mut response = house.answer(Method::GET, response.body(body).unwrap());
    for seconds in waits {
        house.wait(*seconds);
        frames(response.body_mut(), 1);
    }
    house.wait(100);
    drop(response);
    let status = house.goodput.status();
    for (slo, slow) in ["head", "first", "end"].into_iter().zip(slow) {
        let counts = status.slo(slo).unwrap().counts;
        assert_eq!((counts.good, counts.bad), (u64::from(!slow), u64::from(slow)), "{what}: {slo}");
    }
}

#[test]
fn each_point_that_an_slo_measures_has_a_figure_of_its_own() {
    let within = |latency: Option<Duration>, seconds: f64| {
        let latency = latency.unwrap().as_secs_f64();
        assert!((latency - seconds).abs() <= seconds * 0.0625, "{latency} s for {seconds} s");
    };
    let house = house();
    let (served, left) = (Script::new([Pending, Data(1), Data(1)]), Script::new([Data(1), Pending]));
    let mut response = house.answer(Method::GET, Response::new(served));
    for seconds in [1, 2, 4, 0] {
        house.wait(seconds);
        frames(response.body_mut(), 1);
    }
    let mut response = house.answer(Method::GET, Response::new(left));
    house.wait(9);
    frames(response.body_mut(), 1);
    drop(response);
    let route = house.goodput.status().routes[0].clone();
    assert_eq!([&route.success, &route.first_byte, &route.end, &route.streams].map(Latencies::count), [2, 1, 1, 0]);
    within(route.first_byte.quantile(0.5), 3.0);
    within(route.end.quantile(0.5), 7.0);
    // They are of what was served, as the figure to the head is.
    let house = self::house();
    for (status, said) in
        [(404, None), (503, None), (200, Some(Verdict::bad("wrong"))), (200, Some(Verdict::excluded("odd")))]
    {
        let mut response = Response::builder().status(status).body(Script::new([Data(1)])).unwrap();
        if let Some(said) = said {
            response.extensions_mut().insert(said);
        }
        frames(house.answer(Method::GET, response).body_mut(), 2);
        let route = house.goodput.status().routes[0].clone();
        assert_eq!([&route.success, &route.first_byte, &route.end].map(Latencies::count), [0; 3], "{status} {said:?}");
    }
    // Where nobody measures to there, nobody reads a clock there.
    let house = House::new();
    let mut response = house.answer(Method::GET, Response::new(Script::new([Data(1)])));
    frames(response.body_mut(), 2);
    let route = house.goodput.status().routes[0].clone();
    assert_eq!([&route.success, &route.first_byte, &route.end].map(Latencies::count), [1, 0, 0]);
}

#[test]
fn latency_is_measured_to_the_point_the_slo_names() {
    let two = || Script::new([Data(1), Data(1)]);
    check("all at once", two(), &[], &[0, 0, 0], [false, false, false]);
    check("just in time", two(), &[], &[1, 0, 0], [false, false, false]);
    check("a late first byte", two(), &[], &[2, 0, 0], [false, true, true]);
    check("a late last byte", two(), &[], &[0, 2, 0], [false, false, true]);
    check("a late end", two(), &[], &[0, 0, 2], [false, false, true]);
    check("a late end without data", Script::new([]), &[], &[2], [false, true, true]);
    check("no bytes in the first frame", Script::new([Data(0), Data(1)]), &[], &[0, 2, 0], [false, true, true]);
    check("late trailers", Script::new([Data(1), Trailers]), &[], &[0, 2], [false, false, true]);
    check("a late failure", Script::new([Pending, Error]), &[], &[0, 2], [false, true, true]);
}

#[test]
fn the_end_is_the_last_byte_and_not_the_drop() {
    let two = || Script::new([Data(1), Data(1), Pending]);
    check("it says so", two_ending().knowing_its_end(), &[], &[0, 0], [false; 3]);
    check("its own size", two().knowing_its_size(), &[], &[0, 0], [false; 3]);
    check("content-length", two(), &[("content-length", "2")], &[0, 0], [false; 3]);
    check("nothing says so", two(), &[], &[0, 0], [false, false, true]);
}

fn two_ending() -> Script {
    Script::new([Data(1), Data(1)])
}

#[test]
fn a_response_to_head_took_until_its_head_for_every_point() {
    let house = house();
    let response = house.answer(Method::HEAD, Response::new(Full::<bytes::Bytes>::from("hello").boxed()));
    house.wait(100);
    drop(response);
    let status = house.goodput.status();
    for slo in ["head", "first", "end"] {
        assert_eq!(status.slo(slo).unwrap().counts.good, 1, "{slo}");
    }
}

#[test]
fn a_request_begins_when_the_service_is_called() {
    let house = house();
    let layer = house.layer();
    house.wait(100);
    let _kept = answer(&layer, request(Method::HEAD), Response::new(Script::new([])));
    assert_eq!(house.goodput.status().slo("head").unwrap().counts.good, 1);
}
