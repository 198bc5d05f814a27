//! Transitions are events of `tracing`, one each, with their facts as fields.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use goodput_core::{AlertRow, Goodput, Severity, Slo, Timeline, Trigger, Turn, Window};
use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

type Fields = BTreeMap<&'static str, String>;

/// Keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<(Level, Fields)>>>);

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "goodput"
    }
    fn event(&self, event: &Event<'_>) {
        let mut fields = Reader::default();
        event.record(&mut fields);
        self.0.lock().push((*event.metadata().level(), fields.0));
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Reader(Fields);

impl Visit for Reader {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

/// What is written of an outage of a minute that is over after an hour, where one row of this severity is defined and a post-mortem is due
/// in the end.
fn written(severity: Severity) -> Vec<(Level, Fields)> {
    let kept = Kept::default();
    tracing::subscriber::with_default(kept.clone(), || {
        let (timeline, hand) = Timeline::manual();
        let row = AlertRow::new(severity, Window::H1, Window::M5, Trigger::factor("14.4").unwrap());
        let slo = Slo::availability("shop-ok", "99.9%").alert(row).runbook("https://wiki.example/shop");
        let goodput = Goodput::builder("shop")
            .slo(slo)
            .timeline(timeline)
            .on_transition(|told| {
                let mut told = told.clone();
                told.alert.needs_post_mortem = matches!(told.change, Turn::Resolved(_));
                goodput_notify::to_tracing(&told);
            })
            .deploy("v42")
            .build()
            .unwrap();
        for tick in 0..1_440 {
            (0..10).for_each(|_| if tick < 6 { goodput.work("/x").bad("no_stock") } else { goodput.work("/x").good() });
            hand.advance(Duration::from_secs(10));
            goodput.tick(goodput.now());
        }
    });
    kept.0.lock().clone()
}

#[test]
fn an_episode_is_two_events_whose_fields_say_what_it_was() {
    let written = written(Severity::Page);
    let changes: Vec<_> = written.iter().map(|(level, fields)| (*level, fields["change"].as_str())).collect();
    assert_eq!(changes, [(Level::ERROR, "fired"), (Level::INFO, "resolved")]);
    let (fired, resolved) = (&written[0].1, &written[1].1);
    for (name, value) in [
        ("number", "1"),
        ("cleared", ""),
        ("alertname", "GoodputInstanceBurn"),
        ("service", "shop"),
        ("slo", "shop-ok"),
        ("journey", ""),
        ("severity", "page"),
        ("audience", "nobody"),
        ("scope", "instance"),
        ("what", "page 1h/5m at 14.4x"),
        ("expected", "at most 14.4x"),
        ("reasons", "no_stock 60"),
        ("deploy", "v42"),
        ("runbook", "https://wiki.example/shop"),
        ("suppressed", "false"),
        ("muted", "false"),
    ] {
        assert_eq!(fired[name], value, "{name}");
    }
    assert!(fired["message"].starts_with("fired: SLO \"shop-ok\" of shop"), "{}", fired["message"]);
    assert_eq!(resolved["cleared"], "short_window_good");
    assert_eq!(resolved["number"], "2");
    for fields in [fired, resolved] {
        assert_eq!(fields["post_mortem"] == "true", fields["message"].contains("post-mortem"), "{fields:?}");
    }
    assert_eq!((&*fired["post_mortem"], &*resolved["post_mortem"]), ("false", "true"));
}

#[test]
fn the_level_is_as_severe_as_the_alert() {
    for (severity, level) in
        [(Severity::Page, Level::ERROR), (Severity::Ticket, Level::WARN), (Severity::Log, Level::INFO)]
    {
        assert_eq!(written(severity)[0].0, level);
    }
}
