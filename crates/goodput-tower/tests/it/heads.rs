//! What the head of a response says, on routes judged there and on routes judged at the end.

use bytes::Bytes;
use goodput_core::{Degraded, Outcome, Slo, Verdict};
use goodput_tower::SliLayer;
use http::{Method, Response, StatusCode};
use http_body_util::{Empty, Full};

use crate::house::{Bad, Excluded, Good, House, Judged, answer, frames, request};
use crate::script::{Script, Step};

fn hello(status: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from("hello"));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

const STATUSES: [(u16, Outcome, Judged); 9] = [
    (200, Outcome::Success, Good),
    (302, Outcome::Success, Good),
    (400, Outcome::ClientError, Good),
    (404, Outcome::ClientError, Good),
    (405, Outcome::ClientError, Excluded),
    (408, Outcome::ServerError, Bad),
    (429, Outcome::ClientError, Excluded),
    (500, Outcome::ServerError, Bad),
    (503, Outcome::ServerError, Bad),
];

#[test]
fn a_response_counts_as_its_status_at_the_head() {
    for (status, outcome, judged) in STATUSES {
        let house = House::judging_heads();
        let kept = house.answer(Method::GET, hello(status));
        house.check(&format!("{status}, kept unread"), outcome, judged);
        drop(kept);
        house.check(&format!("{status}, dropped unread"), outcome, judged);
    }
}

#[test]
fn a_response_counts_as_its_status_at_the_end() {
    for (status, outcome, judged) in STATUSES {
        let house = House::new();
        let mut response = house.answer(Method::GET, hello(status));
        house.check_in_flight(&format!("{status}, unread"));
        frames(response.body_mut(), 1);
        house.check(&format!("{status}, read"), outcome, judged);
        drop(response);
        house.check(&format!("{status}, dropped"), outcome, judged);
    }
}

#[test]
fn an_unmatched_404_is_excluded_and_another_unmatched_status_is_judged() {
    let rows = [(404, Outcome::ClientError, Excluded), (200, Outcome::Success, Good), (500, Outcome::ServerError, Bad)];
    for (status, outcome, judged) in rows {
        let house = House::new();
        let layer = SliLayer::new(house.handle());
        let mut response = answer(&layer, request(Method::GET), hello(status));
        frames(response.body_mut(), 1);
        house.check_on(&status.to_string(), "unmatched", outcome, judged);
    }
}

#[test]
fn an_excluded_route_is_excluded_by_its_template_and_over_at_its_head() {
    for status in [200, 404, 500] {
        let house = House::new();
        let layer = SliLayer::new(house.handle()).route("/health");
        let outcome = STATUSES.iter().find(|row| row.0 == status).unwrap().1;
        let _kept = answer(&layer, request(Method::GET), hello(status));
        house.check_on(&status.to_string(), "/health", outcome, Excluded);
    }
}

#[test]
fn a_response_that_http_gives_no_body_is_complete_with_its_head() {
    let rows = [
        (Method::HEAD, 200, Outcome::Success, Good),
        (Method::HEAD, 500, Outcome::ServerError, Bad),
        (Method::GET, 101, Outcome::Success, Good),
        (Method::GET, 103, Outcome::ServerError, Bad), // no server can send it as an answer
        (Method::GET, 204, Outcome::Success, Good),
        (Method::GET, 304, Outcome::Success, Good),
        (Method::CONNECT, 200, Outcome::Success, Good),
    ];
    for (method, status, outcome, judged) in rows {
        let what = format!("{method} {status}");
        let house = House::new();
        let response = house.answer(method, hello(status));
        house.check(&what, outcome, judged);
        drop(response);
        house.check(&what, outcome, judged);
    }
}

#[test]
fn a_refused_connect_has_a_body_like_any_other() {
    let house = House::new();
    drop(house.answer(Method::CONNECT, hello(403)));
    house.check("403 to CONNECT, dropped", Outcome::BodyDropped, Good);
}

#[test]
fn a_response_without_a_body_is_complete_with_its_head() {
    let house = House::new();
    let _kept = house.answer(Method::GET, Response::new(Empty::<Bytes>::new()));
    house.check("an empty body", Outcome::Success, Good);

    let house = House::new();
    let nothing = Response::builder().header("content-length", "0");
    let _kept = house.answer(Method::GET, nothing.body(Script::new([])).unwrap());
    house.check("a declared length of 0", Outcome::Success, Good);
}

#[test]
fn an_event_stream_is_judged_by_its_head() {
    let house = House::new();
    let events = Response::builder().header("content-type", "text/event-stream; charset=utf-8");
    let mut response = house.answer(Method::GET, events.body(Script::new([Step::Data(1), Step::Error])).unwrap());
    house.check("at the head", Outcome::Success, Good);
    frames(response.body_mut(), 2);
    house.check("after it failed", Outcome::Success, Good);
}

#[test]
fn what_the_handler_says_holds_for_every_slo() {
    let rows = [
        (200, Verdict::bad("wrong_price"), Outcome::SaidBad, Bad),
        (200, Verdict::excluded("demo"), Outcome::SaidExcluded, Excluded),
        (500, Verdict::Good, Outcome::Success, Good),
        (429, Verdict::bad("our_limit"), Outcome::SaidBad, Bad),
    ];
    for (status, said, outcome, judged) in rows {
        let house =
            House::with(|builder| builder.slo(Slo::availability("ok", "99%")).slo(Slo::availability("also", "99%")));
        let mut response = hello(status);
        response.extensions_mut().insert(said);
        let mut response = house.answer(Method::GET, response);
        assert_eq!(response.extensions().get(), Some(&said), "the extension stays");
        frames(response.body_mut(), 1);
        house.check(&format!("{status}, {said}"), outcome, judged);
        let status = house.goodput.status();
        assert_eq!(status.slo("ok").unwrap().counts, status.slo("also").unwrap().counts);
        let reasons: Vec<_> = status.routes[0].said.iter().map(|said| (said.verdict.reason(), said.count)).collect();
        assert_eq!(reasons, said.reason().map(|reason| (Some(reason), 1)).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_degraded_response_is_bad_quality_and_still_available() {
    for (degraded, quality) in [(false, (1, 0)), (true, (0, 1))] {
        let house =
            House::with(|builder| builder.slo(Slo::availability("ok", "99%")).slo(Slo::quality("whole", "99%")));
        let mut response = hello(200);
        if degraded {
            response.extensions_mut().insert(Degraded);
        }
        frames(house.answer(Method::GET, response).body_mut(), 1);
        house.check("degraded", Outcome::Success, Good);
        let counts = house.goodput.status().slo("whole").unwrap().counts;
        assert_eq!((counts.good, counts.bad), quality, "degraded: {degraded}");
    }
}
