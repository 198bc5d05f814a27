//! Compression, which reads a body ahead and hands on another one: one event, wherever it stands.

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderValue, Method};
use http_body_util::BodyExt;
use tower_http::compression::CompressionLayer;

use crate::clients::{Client, Line, Protocol, nothing};
use crate::house::{Ended, House};
use crate::script::{Plan, Step};
use crate::servers::{Place, ROUTE, Running};

async fn start(place: Place, house: &House, plan: &Plan) -> Running {
    place.start(house, plan, |router| router.layer(CompressionLayer::new())).await
}

fn gzip(line: &Line, method: Method) -> http::Request<crate::clients::Upload> {
    let mut request = line.request(method, "/way/of-it", nothing());
    request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    request
}

/// Bodies that are compressed, each with an end of its own kind.
fn bodies() -> [Plan; 4] {
    let stream = || Plan::stream(200, [Step::Filled(5_000), Step::Yield, Step::Filled(5_000)]);
    [
        stream(),
        stream().with("content-length", "10000"),
        Plan { knows_its_end: true, knows_its_size: true, ..stream() },
        Plan::stream(200, [Step::Filled(5_000), Step::Trailers]).with("trailer", "checksum"),
    ]
}

#[tokio::test]
async fn a_compressed_body_is_complete_inside_and_outside_the_layer() {
    for place in Place::BOTH {
        for protocol in Protocol::BOTH {
            for plan in bodies() {
                let what = format!("{plan:?} compressed {place:?} over {protocol:?}");
                let house = House::new();
                let running = start(place, &house, &plan).await;
                let mut line = Line::connect(running.address, protocol).await;
                let answer = line.send(gzip(&line, Method::GET)).await.await.unwrap();
                assert_eq!(answer.headers()[CONTENT_ENCODING], "gzip", "{what}");
                assert!(!answer.headers().contains_key(CONTENT_LENGTH), "{what}");
                let read = answer.into_body().collect().await.unwrap().to_bytes();
                assert!(read.starts_with(&[0x1f, 0x8b]) && read.len() < 1_000, "{what}: {} bytes", read.len());
                house.ends_with(&what, &[(ROUTE, Ended::SUCCESS)], (line, running)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_response_to_head_under_compression_is_complete_and_its_body_never_asked() {
    for place in Place::BOTH {
        for protocol in Protocol::BOTH {
            for plan in bodies() {
                let what = format!("{plan:?} compressed {place:?} over {protocol:?}");
                let house = House::new();
                let running = start(place, &house, &plan).await;
                let mut line = Line::connect(running.address, protocol).await;
                let answer = line.send(gzip(&line, Method::HEAD)).await.await.unwrap();
                answer.into_body().collect().await.unwrap();
                assert_eq!(house.scene.body_polls(), 0, "{what}");
                house.ends_with(&what, &[(ROUTE, Ended::SUCCESS)], (line, running)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_compressed_body_that_ends_badly_is_what_it_would_have_been_without_compression() {
    // Of several awaits, the first ones are the encoder's, and the server sends its head at the last.
    let begun = [Step::Filled(5_000), Step::Yield, Step::Yield, Step::Yield];
    let half = |then: &[Step]| Plan::stream(200, begun.iter().chain(then).copied());
    let rows = [
        (half(&[Step::Arrive, Step::Forever]), Client::LeavesAfter(""), Ended::BODY_DROPPED),
        (half(&[Step::Fail]), Client::SeesItBreak(200), Ended::BODY_FAILED),
        (half(&[Step::Panic]), Client::SeesItBreak(200), Ended::BODY_PANICKED),
        (half(&[]).first([Step::Arrive, Step::Forever]), Client::LeavesBeforeTheHead, Ended::CANCELLED),
    ];
    for place in Place::BOTH {
        for protocol in Protocol::BOTH {
            for (plan, client, ended) in &rows {
                let what = format!("{client:?}, compressed {place:?} over {protocol:?}");
                let house = House::new();
                let running = start(place, &house, plan).await;
                let line = Line::connect(running.address, protocol).await;
                let request = gzip(&line, Method::GET);
                let line = client.act(line, request, &house.scene, &what).await;
                house.ends_with(&what, &[(ROUTE, *ended)], (line, running)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_body_short_of_its_declared_length_has_failed_although_compression_hides_it_from_the_client() {
    // Only our layer inside sees what was declared: the compressed body has no length.
    let plan = Plan::stream(200, [Step::Filled(5_000)]).with("content-length", "10000");
    for (place, ended) in [(Place::Outside, Ended::BODY_FAILED), (Place::Inside, Ended::SUCCESS)] {
        for protocol in Protocol::BOTH {
            let what = format!("{place:?} over {protocol:?}");
            let house = House::new();
            let running = start(place, &house, &plan).await;
            let mut line = Line::connect(running.address, protocol).await;
            let answer = line.send(gzip(&line, Method::GET)).await.await.unwrap();
            answer.into_body().collect().await.unwrap();
            house.ends_with(&what, &[(ROUTE, ended)], (line, running)).await;
        }
    }
}

#[tokio::test]
async fn an_event_stream_is_left_alone_by_compression_and_over_with_its_head() {
    let plan = Plan::stream(200, [Step::Data("data: 1\n\n"), Step::Arrive, Step::Forever]);
    let plan = plan.with("content-type", "text/event-stream");
    for place in Place::BOTH {
        for protocol in Protocol::BOTH {
            let what = format!("{place:?} over {protocol:?}");
            let house = House::new();
            let running = start(place, &house, &plan).await;
            let line = Line::connect(running.address, protocol).await;
            let request = gzip(&line, Method::GET);
            let line = Client::LeavesAfter("data: 1\n\n").act(line, request, &house.scene, &what).await;
            house.ends_with(&what, &[(ROUTE, Ended::SUCCESS)], (line, running)).await;
        }
    }
}
