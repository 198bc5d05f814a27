//! A code counts as its rule says, wherever it stands, and so does an answer without one.

use goodput::Verdict;
use goodput::grpc::Methods;
use tonic::Code;

use crate::client::{Bare, Client};
use crate::counted::assert_counts;
use crate::desk::{Ask, GET, LIST};
use crate::raw::{Raw, Reply};
use crate::scene::{CODES, LONG, Scene, lines};

#[tokio::test]
async fn each_code_of_a_unary_call_counts_as_its_rule_says() {
    for row in CODES {
        let scene = Scene::new();
        let house = scene.open().await;
        let answer = Client::connect(&house).await.get(Ask { code: row.code.into(), ..Ask::default() }).await;
        assert_eq!(answer.map_or_else(|status| status.code(), |_| Code::Ok), row.code);
        assert_counts(&scene.goodput, row.outcome, row.lines(GET)).await;
    }
}

#[tokio::test]
async fn a_code_in_trailers_after_messages_counts_as_one_at_the_head() {
    for row in CODES {
        let scene = Scene::new();
        // As far as the layer knows, this is no stream.
        let house = scene.open_with(scene.unlisted().methods(Methods::new().unary(LIST))).await;
        let ask = Ask { code: row.code.into(), notes: 2, ..Ask::default() };
        let (notes, code) = Client::connect(&house).await.list(ask).await.unwrap().rest().await;
        assert_eq!((notes.len(), code), (2, row.code));
        assert_counts(&scene.goodput, row.outcome, row.lines_of_trailers(LIST)).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_slow_is_slow_whatever_its_code() {
    let slow = LONG.as_millis().try_into().unwrap();
    for row in CODES {
        let scene = Scene::new();
        let house = scene.open().await;
        let ask = Ask { code: row.code.into(), millis: slow, ..Ask::default() };
        drop(Client::connect(&house).await.get(ask).await);
        let mut expected = row.lines(GET);
        expected.retain(|line| !line.starts_with("fast: "));
        expected.push("fast: bad (slow)".to_owned());
        assert_counts(&scene.goodput, row.outcome, expected).await;
    }
}

/// What the raw service answers, how that ended, and what availability and latency make of it.
type RawRow = (Reply, &'static str, &'static str, &'static str, Option<&'static str>);

/// Calls each reply of a raw service whose methods are all listed.
async fn check_raw(replies: &'static [Reply], rows: &[RawRow]) {
    for (index, (reply, outcome, available, fast, error)) in rows.iter().enumerate() {
        let scene = Scene::new().replying(replies);
        let path = Raw::path(index);
        let house = scene.open_with(scene.unlisted().methods(Methods::new().unary(&path))).await;
        // A body that fails may take the head with it.
        drop(Bare::connect(&house).await.try_call(&path, &[], &Ask::default()).await);
        let error = error.map(|error| format!("{path} error {error}"));
        let expected = lines(&path, outcome, available, fast).into_iter().chain(error);
        assert_counts(&scene.goodput, &format!("{reply:?}"), expected).await;
    }
}

/// The replies of some rows, as a raw service keeps them.
const fn replies<const N: usize>(rows: &[RawRow; N]) -> [Reply; N] {
    let mut replies = [Reply::NoTrailers; N];
    let mut index = 0;
    while index < N {
        replies[index] = rows[index].0;
        index += 1;
    }
    replies
}

const FAILED: &str = "excluded (failed)";

#[tokio::test]
async fn the_status_stands_in_the_trailers_else_in_the_head() {
    use Reply::{HeadAndTrailers, HeadOnly, Trailers};
    const ROWS: [RawRow; 8] = [
        (Trailers(&[("grpc-status", b"0")]), "success", "good", "good", None),
        (Trailers(&[("grpc-status", b"5")]), "client_error", "good", "good", None),
        (Trailers(&[("grpc-status", b"14")]), "server_error", "bad (server_error)", "good", Some("UNAVAILABLE")),
        (HeadOnly(&[("grpc-status", b"0")]), "success", "good", "good", None),
        (HeadOnly(&[("grpc-status", b"5")]), "client_error", "good", "good", None),
        (HeadOnly(&[("grpc-status", b"14")]), "server_error", "bad (server_error)", FAILED, Some("UNAVAILABLE")),
        (HeadAndTrailers(b"0", b"14"), "server_error", "bad (server_error)", "good", Some("UNAVAILABLE")),
        (HeadAndTrailers(b"14", b"0"), "success", "good", FAILED, None),
    ];
    const REPLIES: [Reply; ROWS.len()] = replies(&ROWS);
    check_raw(&REPLIES, &ROWS).await;
}

#[tokio::test]
async fn a_code_that_nobody_has_defined_is_unknown() {
    use Reply::{HeadOnly, Trailers};
    const fn row(reply: Reply, fast: &'static str) -> RawRow {
        (reply, "server_error", "bad (server_error)", fast, Some("UNKNOWN"))
    }
    const ROWS: [RawRow; 4] = [
        row(Trailers(&[("grpc-status", b"17")]), "good"),
        row(Trailers(&[("grpc-status", b"42")]), "good"),
        row(HeadOnly(&[("grpc-status", b"42")]), FAILED),
        row(Trailers(&[("grpc-status", b"4294967296")]), "good"),
    ];
    const REPLIES: [Reply; ROWS.len()] = replies(&ROWS);
    check_raw(&REPLIES, &ROWS).await;
}

#[tokio::test]
async fn an_answer_without_a_status_is_bad_for_that() {
    use Reply::{HeadOnly, NoTrailers, Trailers};
    const fn row(reply: Reply, fast: &'static str) -> RawRow {
        (reply, "no_status", "bad (no_grpc_status)", fast, None)
    }
    const ROWS: [RawRow; 10] = [
        row(NoTrailers, "good"),
        row(Trailers(&[]), "good"),
        row(Trailers(&[("grpc-message", b"fine")]), "good"),
        // There is a head, in time; that nothing more comes is known with the end.
        row(HeadOnly(&[]), "good"),
        row(Trailers(&[("grpc-status", b"ok")]), "good"),
        row(Trailers(&[("grpc-status", b"")]), "good"),
        row(Trailers(&[("grpc-status", b"-1")]), "good"),
        row(Trailers(&[("grpc-status", b"+1")]), "good"),
        row(Trailers(&[("grpc-status", b"\xff\xfe")]), "good"),
        row(HeadOnly(&[("grpc-status", b"\xff")]), FAILED),
    ];
    const REPLIES: [Reply; ROWS.len()] = replies(&ROWS);
    check_raw(&REPLIES, &ROWS).await;
}

#[tokio::test]
async fn a_body_that_fails_has_failed_whatever_its_status_would_have_been() {
    const ROWS: [RawRow; 1] = [(Reply::Torn, "body_failed", "bad (body_error)", "good", None)];
    const REPLIES: [Reply; ROWS.len()] = replies(&ROWS);
    check_raw(&REPLIES, &ROWS).await;
}

#[tokio::test]
async fn an_answer_that_is_no_grpc_counts_by_its_http_status() {
    use Reply::Http;
    const ROWS: [RawRow; 6] = [
        (Http(200, "text/plain"), "success", "good", "good", None),
        (Http(200, "application/grpc-web"), "success", "good", "good", None),
        (Http(404, "text/plain"), "client_error", "good", "good", None),
        (Http(503, "text/plain"), "server_error", "bad (server_error)", FAILED, Some("503")),
        (Http(503, "application/grpc"), "server_error", "bad (server_error)", FAILED, Some("503")),
        // The kinds of gRPC are gRPC.
        (Http(200, "application/grpc+proto; v=1"), "no_status", "bad (no_grpc_status)", "good", None),
    ];
    const REPLIES: [Reply; ROWS.len()] = replies(&ROWS);
    check_raw(&REPLIES, &ROWS).await;
}

#[tokio::test]
async fn a_handler_says_in_the_extensions_that_it_is_the_callers_quota() {
    const REPLIES: [Reply; 2] =
        [Reply::Said(b"8", Verdict::excluded("quota")), Reply::Said(b"0", Verdict::bad("wrong_total"))];
    const ROWS: [(&str, &str, &str); 2] =
        [("said_excluded", "excluded (quota)", "excluded (quota)"), ("said_bad", "bad (wrong_total)", FAILED)];
    for (index, (outcome, available, fast)) in ROWS.into_iter().enumerate() {
        let scene = Scene::new().replying(&REPLIES);
        let path = Raw::path(index);
        let house = scene.open_with(scene.unlisted().methods(Methods::new().unary(&path))).await;
        Bare::connect(&house).await.call(&path, &[], &Ask::default()).await;
        let mut expected = lines(&path, outcome, available, fast);
        expected.push(format!("{path} said {available}"));
        expected.extend((outcome == "said_bad").then(|| format!("{path} error wrong_total")));
        assert_counts(&scene.goodput, outcome, expected).await;
    }
}

/// What a handler says, the code it ends with, and what has to be counted.
const SAID: [(&str, Code, &str, &str, &str); 5] = [
    ("quota", Code::ResourceExhausted, "said_excluded", "excluded (quota)", "excluded (quota)"),
    ("quota", Code::Ok, "said_excluded", "excluded (quota)", "excluded (quota)"),
    ("wrong_total", Code::Ok, "said_bad", "bad (wrong_total)", FAILED),
    ("wrong_total", Code::Internal, "said_bad", "bad (wrong_total)", FAILED),
    ("good", Code::Unavailable, "success", "good", "good"),
];

#[tokio::test]
async fn a_handler_says_so_anywhere_on_its_way_to_an_answer() {
    for (says, code, outcome, available, fast) in SAID {
        for (method, wait) in [(GET, false), (GET, true), (LIST, false), (LIST, true)] {
            let scene = Scene::new();
            let house = scene.open_with(scene.unlisted().methods(Methods::new().unary(GET).unary(LIST))).await;
            let ask = Ask { code: code.into(), says: says.to_owned(), wait, ..Ask::default() };
            // A handler that waits speaks when it is polled again; this permit is kept for it.
            scene.desk.release.notify_one();
            let mut client = Client::connect(&house).await;
            let ended_with = match method {
                GET => client.get(ask).await.map_or_else(|status| status.code(), |_| Code::Ok),
                _ => match client.list(ask).await {
                    Ok(notes) => notes.rest().await.1,
                    Err(status) => status.code(),
                },
            };
            assert_eq!(ended_with, code);
            let mut expected = lines(method, outcome, available, fast);
            expected.extend((says != "good").then(|| format!("{method} said {available}")));
            expected.extend((outcome == "said_bad").then(|| format!("{method} error {says}")));
            let when = format!("{says} with {code:?} from {method}, waiting: {wait}");
            assert_counts(&scene.goodput, &when, expected).await;
        }
    }
}

#[tokio::test]
async fn a_handler_that_has_answered_already_has_had_its_say() {
    for (says, code, ..) in SAID {
        let scene = Scene::new();
        let house = scene.open_with(scene.unlisted().methods(Methods::new().unary(LIST))).await;
        let ask = Ask { code: code.into(), says: says.to_owned(), notes: 2, ..Ask::default() };
        let ended_with = Client::connect(&house).await.list(ask).await.unwrap().rest().await.1;
        assert_eq!(ended_with, code);
        let row = CODES.into_iter().find(|row| row.code == code).unwrap();
        assert_counts(&scene.goodput, &format!("{says} with {code:?}"), row.lines_of_trailers(LIST)).await;
    }
}
