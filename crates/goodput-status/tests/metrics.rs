//! The Prometheus text: what a strict parser, `promtool` and OpenTelemetry's own collection make of it.
//!
//! No name has two HELP or TYPE lines, and counters end in `_total`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

#[path = "metrics/collected.rs"]
mod collected;
#[path = "metrics/parse.rs"]
mod parse;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use goodput_core::{Counts, Goodput, Period, Slo, names};
use goodput_status::StatusService;
use http_body_util::BodyExt;
use tower::ServiceExt;

use collected::collected;
use parse::{Sample, parse};

/// What is scraped.
fn scrape(status: &StatusService<Arc<Goodput>>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(status.clone().oneshot(http::Request::get("/metrics").body(()).unwrap())).unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let body = runtime.block_on(response.into_body().collect()).unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

fn service(goodput: &Arc<Goodput>) -> StatusService<Arc<Goodput>> {
    StatusService::new(Arc::clone(goodput)).max_age(Duration::ZERO)
}

fn shop() -> Goodput {
    Goodput::builder("shop")
        .slo(Slo::availability("ok", "99.9%"))
        .slo(Slo::latency("fast", "99%", Duration::from_millis(300)).period(Period::D7))
        .slo(Slo::availability("month", "99%").period(Period::MONTH))
        .slo(Slo::saturation("pool", "99%", "80%".parse().unwrap()).routes(["db"]))
        .reasons(["card_declined"])
        .build()
        .unwrap()
}

/// One that has counted nothing itself, and goes on from 90 good events, 10 bad and 5 excluded ones.
fn remembering() -> Arc<Goodput> {
    let shop = |memory| Goodput::builder("shop").slo(Slo::availability("ok", "99%")).remember(memory).build().unwrap();
    let first = shop(None);
    first.work("/cart").add(Counts { good: 90, bad: 10, excluded: 5 });
    first.tick(first.now());
    let second = shop(Some(first.memory().unwrap()));
    second.tick(second.now());
    Arc::new(second)
}

/// Several registry states: new, counted, reloaded.
fn states() -> Vec<String> {
    let goodput = Arc::new(shop());
    let status = service(&goodput);
    let mut texts = vec![scrape(&status)];
    (0..99).for_each(|_| goodput.work("/cart").good());
    goodput.work("/cart").bad("card_declined");
    goodput.work("/cart").bad("who_knows");
    goodput.tick(goodput.now());
    texts.push(scrape(&status));
    let mut definition = (*goodput.definition()).clone();
    definition.slos.retain(|slo| slo.name() != "fast");
    definition.slos.push(Slo::availability("new-one", "99%"));
    goodput.reload(definition).unwrap();
    texts.push(scrape(&status));
    texts
}

#[test]
fn every_state_is_a_text_that_a_strict_parser_reads() {
    for text in states() {
        let families = parse(&text).unwrap();
        let names: Vec<_> = families.iter().map(|family| family.name.as_str()).collect();
        assert_eq!(names.len(), names::ALL.len());
        for family in &families {
            assert_eq!(family.kind == "counter", family.name.ends_with("_total"), "{}", family.name);
        }
    }
}

#[test]
fn promtool_finds_nothing_to_say() {
    let Err(absent) = Command::new("promtool").arg("--version").output() else {
        return states().iter().chain([&scrape(&service(&remembering()))]).for_each(|text| check_with_promtool(text));
    };
    assert!(std::env::var_os("GOODPUT_REQUIRE_PROMTOOL").is_none(), "promtool is required: {absent}");
    // Past the harness, which would keep it to itself.
    writeln!(std::io::stdout().lock(), "SKIPPED promtool: {absent} (Debian package prometheus)").unwrap();
}

#[track_caller]
fn check_with_promtool(text: &str) {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = promtool.spawn().unwrap();
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty() && output.stdout.is_empty(), "{output:?}");
}

#[test]
fn every_counter_is_there_at_zero_from_the_first_scrape() {
    let samples: Vec<Sample> = parse(&states()[0]).unwrap().into_iter().flat_map(|family| family.samples).collect();
    let value = |name: &str, labels: &[(&str, &str)]| {
        let labels: BTreeMap<_, _> =
            labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        samples.iter().find(|sample| sample.name == name && sample.labels == labels).map(|sample| sample.value)
    };
    for verdict in ["good", "bad", "excluded"] {
        let labels = [("service", "shop"), ("slo", "ok"), ("verdict", verdict)];
        assert_eq!(value("goodput_events_total", &labels), Some(0.0), "{verdict}");
    }
    for reason in ["card_declined", "other", "server_error", "panic"] {
        let labels = [("reason", reason), ("service", "shop"), ("slo", "ok"), ("verdict", "bad")];
        assert_eq!(value("goodput_events_reasons_total", &labels), Some(0.0), "{reason}");
    }
}

#[test]
fn what_is_remembered_is_in_the_windows_and_in_no_counter() {
    let text = scrape(&service(&remembering()));
    let families = parse(&text).unwrap();
    let counted = families.iter().filter(|family| family.kind == "counter").flat_map(|family| &family.samples);
    assert!(counted.filter(|sample| sample.name.contains("events")).all(|sample| sample.value == 0.0), "{text}");
    let burns = families
        .iter()
        .filter(|family| family.name.starts_with("goodput_instance_burn_rate"))
        .flat_map(|family| &family.samples);
    let burns: Vec<f64> = burns.map(|sample| sample.value).collect();
    assert!(!burns.is_empty() && burns.iter().all(|burn| (burn - 10.0).abs() < 0.001), "{burns:?}");
}

#[test]
fn no_counter_pauses_or_falls_whatever_is_reloaded() {
    let goodput = Arc::new(shop());
    let status = service(&goodput);
    goodput.work("/cart").bad("later_declared");
    let counters = |text: &str| -> BTreeMap<String, f64> {
        let families = parse(text).unwrap().into_iter().filter(|family| family.kind == "counter");
        families.flat_map(|family| family.samples).map(|sample| (sample.identity(), sample.value)).collect()
    };
    let before = counters(&scrape(&status));
    let mut definition = (*goodput.definition()).clone();
    definition.reasons.push("later_declared".to_owned());
    definition.slos.retain(|slo| slo.name() != "fast");
    goodput.reload(definition).unwrap();
    let between = counters(&scrape(&status));
    goodput.work("/cart").bad("later_declared");
    let after = counters(&scrape(&status));
    for (earlier, later) in [(&before, &between), (&between, &after)] {
        for (series, value) in earlier {
            assert!(later.get(series).is_some_and(|now| now >= value), "{series} was {value}: {:?}", later.get(series));
        }
    }
    let is_declared = |series: &str| ["later_declared", "\"ok\"", "\"bad\""].iter().all(|part| series.contains(part));
    let declared = |counters: &BTreeMap<String, f64>| {
        counters.iter().filter(|(series, _)| is_declared(series)).map(|(_, value)| *value).collect::<Vec<_>>()
    };
    assert_eq!((declared(&between), declared(&after)), (vec![0.0], vec![1.0]), "the first stays where it was counted");
}

#[test]
fn what_is_scraped_is_what_opentelemetry_collects() {
    let goodput: &'static Goodput = shop().leak();
    (0..99).for_each(|_| goodput.work("/cart").good());
    goodput.work("/cart").bad("card_declined");
    goodput.tick(goodput.now());
    let status = StatusService::new(goodput);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let scraped = runtime.block_on(async {
        let response = status.oneshot(http::Request::get("/metrics").body(()).unwrap()).await.unwrap();
        response.into_body().collect().await.unwrap().to_bytes()
    });
    let scraped = parse(std::str::from_utf8(&scraped).unwrap()).unwrap();
    let identities = |samples: Vec<Sample>| samples.into_iter().map(|sample| (sample.identity(), sample.value));
    let scraped: BTreeMap<String, f64> =
        scraped.into_iter().flat_map(|family| identities(family.samples).collect::<Vec<_>>()).collect();
    let collected: BTreeMap<String, f64> = identities(collected(goodput)).collect();
    assert!(scraped.keys().eq(collected.keys()), "{scraped:#?}\n{collected:#?}");
    for (series, value) in &scraped {
        // Time goes on between the two.
        let near = (value - collected[series]).abs() <= 0.001 + collected[series].abs() * 0.01;
        assert!(near || series.contains("tick_age"), "{series}: {value}, {}", collected[series]);
        assert!(!series.contains("_total") || value.to_bits() == collected[series].to_bits(), "{series}");
    }
}
