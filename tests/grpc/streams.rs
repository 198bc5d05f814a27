//! A listed stream is judged at its head and timed to its end; one that nobody listed is followed like any call.

use std::time::Duration;

use goodput::grpc::Methods;
use goodput::{JudgedAt, Slo, Timeline};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use crate::client::Client;
use crate::counted::{assert_counts, until};
use crate::desk::{Ask, CHAT, GET, LIST, SUM};
use crate::scene::{A_WHILE, CODES, LONG, Scene, lines};

/// Two notes, and then what the caller says.
fn two_notes() -> Ask {
    Ask { notes: 2, ..Ask::default() }
}

fn held() -> Ask {
    Ask { wait: true, ..two_notes() }
}

/// What a listed stream leaves behind whose end was seen.
fn stream(route: &str, outcome: &str) -> Vec<String> {
    let mut lines = lines(route, outcome, "good", "good");
    lines.push(format!("{route} stream"));
    lines
}

#[tokio::test]
async fn a_listed_stream_leaves_in_flight_at_its_head_and_tells_its_lifetime_at_its_end() {
    let scene = Scene::new();
    let house = scene.open().await;
    let mut notes = Client::connect(&house).await.list(held()).await.unwrap();
    assert_eq!((notes.next().await, notes.next().await), ("0".to_owned(), "1".to_owned()));
    assert_counts(&scene.goodput, "while it lives", lines(LIST, "success", "good", "good")).await;
    assert_eq!(scene.goodput.status().route(LIST).unwrap().open_streams, 1);

    let lifetime = Duration::from_secs(60);
    scene.hand.advance(lifetime);
    scene.desk.release.notify_one();
    assert_eq!(notes.rest().await, (vec![], Code::Ok));
    assert_counts(&scene.goodput, "when it is over", stream(LIST, "success")).await;

    let status = scene.goodput.status();
    let route = status.route(LIST).unwrap();
    assert_eq!(route.open_streams, 0);
    let (head, whole) = (route.success.quantile(1.0).unwrap(), route.streams.quantile(1.0).unwrap());
    assert!(head <= Duration::from_micros(1), "to the head: {head:?}");
    assert!(whole.abs_diff(lifetime) <= lifetime.mul_f64(0.0625), "to the end: {whole:?}");
}

#[tokio::test]
async fn a_listed_stream_is_good_once_it_stands_and_judged_by_its_end_where_an_slo_wants_that() {
    for row in CODES {
        let ask = Ask { code: row.code.into(), ..two_notes() };
        let scene = Scene::new();
        let house = scene.open().await;
        Client::connect(&house).await.list(ask.clone()).await.unwrap().rest().await;
        assert_counts(&scene.goodput, &format!("{:?}, by its head", row.code), stream(LIST, "success")).await;

        let scene = Scene::following_streams();
        let house = scene.open().await;
        Client::connect(&house).await.list(ask).await.unwrap().rest().await;
        let mut expected = stream(LIST, row.outcome);
        expected.push(format!("to-the-end: {}", row.available));
        expected.extend(row.error.map(|error| format!("{LIST} error {error}")));
        assert_counts(&scene.goodput, &format!("{:?}, by its end", row.code), expected).await;
    }
}

#[tokio::test]
async fn a_stream_that_never_stands_is_judged_by_the_code_at_its_head() {
    for row in CODES.into_iter().filter(|row| row.code != Code::Ok) {
        let scene = Scene::following_streams();
        let house = scene.open().await;
        let refused = Client::connect(&house).await.list(Ask { code: row.code.into(), ..Ask::default() }).await;
        assert_eq!(refused.unwrap_err().code(), row.code);
        let mut expected = row.lines(LIST);
        expected.push(format!("to-the-end: {}", row.available));
        assert_counts(&scene.goodput, &format!("{:?}", row.code), expected).await;
    }
}

#[tokio::test]
async fn a_listed_stream_that_its_client_leaves_is_judged_by_its_head() {
    let scene = Scene::following_streams();
    let house = scene.open().await;
    let mut notes = Client::connect(&house).await.list(held()).await.unwrap();
    assert_eq!(notes.next().await, "0");
    assert_eq!(scene.goodput.status().in_flight, 1, "some SLO still waits for its end");
    scene.hand.advance(LONG);
    drop(notes);
    let mut expected = stream(LIST, "body_dropped");
    expected.push("to-the-end: good".to_owned());
    assert_counts(&scene.goodput, "left half-way", expected).await;
}

#[tokio::test]
async fn an_open_stream_is_never_overdue_and_a_call_that_waits_is() {
    for judged_at in [JudgedAt::Head, JudgedAt::End] {
        let (timeline, time) = Timeline::manual();
        let to_the_end = Slo::availability("to-the-end", "99.9%").streams_judged_at(judged_at);
        let scene = Scene::with(|instance| instance.slo(to_the_end).timeline(timeline));
        let house = scene.open().await;
        let mut client = Client::connect(&house).await;
        let mut notes = client.list(held()).await.unwrap();
        assert_eq!(notes.next().await, "0");
        let call = tokio::spawn(async move { client.get(Ask { wait: true, ..Ask::default() }).await });
        scene.desk.has_arrived().await;
        for _ in 0..6 {
            time.advance(Duration::from_secs(10));
            scene.goodput.tick(scene.goodput.now());
        }
        let status = scene.goodput.status();
        let overdue = |route| status.route(route).unwrap().overdue;
        assert_eq!((overdue(LIST), overdue(GET), status.overdue), (0, 1, 1), "{judged_at:?}");
        call.abort();
    }
}

#[tokio::test]
async fn a_stream_that_nobody_listed_is_in_flight_until_it_ends() {
    let scene = Scene::new();
    let house = scene.open_with(scene.unlisted()).await;
    let mut client = Client::connect(&house).await;
    // The first answer tells that there is such a method.
    client.list(two_notes()).await.unwrap().rest().await;
    let first = lines("unmatched", "success", "good", "good");
    assert_counts(&scene.goodput, "the first", first.clone()).await;

    let mut notes = client.list(held()).await.unwrap();
    assert_eq!(notes.next().await, "0");
    until("in flight", || scene.goodput.status().in_flight == 1).await;
    scene.desk.release.notify_one();
    assert_eq!(notes.rest().await, (vec!["1".to_owned()], Code::Ok));
    let second = lines(LIST, "success", "good", "good");
    assert_counts(&scene.goodput, "read to its end", [first.clone(), second.clone()].concat()).await;

    let mut notes = client.list(held()).await.unwrap();
    assert_eq!(notes.next().await, "0");
    drop(notes);
    let third = lines(LIST, "body_dropped", "good", "good");
    assert_counts(&scene.goodput, "left half-way", [first, second, third].concat()).await;
}

#[tokio::test]
async fn a_panic_in_a_stream_is_the_end_of_it() {
    let ask = Ask { panic: true, ..held() };
    for listed in [true, false] {
        let scene = Scene::following_streams();
        let layer = if listed { scene.layer() } else { scene.unlisted().methods(Methods::new().unary(LIST)) };
        let house = scene.open_with(layer).await;
        let mut notes = Client::connect(&house).await.list(ask.clone()).await.unwrap();
        assert_eq!(notes.next().await, "0");
        scene.desk.release.notify_one();
        assert_ne!(notes.rest().await.1, Code::Ok);
        let mut expected =
            if listed { stream(LIST, "panicked") } else { lines(LIST, "panicked", "bad (panic)", "good") };
        expected.push("to-the-end: bad (panic)".to_owned());
        assert_counts(&scene.goodput, &format!("listed: {listed}"), expected).await;
    }
}

#[tokio::test]
async fn a_client_stream_is_judged_by_its_answer() {
    for row in CODES {
        let scene = Scene::new();
        let house = scene.open().await;
        let asks = [1, 2, 4].map(|notes| Ask { notes, code: row.code.into(), ..Ask::default() });
        let sum = Client::connect(&house).await.sum(tokio_stream::iter(asks)).await;
        let mut expected = row.lines(SUM);
        match row.code {
            Code::Ok => {
                assert_eq!(sum.unwrap().text, "7");
                expected.push(format!("{SUM} stream"));
            }
            code => assert_eq!(sum.unwrap_err().code(), code),
        }
        assert_counts(&scene.goodput, &format!("{:?}", row.code), expected).await;
    }
}

#[tokio::test]
async fn a_client_stream_that_its_client_breaks_off_is_cancelled_by_its_age() {
    const AGES: [(Duration, &str, &str); 3] = [
        (Duration::ZERO, "excluded (cancelled)", "excluded (cancelled)"),
        (A_WHILE, "excluded (cancelled)", "bad (cancelled)"),
        (LONG, "bad (cancelled)", "bad (cancelled)"),
    ];
    for listed in [true, false] {
        for (age, available, fast) in AGES {
            let scene = Scene::new();
            let layer = if listed { scene.layer() } else { scene.unlisted().methods(Methods::new().unary(SUM)) };
            let house = scene.open_with(layer).await;
            let (say, asks) = mpsc::channel(1);
            let mut client = Client::connect(&house).await;
            let call = tokio::spawn(async move { client.sum(ReceiverStream::new(asks)).await });
            say.send(held()).await.unwrap();
            scene.desk.has_arrived().await;
            scene.hand.advance(age);
            call.abort();
            assert!(call.await.unwrap_err().is_cancelled());
            let expected = lines(SUM, "cancelled", available, fast);
            assert_counts(&scene.goodput, &format!("after {age:?}, listed: {listed}"), expected).await;
        }
    }
}

/// It sees no difference: hyper ends the request body in both cases. What it answers reaches nobody.
#[tokio::test]
async fn a_handler_that_takes_a_broken_client_stream_for_a_whole_one_has_answered_it() {
    let scene = Scene::new();
    let house = scene.open().await;
    let (say, asks) = mpsc::channel(1);
    let mut client = Client::connect(&house).await;
    let call = tokio::spawn(async move { client.sum(ReceiverStream::new(asks)).await });
    say.send(two_notes()).await.unwrap();
    scene.desk.has_arrived().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_counts(&scene.goodput, "broken off", stream(SUM, "success")).await;
}

#[tokio::test]
async fn a_conversation_is_judged_at_its_head_and_by_its_end() {
    for row in CODES {
        let scene = Scene::following_streams();
        let house = scene.open().await;
        let (say, asks) = mpsc::channel(1);
        let mut notes = Client::connect(&house).await.chat(ReceiverStream::new(asks)).await.unwrap();
        for number in 0..3_u32 {
            say.send(Ask { notes: number, ..Ask::default() }).await.unwrap();
            assert_eq!(notes.next().await, number.to_string());
        }
        say.send(Ask { code: row.code.into(), ..Ask::default() }).await.unwrap();
        drop(say);
        assert_eq!(notes.rest().await.1, row.code);
        let mut expected = stream(CHAT, row.outcome);
        expected.push(format!("to-the-end: {}", row.available));
        expected.extend(row.error.map(|error| format!("{CHAT} error {error}")));
        assert_counts(&scene.goodput, &format!("{:?}", row.code), expected).await;
    }
}

#[tokio::test]
async fn a_conversation_that_its_client_leaves_is_judged_by_its_head() {
    let scene = Scene::following_streams();
    let house = scene.open().await;
    let (say, asks) = mpsc::channel(1);
    let mut notes = Client::connect(&house).await.chat(ReceiverStream::new(asks)).await.unwrap();
    say.send(two_notes()).await.unwrap();
    assert_eq!(notes.next().await, "2");
    scene.desk.has_arrived().await;
    say.send(held()).await.unwrap();
    scene.desk.has_arrived().await;
    drop((say, notes));
    let mut expected = stream(CHAT, "body_dropped");
    expected.push("to-the-end: good".to_owned());
    assert_counts(&scene.goodput, "left half-way", expected).await;
}
