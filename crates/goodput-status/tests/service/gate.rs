//! The gate: an answer that was given is 200 unless the client reads no JSON, and only the single instance speaks for all.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use goodput_core::{Goodput, ManualTimeline, Slo, Stopwatch, Timeline};
use goodput_status::{DecisionDocument, StatusDocument};

use crate::client::{get, serve, service};

/// An instance that has seen a whole day of its period of one, of which so many of 1,000 events an hour were bad.
fn aged(bad_in_1000: u64, single: bool) -> (Arc<Goodput>, ManualTimeline) {
    let (timeline, hand) = Timeline::manual();
    let (stopwatch, _still) = Stopwatch::manual();
    let mut definition = goodput_core::Definition::new("checkout");
    definition.single_instance = single;
    definition.slos.push(Slo::availability("ok", "99%").period(goodput_core::Period::days(1).unwrap()));
    let goodput =
        Goodput::builder("checkout").definition(definition).timeline(timeline).stopwatch(stopwatch).build().unwrap();
    for _ in 0..25 {
        (0..bad_in_1000).for_each(|_| goodput.work("/checkout").bad("broken"));
        (bad_in_1000..1_000).for_each(|_| goodput.work("/checkout").good());
        for _ in 0..360 {
            hand.advance(Duration::from_secs(10));
            goodput.tick(hand.now());
        }
    }
    (Arc::new(goodput), hand)
}

#[tokio::test]
async fn a_change_is_approved_reviewed_or_refused_by_what_was_counted() {
    for (bad, single, query, action, code, by_status) in [
        (0, true, "kind=feature&risk=low", "approve", 0, 200),
        (0, false, "kind=feature&risk=low", "review", 4, 409),
        (30, true, "kind=feature&risk=low", "block", 1, 409),
        (30, true, "kind=rollback&risk=high", "approve", 0, 200),
        (30, true, "kind=fix", "review", 4, 409),
    ] {
        let (goodput, _hand) = aged(bad, single);
        let address = serve(Router::new().fallback_service(service(&goodput))).await;
        let told = get(address, &format!("/gate?{query}")).await;
        let decision: DecisionDocument = serde_json::from_str(&told.body).unwrap();
        assert_eq!((told.status.as_u16(), told.header("content-type")), (200, "application/json"));
        let found = (decision.action.as_str(), decision.exit_code);
        assert_eq!(found, (action, code), "{bad} bad, single: {single}, {query}: {decision:#?}");
        let told = get(address, &format!("/gate?{query}&http_status=1")).await;
        assert_eq!(told.status.as_u16(), by_status, "{query}");
    }
}

#[tokio::test]
async fn the_decision_on_a_status_that_was_read_is_that_of_the_instance() {
    for bad in [0, 9, 30] {
        let (goodput, _hand) = aged(bad, true);
        let address = serve(Router::new().fallback_service(service(&goodput))).await;
        let status = StatusDocument::from_json(get(address, "/status").await.body.as_bytes()).unwrap();
        for kind in goodput_core::ChangeKind::ALL {
            for risk in goodput_core::Risk::ALL {
                let path = format!("/gate?kind={}&risk={}", kind.label(), risk.label());
                let answered: DecisionDocument = serde_json::from_str(&get(address, &path).await.body).unwrap();
                let decision = status.case().unwrap().decide(goodput_core::Change { kind, risk });
                assert_eq!(DecisionDocument::new("checkout", &decision), answered, "{bad} bad: {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_process_that_has_only_begun_is_not_enough_to_go_by() {
    let address = serve(Router::new().fallback_service(service(&crate::client::checkout()))).await;
    let decision: DecisionDocument = serde_json::from_str(&get(address, "/gate").await.body).unwrap();
    assert_eq!(decision.exit_code, 3, "{decision:#?}");
    assert_ne!(decision.action, "approve");
}

#[tokio::test]
async fn a_change_that_is_not_known_is_refused_without_being_repeated() {
    let address = serve(Router::new().fallback_service(service(&crate::client::checkout()))).await;
    for query in ["kind=zzz", "kind=feature&kind=fix", "risk=zzz", "zzz=1", "on_no_data=approve", "kind=fe%61ture"] {
        let told = get(address, &format!("/gate?{query}")).await;
        assert_eq!(told.status.as_u16(), 400, "{query}");
        assert!(!told.body.contains("zzz"), "{}", told.body);
    }
}
