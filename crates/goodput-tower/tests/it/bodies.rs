//! How a response ends after its head.

use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use goodput_core::Outcome;
use http::{HeaderMap, Method, Response, Version};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full, Limited};

use crate::house::{Bad, Good, House, Judged, frame, frames, now, panics};
use crate::script::Step::{Data, Error, Panic, Pending, Trailers};
use crate::script::{Script, Torn};

/// A 200 with this body and these headers is over after `polls` polls, and not before.
#[track_caller]
fn check(what: &str, body: Script, headers: &[(&'static str, &'static str)], polls: usize, outcome: Outcome) {
    let judged = match outcome {
        Outcome::Success | Outcome::BodyDropped => Good,
        _ => Bad,
    };
    let house = House::new();
    let mut response = Response::builder();
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let response = response.body(body).unwrap();
    let is_grpc = headers.iter().any(|(_, value)| value.starts_with("application/grpc"));
    let mut response = if is_grpc { house.answer_call(response) } else { house.answer(Method::GET, response) };
    for _ in 0..polls {
        house.check_in_flight(what);
        let _ = frame(response.body_mut());
    }
    // Kept: a response that somebody holds on to after its end is not in flight.
    house.check(&format!("{what}, kept"), outcome, judged);
    frames(response.body_mut(), 3);
    house.check(&format!("{what}, polled on"), outcome, judged);
    drop(response);
    house.check(&format!("{what}, dropped"), outcome, judged);
}

#[test]
fn a_body_is_complete_at_the_first_thing_that_says_so() {
    let success = Outcome::Success;
    check("None", Script::new([Data(2), Data(2)]), &[], 3, success);
    check("None after nothing", Script::new([]), &[], 1, success);
    check("the last frame", Script::new([Data(2), Data(2)]).knowing_its_end(), &[], 2, success);
    check("an empty last frame", Script::new([Data(2), Data(0)]).knowing_its_end(), &[], 2, success);
    check("trailers", Script::new([Data(2), Trailers]), &[], 2, success);
    check("trailers as last frame", Script::new([Data(2), Trailers]).knowing_its_end(), &[], 2, success);
    check("trailers alone", Script::new([Trailers]), &[], 1, success);
    check("waiting in between", Script::new([Pending, Data(2), Pending]), &[], 4, success);
}

#[test]
fn a_body_is_complete_with_the_last_byte_of_its_declared_length() {
    let success = Outcome::Success;
    let five = || Script::new([Data(3), Data(2), Pending]);
    check("its own size", five().knowing_its_size(), &[], 2, success);
    check("content-length", five(), &[("content-length", "5")], 2, success);
    check("content-length first", five().knowing_its_size(), &[("content-length", "3")], 1, success);
}

#[test]
fn over_http2_a_body_may_still_break_after_its_declared_length() {
    let rows = [
        (vec![Data(5), Pending], Outcome::Success), // and then it is dropped
        (vec![Data(5), Error], Outcome::BodyFailed),
        (vec![Data(5), Data(1)], Outcome::BodyFailed),
        (vec![Data(5), Trailers], Outcome::Success),
    ];
    for (steps, outcome) in rows {
        for (declared, sized) in [(Some("5"), false), (None, true)] {
            let house = House::new();
            let body = Script::new(steps.clone());
            let body = if sized && outcome != Outcome::BodyFailed { body.knowing_its_size() } else { body };
            let declared = declared.or((outcome == Outcome::BodyFailed).then_some("5"));
            let mut response = Response::builder();
            if let Some(declared) = declared {
                response = response.header("content-length", declared);
            }
            let mut response = house.answer_over(Version::HTTP_2, response.body(body).unwrap());
            frames(response.body_mut(), 1);
            house.check_in_flight("after the last byte");
            frames(response.body_mut(), 1);
            drop(response);
            let judged = if outcome == Outcome::Success { Good } else { Bad };
            house.check(&format!("{steps:?}, {declared:?}"), outcome, judged);
        }
    }
}

#[test]
fn a_body_that_misses_its_declared_length_has_failed() {
    let five = || Script::new([Data(3), Data(2)]);
    check("ends short", five(), &[("content-length", "6")], 3, Outcome::BodyFailed);
    check("says it ends short", five().knowing_its_end(), &[("content-length", "6")], 2, Outcome::BodyFailed);
    let trailers = Script::new([Data(3), Trailers]);
    check("has trailers too early", trailers, &[("content-length", "6")], 2, Outcome::BodyFailed);
}

#[test]
fn a_body_that_goes_beyond_its_declared_length_is_cut_by_http1_and_fails_http2() {
    for (version, outcome, judged) in
        [(Version::HTTP_11, Outcome::Success, Good), (Version::HTTP_2, Outcome::BodyFailed, Bad)]
    {
        let house = House::new();
        let body = Script::new([Data(3), Data(3)]);
        let response = Response::builder().header("content-length", "4").body(body).unwrap();
        let mut response = house.answer_over(version, response);
        frames(response.body_mut(), 2);
        house.check(&format!("{version:?}"), outcome, judged);
    }
}

#[test]
fn a_body_dropped_before_its_trailers_has_delivered_all_but_for_grpc() {
    let rows = [
        (("trailer", "digest"), 1, Outcome::BodyDropped),
        (("trailer", "digest"), 2, Outcome::Success),
        (("content-type", "application/grpc"), 2, Outcome::BodyDropped),
    ];
    for ((name, value), polled, outcome) in rows {
        let house = House::new();
        let body = Script::new([Data(3), Data(2), Pending, Trailers]).knowing_its_size();
        let response = Response::builder().header(name, value).body(body).unwrap();
        let is_grpc = name == "content-type";
        let mut response = if is_grpc { house.answer_call(response) } else { house.answer(Method::GET, response) };
        frames(response.body_mut(), polled);
        house.check_in_flight("before the drop");
        drop(response);
        house.check(&format!("{name}: {value}, dropped after {polled} frames"), outcome, Good);
    }
}

#[test]
fn a_declared_length_is_not_the_end_where_trailers_follow() {
    let body = || Script::new([Data(5), Pending, Trailers]).knowing_its_size();
    let rows = [
        (("trailer", "digest"), Outcome::Success),
        // The trailers of a gRPC response have to say how it went.
        (("content-type", "application/grpc"), Outcome::NoStatus),
        (("content-type", "application/grpc+proto"), Outcome::NoStatus),
    ];
    for (header, outcome) in rows {
        check(&format!("{header:?}"), body(), &[header], 3, outcome);
    }
}

#[test]
fn a_body_that_fails_is_bad() {
    check("at once", Script::new([Error]), &[], 1, Outcome::BodyFailed);
    check("midway", Script::new([Data(2), Error]), &[], 2, Outcome::BodyFailed);
    check("short of its length", Script::new([Data(2), Error]), &[("content-length", "5")], 2, Outcome::BodyFailed);
    check("as last step", Script::new([Data(2), Error]).knowing_its_end(), &[], 2, Outcome::BodyFailed);
    check("and goes on", Script::new([Error, Data(2), Trailers]), &[], 1, Outcome::BodyFailed);
}

#[test]
fn a_body_that_panics_is_recorded_when_it_happens_and_not_again_when_it_is_dropped() {
    for frames_before in 0..3 {
        let house = House::new();
        let steps = std::iter::repeat_n(Data(1), frames_before).chain([Panic]);
        let mut response = house.answer(Method::GET, Response::new(Script::new(steps)));
        frames(response.body_mut(), frames_before);
        house.check_in_flight("before the panic");
        panics(|| frames(response.body_mut(), 1));
        house.check("caught", Outcome::Panicked, Bad);
        drop(response);
        house.check("dropped", Outcome::Panicked, Bad);
    }
}

#[test]
fn a_body_dropped_before_its_end_is_judged_by_its_head() {
    // A failure is one whether or not somebody reads about it.
    let rows: [(u16, Outcome, Judged); 2] = [(200, Outcome::BodyDropped, Good), (500, Outcome::ServerError, Bad)];
    for (status, outcome, judged) in rows {
        for polled in 0..3 {
            let house = House::new();
            let body = Script::new([Data(1), Data(1), Data(1)]).knowing_its_size();
            let mut response = house.answer(Method::GET, Response::builder().status(status).body(body).unwrap());
            frames(response.body_mut(), polled);
            house.check_in_flight("before the drop");
            drop(response);
            house.check(&format!("{status}, dropped after {polled} frames"), outcome, judged);
        }
    }
}

#[test]
fn a_body_keeps_its_response_in_flight_when_it_is_taken_out() {
    let house = House::new();
    let body = house.answer(Method::GET, Response::new(Script::new([Data(1)]))).into_body();
    house.check_in_flight("taken out");
    drop(body);
    house.check("dropped", Outcome::BodyDropped, Good);
}

/// Frame by frame, the followed body is the inner one.
#[track_caller]
fn delegates<B>(what: &str, make: impl Fn() -> B)
where
    B: Body + Unpin + 'static,
    B::Data: PartialEq + std::fmt::Debug,
    B::Error: std::fmt::Debug,
{
    for house in [House::new(), House::judging_heads()] {
        let mut inner = make();
        let mut followed = house.answer(Method::GET, Response::new(make())).into_body();
        loop {
            assert_eq!(followed.is_end_stream(), inner.is_end_stream(), "{what}");
            let (ours, theirs) = (followed.size_hint(), inner.size_hint());
            assert_eq!((ours.lower(), ours.upper()), (theirs.lower(), theirs.upper()), "{what}");
            let (ours, theirs) = (frame(&mut followed), frame(&mut inner));
            assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{what}");
            if matches!(theirs, Poll::Ready(None)) {
                break;
            }
        }
        house.check(what, house.goodput.status().routes[0].outcomes.iter().find(|o| o.1 > 0).unwrap().0, Good);
    }
}

#[test]
fn size_end_and_frames_are_the_inner_bodys_own() {
    let full = || Full::<Bytes>::from("hello");
    delegates("full", full);
    delegates("empty", Empty::<Bytes>::new);
    delegates("limited", || Limited::new(full(), 100));
    delegates("boxed", || full().boxed());
    delegates("with trailers", || full().with_trailers(std::future::ready(Some(Ok(HeaderMap::new())))));
    delegates("stream", || Script::new([Data(2), Pending, Data(0), Data(2), Trailers]));
    delegates("sized", || Script::new([Data(2), Data(2)]).knowing_its_size());
    delegates("sized, knowing its end", || Script::new([Data(2), Data(2)]).knowing_its_size().knowing_its_end());
}

#[test]
fn the_error_of_a_body_is_handed_on_untouched() {
    let house = House::new();
    let mut response = house.answer(Method::GET, Response::new(Script::new([Error])));
    let Poll::Ready(Some(Err(error))) = frame(response.body_mut()) else { panic!("no error") };
    assert_eq!(error, Torn);
}

#[test]
fn a_collected_body_is_complete() {
    let house = House::new();
    let response = house.answer(Method::GET, Response::new(Script::new([Data(2), Trailers])));
    let collected = now(response.into_body().collect()).unwrap();
    assert!(collected.trailers().is_some());
    house.check("collected", Outcome::Success, Good);
}

#[test]
fn a_body_that_is_not_unpin_is_followed_too() {
    let house = House::new();
    let body = Full::<Bytes>::from("hello").with_trailers(async { None });
    let mut body = Box::pin(house.answer(Method::GET, Response::new(body)).into_body());
    while !matches!(frame(&mut Pin::as_mut(&mut body)), Poll::Ready(None)) {}
    house.check("read", Outcome::Success, Good);
}
