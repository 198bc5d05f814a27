//! Statuses that are unreachable, slow, endless, something else, or somebody else's: each is told by its address, in bounded time
//! and memory, and none of them is a go-ahead.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::Router;
use goodput_core::Timeline;
use goodput_status::StatusService;

use crate::command::{Said, command, gate};
use crate::services::{Instance, definition, serve, single};

/// A server that reads a request, and then does what it likes with the connection.
fn server(act: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let act = Arc::new(act);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, act) = (stream.unwrap(), Arc::clone(&act));
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 4_096]);
                act(stream);
            });
        }
    });
    format!("http://{address}/status")
}

/// A server that answers each request with these very bytes.
fn answers(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    server(move |mut stream| drop(stream.write_all(&bytes)))
}

fn with_body(body: &str) -> String {
    answers(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
}

/// Whether the gate exits with 3, names the source and says this, whatever it is to do without data.
#[track_caller]
fn check(url: &str, code: &str, message: &str) {
    let said = gate(&["--timeout", "2s", "--output", "json", url]);
    assert_eq!(said.code, 3, "{said:?}");
    let problem = &said.json()["sources"][0]["problem"];
    assert_eq!(problem["code"], code, "{said:?}");
    assert!(problem["message"].as_str().unwrap().contains(message), "{said:?}");
    let told = gate(&["--timeout", "2s", url]);
    assert!(told.out.contains(&format!("missing: {url} ")), "{told:?}");
}

#[test]
fn what_is_no_status_is_told_as_what_it_is() {
    for (url, code, message) in [
        ("http://127.0.0.1:1/status".to_owned(), "unreachable", "nobody listens there"),
        ("http://nowhere.invalid/status".to_owned(), "unreachable", "cannot be reached"),
        (answers("SSH-2.0-OpenSSH_9.6\r\n"), "no_http", "no HTTP"),
        (answers(""), "unreachable", ""),
        (answers("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"goodput\""), "unreachable", "broken off"),
        (answers("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"), "unauthorized", "expected --token-file"),
        (answers("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"), "refused", "expected the whole address"),
        (answers("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"), "refused", "answers with 503: expected 200"),
        (
            answers("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"),
            "redirects",
            "not followed",
        ),
        (with_body("<html>hello</html>"), "no_status", "no JSON"),
        (with_body(""), "no_status", "no JSON"),
        (with_body("{\"status\": \"ok\"}"), "no_status", "no status of a goodput instance"),
        (with_body("[1, 2]"), "no_status", ""),
        (with_body("{\"goodput\": \"decision\", \"version\": 1}"), "no_status", "no status of a goodput instance"),
        (
            with_body("{\"goodput\": \"status\", \"version\": 2}"),
            "other_version",
            "a status of version 2: expected version 1",
        ),
        (with_body("{\"goodput\": \"status\", \"version\": 1}"), "bad_status", "missing field"),
        (with_body(&"[".repeat(100_000)), "no_status", "no JSON"),
    ] {
        check(&url, code, message);
    }
}

#[test]
fn a_mistake_is_no_lack_of_data() {
    for (url, code) in [(with_body("<html>"), 3), ("http://127.0.0.1:1/status".to_owned(), 0)] {
        assert_eq!(gate(&["--on-no-data", "approve", &url]).code, code, "{url}");
    }
}

#[test]
fn a_value_that_no_instance_writes_is_refused() {
    let real = single(0).serve();
    let body = ureq_get(&real);
    for (from, to, message) in [
        ("\"objective_ppb\":990000000", "\"objective_ppb\":1000000000", "objective_ppb"),
        ("\"seconds\":3600,", "\"seconds\":0,", "windows"),
        ("\"threshold_attos\":\"", "\"threshold_attos\":\"-", "threshold_attos"),
        ("\"concerns\":[]", "\"concerns\":[\"bored\"]", "concerns"),
        ("\"action\":\"approve\"", "\"action\":\"cheer\"", "action"),
        ("\"hysteresis\":\"2%\"", "\"hysteresis\":\"200%\"", "hysteresis"),
        ("\"scope\":\"instance\"", "\"scope\":\"fleet\"", "scope"),
        ("\"tick_every_ns\":", "\"tick_every_ns\":1000000", "tick_every_ns"),
        ("\"severity\":\"page\"", "\"severity\":\"PAGE\"", "severity"),
        ("\"seconds\":21600,\"calendar\"", "\"seconds\":3600,\"calendar\"", "is there twice"),
        ("\"name\":\"ok\"", "\"name\":\"\\u001b[2Kexit\\ncode 0\"", "is no name"),
        ("\"above\":\"50%\"", "\"above\":\"1%\"", "bands"),
    ] {
        let changed = body.replace(from, to);
        assert_ne!(changed, body, "{from} is not written");
        check(&with_body(&changed), "bad_status", message);
    }
}

#[test]
fn an_slo_that_is_there_twice_is_none() {
    let body = ureq_get(&Instance::new(definition(true)).serve());
    let twice = body.replace("\"name\":\"strict\"", "\"name\":\"ok\"");
    assert_ne!(twice, body);
    check(&with_body(&twice), "bad_status", "\"ok\" is there twice");
}

#[test]
fn what_an_instance_says_steers_no_terminal_and_fills_none() {
    let body = ureq_get(&single(0).serve());
    let flag = |message: &str| {
        body.replace("\"flags\":[]", &format!("\"flags\":[{{\"code\":\"x\",\"message\":\"{message}\"}}]"))
    };
    let said =
        gate(&["--color", "always", "--risk", "low", &with_body(&flag("\\u001b[2Kwell\\r\\nexit code 1: block"))]);
    assert!(said.out.contains("\\u{1b}[2Kwell\\r\\nexit code 1: block\n"), "{said:?}");
    let long = gate(&["--risk", "low", &with_body(&flag(&"x".repeat(1 << 20)))]);
    assert!(long.out.len() < 4_096 && long.out.contains("x…\n"), "{} bytes", long.out.len());
}

/// Asks once, with the client's own hands.
fn ureq_get(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn whoever_is_slow_is_waited_for_as_long_as_told_and_no_longer() {
    let silent = server(|stream| {
        thread::sleep(Duration::from_secs(60));
        drop(stream);
    });
    let drips_its_head = server(|mut stream| {
        for byte in b"HTTP/1.1 200 OK\r\nx-slow: ".iter().chain([b'x'; 600].iter()) {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
    let drips_its_body = server(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 600\r\n\r\n");
        for _ in 0..600 {
            if stream.write_all(b" ").is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
    let clock = Timeline::system();
    for url in [silent, drips_its_head, drips_its_body] {
        let began = clock.now().since_origin();
        let said = gate(&["--timeout", "1s", "--output", "json", &url]);
        let took = clock.now().since_origin().saturating_sub(began);
        assert_eq!((said.code, &said.json()["sources"][0]["problem"]["code"]), (3, &"timed_out".into()), "{said:?}");
        assert!(took < Duration::from_secs(8), "{took:?}: {said:?}");
    }
}

/// In an address space of 2 GiB, of which a gigabyte of spaces in memory twice over would leave nothing.
#[test]
fn a_gigabyte_is_left_after_sixteen_mebibytes() {
    let endless = server(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n");
        let block = vec![b' '; 1 << 20];
        while stream.write_all(&block).is_ok() {}
    });
    let goodput = command().get_program().to_owned();
    let limited = Command::new("sh")
        .arg("-c")
        .arg("ulimit -v 500000; exec \"$0\" gate --timeout 60s --output json \"$1\"")
        .arg(goodput)
        .arg(&endless)
        .output()
        .unwrap();
    let said = Said::from(limited);
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(said.json()["sources"][0]["problem"]["code"], "too_long", "{said:?}");
}

#[test]
fn a_token_is_shown_to_whoever_asks_for_it_and_to_nobody_else() {
    let instance = single(0);
    let status = StatusService::new(Arc::clone(&instance.goodput)).bearer_token("s3cret").unwrap();
    let url = format!("http://{}/status", serve(Router::new().fallback_service(status)));
    let folder = tempfile::tempdir().unwrap();
    let token = |text: &str| {
        let path = folder.path().join(format!("{}.token", text.len()));
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    assert_eq!(gate(&["--risk", "low", "--token-file", &token("s3cret\n"), &url]).code, 0);
    let wrong = gate(&["--risk", "low", "--token-file", &token("wr0ng"), &url]);
    assert_eq!(wrong.code, 3);
    assert!(!wrong.out.contains("wr0ng") && !wrong.err.contains("wr0ng"), "{wrong:?}");
    for text in ["", "\n", "two words"] {
        assert_eq!(gate(&["--token-file", &token(text), &url]).code, 2, "{text:?}");
    }
    let secret = gate(&["http://ada:s3cret@127.0.0.1:1/status"]);
    assert_eq!(secret.code, 2);
    assert!(!secret.err.contains("s3cret"), "{secret:?}");
}
