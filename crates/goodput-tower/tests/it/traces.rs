//! While a budget burns, bad requests are remembered by where they came from; before that nobody looks.

use std::convert::Infallible;
use std::time::Duration;

use goodput_core::{ManualTimeline, Slo, Timeline};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Empty};
use tower::{Layer, Service, service_fn};

use crate::house::House;

/// A `traceparent` whose trace is this number.
fn traceparent(trace: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("00-{trace:032x}-b7ad6b7169203331-01")).unwrap()
}

fn house() -> (House, ManualTimeline) {
    let (timeline, hand) = Timeline::manual();
    (House::with(|builder| builder.slo(Slo::availability("ok", "99%")).timeline(timeline)), hand)
}

/// The status that the path asks for.
async fn answer(request: Request<()>) -> Result<Response<Empty<&'static [u8]>>, Infallible> {
    let status: u16 = request.uri().path().trim_start_matches('/').parse().unwrap();
    Ok(Response::builder().status(status).body(Empty::new()).unwrap())
}

#[tokio::test]
async fn bad_requests_of_a_burning_budget_are_shown_with_their_traces() {
    let (house, hand) = house();
    let news = house.goodput.subscribe(16);
    let mut service = house.layer().layer(service_fn(answer));
    let mut trace = 0;
    for tick in 0..180 {
        // The last request of each tick has no trace, and one is good.
        for status in [500, 500, 200, 500] {
            trace += 1;
            let mut request = Request::builder().uri(format!("/{status}")).body(()).unwrap();
            if trace % 4 != 0 {
                request.headers_mut().insert("traceparent", traceparent(trace));
            }
            let response = service.call(request).await.unwrap();
            response.into_body().collect().await.unwrap();
        }
        if tick == 0 {
            assert!(!house.goodput.is_armed(), "nobody has looked yet");
        }
        hand.advance(Duration::from_secs(10));
        house.goodput.tick(house.goodput.now());
        assert!(house.goodput.is_armed(), "three quarters fail");
        if let Some(told) = news.try_recv() {
            let shown: Vec<_> = told.alert.examples.iter().map(|example| example.trace.trace_id()).collect();
            let expected = [trace - 2, trace - 3, trace - 6, trace - 7, trace - 10];
            assert_eq!(shown, expected.map(|trace| format!("{trace:032x}")));
            return;
        }
    }
    panic!("no page in half an hour of it");
}

#[tokio::test]
async fn nothing_is_remembered_of_where_a_request_came_from_before_a_budget_burns() {
    let (house, hand) = house();
    let news = house.goodput.subscribe(16);
    let mut service = house.layer().layer(service_fn(answer));
    for tick in 0..180 {
        // Only those before anybody has looked have a trace: fewer than are shown.
        for number in 1..=3 {
            let mut request = Request::builder().uri("/500").body(()).unwrap();
            if tick == 0 {
                request.headers_mut().insert("traceparent", traceparent(number));
            }
            service.call(request).await.unwrap().into_body().collect().await.unwrap();
        }
        hand.advance(Duration::from_secs(10));
        house.goodput.tick(house.goodput.now());
        if let Some(told) = news.try_recv() {
            assert!(told.alert.examples.is_empty(), "{:?}", told.alert.examples);
            return;
        }
    }
    panic!("no page in half an hour of it");
}
