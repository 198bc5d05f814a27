//! From an alert to what an Alertmanager is told of it: its labels, its annotations, and whether anybody is to hear of it.

use goodput_core::{Alert, Audience, Cause, Signal};

use crate::episodes::Notice;
use crate::wire::{Annotations, Labels};
use crate::words;

/// What is told of an alert of `instance`; nothing where nobody is to hear of it.
pub(crate) fn notice(alert: &Alert, instance: &str) -> Option<Notice> {
    if alert.audience == Audience::Nobody {
        return None;
    }
    Some(Notice {
        labels: labels(alert, instance),
        annotations: annotations(alert),
        fired_at: alert.fired_wall,
        quiet: alert.suppressed || alert.muted,
        told_until: alert.told_until,
    })
}

/// What makes it this alert and no other, whatever it burns at: nothing in it changes while it fires.
fn labels(alert: &Alert, instance: &str) -> Labels {
    let mut labels: Labels = alert.labels.clone();
    // Ours last: no label of the definition stands in place of one.
    let mut put = |name: &str, value: String| drop(labels.insert(name.to_owned(), value));
    put("alertname", alert.name().to_owned());
    put("service", alert.service.clone());
    put("slo", alert.slo.clone());
    put("severity", alert.audience.label().to_owned());
    put("scope", alert.scope.to_string());
    put("instance", instance.to_owned());
    if let Some(journey) = &alert.journey {
        put("journey", journey.clone());
    }
    match alert.cause {
        Cause::Row(row) => {
            put("long", row.long().to_string());
            put("short", row.short().to_string());
        }
        Cause::Signal(Signal::BudgetConsumed { percent }) => put("percent", percent.to_string()),
        Cause::Signal(_) => {}
    }
    labels
}

/// What whoever gets it may want to know. The names that are ours say what they say everywhere, whatever an SLO has under them.
fn annotations(alert: &Alert) -> Annotations {
    let mut annotations = alert.annotations.clone();
    let mut put = |name: &str, text: String| {
        if !text.is_empty() {
            annotations.insert(name.to_owned(), bounded(text));
        }
    };
    put("summary", words::summary(alert));
    put("description", words::description(alert));
    for (name, text) in words::facts(alert) {
        put(name, text);
    }
    let links = &alert.links;
    for (name, link) in [("runbook_url", &links.runbook), ("dashboard", &links.dashboard), ("traces", &links.traces)] {
        put(name, link.clone().unwrap_or_default());
    }
    annotations
}

/// The longest annotation, in bytes. The texts are made of parts that are bounded; together they do not fill a pager.
const LONGEST: usize = 4_096;

fn bounded(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = (0..=LONGEST - '…'.len_utf8()).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use goodput_core::{Definition, Goodput, Role, Slo, Timeline};

    use super::*;

    /// The alerts of a total outage of a minute.
    fn alerts(change: impl FnOnce(&mut Definition)) -> Vec<Alert> {
        let (timeline, hand) = Timeline::manual();
        let mut definition = Definition::new("shop");
        definition.slos.push(Slo::availability("shop-ok", "99.9%"));
        definition.role = Role::Notify;
        change(&mut definition);
        let goodput = Goodput::builder("shop").definition(definition).timeline(timeline).build().unwrap();
        for _ in 0..6 {
            (0..10).for_each(|_| goodput.work("/checkout").bad("no_stock"));
            hand.advance(Duration::from_secs(10));
            goodput.tick(goodput.now());
        }
        let alerts = goodput.alerts();
        assert!(!alerts.is_empty());
        alerts
    }

    #[test]
    fn no_label_of_the_definition_stands_in_place_of_ours() {
        for name in ["long", "short", "percent", "journey"] {
            let forged = |definition: &mut Definition| {
                definition.labels.insert(name.to_owned(), "forged".to_owned());
                definition.labels.insert("team".to_owned(), "payments".to_owned());
                definition.journeys.push(goodput_core::Journey::new("buying"));
                let slo = definition.slos.remove(0);
                definition.slos.push(slo.journey("buying"));
            };
            let labels = notice(&alerts(forged)[0], "here").unwrap().labels;
            assert_eq!(labels["team"], "payments");
            for (name, value) in [("long", "1h"), ("short", "5m"), ("journey", "buying"), ("instance", "here")] {
                assert_eq!(labels[name], value);
            }
        }
    }

    #[test]
    fn labels_stay_as_they_are_while_an_alert_fires_and_tell_alerts_apart() {
        let (one, other) = (alerts(|_| {}), alerts(|_| {}));
        let labels = |alerts: &[Alert]| alerts.iter().map(|alert| labels(alert, "here")).collect::<Vec<_>>();
        assert_eq!(labels(&one), labels(&other));
        let mut apart = labels(&one);
        apart.sort();
        apart.dedup();
        assert_eq!(apart.len(), one.len());
    }

    #[test]
    fn nobody_is_told_of_what_an_observer_sees_and_nobody_paged_by_one_of_many() {
        let severity = |role, single| {
            let alerts = alerts(|definition| (definition.role, definition.single_instance) = (role, single));
            notice(&alerts[0], "here").map(|notice| notice.labels["severity"].clone())
        };
        assert_eq!(severity(Role::Observe, true), None);
        assert_eq!(severity(Role::Notify, false).as_deref(), Some("ticket"));
        assert_eq!(severity(Role::Notify, true).as_deref(), Some("page"));
    }

    #[test]
    fn a_signal_has_no_windows_and_says_its_numbers() {
        let (timeline, hand) = Timeline::manual();
        let mut definition = Definition::new("shop");
        let expected = goodput_core::Rate::new(100, goodput_core::TimeUnit::Second).unwrap();
        definition.slos.push(Slo::availability("shop-ok", "99.9%").traffic(expected));
        (definition.role, definition.single_instance) = (Role::Notify, true);
        let goodput = Goodput::builder("shop").definition(definition).timeline(timeline).build().unwrap();
        for _ in 0..60 {
            hand.advance(Duration::from_secs(10));
            goodput.tick(goodput.now());
        }
        let notices: Vec<_> = goodput.alerts().iter().filter_map(|alert| notice(alert, "here")).collect();
        let silent = notices.iter().find(|notice| notice.labels["alertname"] == "GoodputInstanceNoData").unwrap();
        assert!(!silent.labels.contains_key("long") && !silent.labels.contains_key("short"));
        assert_eq!(silent.annotations["what"], "no data");
        assert!(silent.annotations["current"].starts_with("no valid event in 5m"), "{:?}", silent.annotations);
        assert!(silent.annotations.values().all(|text| !text.is_empty()));
    }

    #[test]
    fn a_post_mortem_that_is_due_is_said_and_none_where_none_is() {
        let mut alert = alerts(|_| {}).remove(0);
        for due in [true, false] {
            alert.needs_post_mortem = due;
            let text = annotations(&alert).remove("post_mortem");
            assert_eq!(text.is_some_and(|text| text.starts_with("due: more than 20 %")), due);
        }
    }

    #[test]
    fn a_text_that_is_too_long_ends_at_a_character_and_says_so() {
        for (text, length) in [("a".repeat(LONGEST), LONGEST), ("a".repeat(LONGEST + 1), LONGEST)] {
            assert_eq!(bounded(text).len(), length);
        }
        let umlauts = bounded("ü".repeat(LONGEST));
        assert!(umlauts.len() <= LONGEST && umlauts.ends_with("ü…"), "{}", umlauts.len());
    }
}
