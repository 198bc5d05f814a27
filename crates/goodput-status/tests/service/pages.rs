//! Each page is what it says it is.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use goodput_core::{Code, Counts, FeatureGuard, Goodput, Guard, Head, Mute, Reason, Request, Slo, Timeline, Verdict};
use goodput_status::StatusDocument;
use http::StatusCode;
use serde_json::Value;

use crate::client::{ask, checkout, get, serve, service};

fn validator(schema: &str) -> jsonschema::Validator {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(schema);
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

#[track_caller]
fn check(validator: &jsonschema::Validator, answer: &Value) {
    let errors: Vec<_> =
        validator.iter_errors(answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[tokio::test]
async fn the_status_says_what_the_instance_knows() {
    let goodput = checkout();
    let address = serve(Router::new().fallback_service(service(&goodput))).await;
    let told = get(address, "/status").await;
    assert_eq!((told.status, told.header("content-type")), (StatusCode::OK, "application/json"));
    check(&validator("status.json"), &told.json());

    let document: StatusDocument = serde_json::from_str(&told.body).unwrap();
    let status = goodput.status();
    assert_eq!((&*document.goodput, document.version, &*document.service), ("status", 1, "checkout"));
    for (written, slo) in document.slos.iter().zip(&status.slos) {
        assert_eq!(written.name, slo.name);
        assert_eq!((written.counts.good, written.counts.bad), (slo.counts.good, slo.counts.bad));
        assert_eq!(written.objective_ppb, slo.objective.good_ppb());
        let seconds = |window: &goodput_core::WindowStatus| window.seen.window.secs();
        assert!(written.windows.iter().map(|window| window.seconds).eq(slo.windows.iter().map(seconds)));
        assert_eq!(written.conditions.len(), slo.conditions.len());
    }
    assert_eq!(document.slos[0].counts.bad, 1);
    assert_eq!(document.slos[0].reasons[0].reason, "card_machine");
    assert_eq!(document.routes[0].template, "/checkout");
}

#[tokio::test]
async fn the_status_shows_guards_features_and_mutes_and_an_slo_with_and_without_what_was_shed() {
    let (timeline, hand) = Timeline::manual();
    let builder = Goodput::builder("shop").slo(Slo::availability("ok", "99%").routes(["/checkout", "/spare"]));
    let builder = builder.guard(Guard::shed("spare", "ok").routes(["/spare"]).above("6").floor("10%"));
    let builder = builder.feature(FeatureGuard::new("ranking", "ok").above("2"));
    let goodput = Arc::new(builder.timeline(timeline).deploy("v42").build().unwrap());
    for _ in 0..10 {
        goodput.work("/checkout").add(Counts { good: 50, bad: 50, ..Counts::default() });
        hand.advance(Duration::from_secs(10));
        goodput.tick(goodput.now());
    }
    // As a guard's layer records it.
    let mut request = Request::begin(&goodput, goodput.route(Some("/spare")));
    request.respond(&goodput, Head { verdict: Some(Verdict::Bad(Reason::SHED)), ..Head::new(Code::http(503)) });
    request.complete_at_head(&goodput);
    goodput.mute(Mute::of("ok", Duration::from_secs(60), "database upgrade")).unwrap();
    let address = serve(Router::new().fallback_service(service(&goodput))).await;
    let told = get(address, "/status").await;
    check(&validator("status.json"), &told.json());
    let document: StatusDocument = serde_json::from_str(&told.body).unwrap();
    assert_eq!(document.deploy.as_deref(), Some("v42"));
    let (guard, feature) = (&document.guards[0], &document.features[0]);
    assert_eq!((&*guard.name, &*guard.slo, &*guard.action, guard.window_seconds), ("spare", "ok", "shed", 300));
    assert_eq!((&*guard.admitted, &*guard.floor, guard.above), ("10%", "10%", 6.0));
    // Half of what was seen was bad, of a hundredth that may be, in 100 of the 300 seconds.
    assert!((guard.burn.unwrap() - 50.0 / 3.0).abs() < 0.01, "{guard:?}");
    assert_eq!((&*feature.name, feature.allowed, feature.above), ("ranking", false, 2.0));
    let slo = &document.slos[0];
    let sheds = slo.sheds.as_ref().unwrap();
    assert_eq!((slo.counts.bad, sheds.sheds.bad, sheds.counts.bad, sheds.counts.good), (501, 1, 500, 500));
    assert_eq!((sheds.windows[0].seconds, sheds.windows[0].counts.bad), (300, 500));
    let mute = &document.mutes[0];
    assert_eq!((mute.slo.as_deref(), mute.left_ns, &*mute.why), (Some("ok"), 60_000_000_000, "database upgrade"));
}

#[tokio::test]
async fn the_gate_answers_as_its_schema_says() {
    let address = serve(Router::new().fallback_service(service(&checkout()))).await;
    let answer = get(address, "/gate?kind=feature&risk=low").await.json();
    let validator = validator("decision.json");
    check(&validator, &answer);
    let mut wrong = answer;
    wrong["rationale"][0]["asks"] = serde_json::json!(7);
    assert!(!validator.is_valid(&wrong));
}

#[tokio::test]
async fn a_month_is_a_window_of_its_own_and_levels_have_slices() {
    use goodput_core::{Goodput, Period, Slo};
    let goodput = Goodput::builder("db")
        .slo(Slo::availability("month", "99%").period(Period::MONTH))
        .slo(Slo::saturation("pool", "99%", "80%".parse().unwrap()).routes(["db"]))
        .build()
        .unwrap();
    let address = serve(Router::new().fallback_service(service(&Arc::new(goodput)))).await;
    let told = get(address, "/status").await;
    check(&validator("status.json"), &told.json());
    let document: StatusDocument = serde_json::from_str(&told.body).unwrap();
    let last = document.slos[0].windows.last().unwrap();
    assert_eq!((&*last.name, last.calendar), ("month", true));
    assert_eq!(document.slos[1].slices.as_ref().map(|slices| slices.seconds), Some(60));
}

#[tokio::test]
async fn a_schema_refuses_what_no_answer_has() {
    let address = serve(Router::new().fallback_service(service(&checkout()))).await;
    let answer = get(address, "/status").await.json();
    let validator = validator("status.json");
    for (key, value) in answer.as_object().unwrap() {
        let mut without = answer.clone();
        without.as_object_mut().unwrap().remove(key);
        // What may be null may be missing.
        assert_eq!(validator.is_valid(&without), value.is_null(), "{key} may be missing");
        let mut wrong = answer.clone();
        wrong[key] = serde_json::json!({"not": "so"});
        assert!(!validator.is_valid(&wrong), "{key} may be anything");
    }
}

#[tokio::test]
async fn an_instance_is_told_from_another_and_from_nobody_twice() {
    let (one, other) = (checkout(), checkout());
    let mut names = Vec::new();
    for goodput in [&one, &one, &other] {
        let address = serve(Router::new().fallback_service(service(goodput))).await;
        names.push(get(address, "/status").await.json()["instance"].as_str().unwrap().to_owned());
    }
    assert_eq!(names[0], names[1]);
    assert_ne!(names[0], names[2]);
}

#[tokio::test]
async fn a_head_has_the_headers_of_the_page_and_no_body() {
    let address = serve(Router::new().fallback_service(service(&checkout()))).await;
    let whole = get(address, "/metrics").await;
    let head = ask(address, "HEAD /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert_eq!((head.status, &*head.body), (StatusCode::OK, ""));
    assert_eq!(head.header("content-type"), whole.header("content-type"));
    // To a byte, but for the ages in it, as another page may have been rendered in between.
    let length = |told: &crate::client::Told| told.header("content-length").parse::<usize>().unwrap();
    assert!(length(&head).abs_diff(length(&whole)) < 64, "{head:?}");
}

#[tokio::test]
async fn every_answer_is_to_be_forgotten_and_taken_for_what_it_is() {
    let address = serve(Router::new().fallback_service(service(&checkout()))).await;
    for (request, status) in [
        ("GET /status", 200),
        ("HEAD /status", 200),
        ("GET /metrics", 200),
        ("GET /gate", 200),
        ("PUT /gate", 405),
        ("GET /gate?kind=zzz", 400),
        ("GET /", 404),
        ("GET /status/", 404),
        ("GET /Status", 404),
        ("GET /%73tatus", 404),
        ("GET //status", 404),
        ("POST /status", 405),
        ("DELETE /metrics", 405),
        ("OPTIONS /status", 405),
        ("GET /status?x=y", 200),
    ] {
        let told = ask(address, &format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        assert_eq!(told.status, status, "{request}");
        assert_eq!(told.header("cache-control"), "no-store", "{request}");
        assert_eq!(told.header("x-content-type-options"), "nosniff", "{request}");
        assert_eq!(told.header("allow"), if status == 405 { "GET, HEAD" } else { "" }, "{request}");
    }
}
