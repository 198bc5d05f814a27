//! Several instances: added up exactly, each once, and none of them forgotten.

use serde_json::Value;

use crate::command::gate;
use crate::services::{Instance, definition};

/// What instance `index` of five saw in an hour: uneven, so that a mean of ratios would be another number.
fn events(index: u64, hour: u32, outage: bool) -> (u64, u64) {
    let hour = u64::from(hour);
    let bad = u64::from(index == 2 && hour % 5 == 0) + u64::from(outage && hour == 20) * index;
    (10 + index * index * 13 + hour % 7, bad)
}

/// The answer without what tells apart who was asked, and when.
fn of_whom_it_is_not(mut answer: Value) -> Value {
    for key in ["at_unix_ms", "sources"] {
        answer[key].take();
    }
    for key in ["replicas", "age_ns"] {
        answer["decision"][key].take();
    }
    // Only an instance remembers the worse band that its budget has to recover from: the sum is of no instance.
    let conditions = answer["decision"]["conditions"].take().to_string().replace("50% and 2% beyond", "50%");
    answer["decision"]["conditions"] = Value::String(conditions);
    answer
}

#[test]
fn what_five_instances_say_is_what_one_says_that_saw_it_all() {
    for outage in [false, true] {
        let instances: Vec<_> =
            (0..5).map(|index| Instance::new(definition(false)).hours(|hour| events(index, hour, outage))).collect();
        let urls: Vec<_> = instances.iter().map(Instance::serve).collect();
        let urls: Vec<_> = urls.iter().map(String::as_str).collect();
        let all = Instance::new(definition(true)).hours(|hour| {
            let events = (0..5).map(|index| events(index, hour, outage));
            events.fold((0, 0), |sum, events| (sum.0 + events.0, sum.1 + events.1))
        });
        let one = all.serve();
        for change in ["feature low", "config high", "fix medium", "rollback high"] {
            let (kind, risk) = change.split_once(' ').unwrap();
            let change = ["--output", "json", "--change", kind, "--risk", risk];
            let merged = gate(&[&change[..], &["--expect-replicas", "5"], &urls].concat());
            let single = gate(&[&change[..], &[&one]].concat());
            assert_eq!(merged.json()["decision"]["replicas"], serde_json::json!({"seen": 5, "expected": 5}));
            assert_eq!(of_whom_it_is_not(merged.json()), of_whom_it_is_not(single.json()), "{change:?}");
            assert_eq!(merged.code, single.code);
        }
        let code = gate(&[&["--risk", "low", "--expect-replicas", "5"][..], &urls].concat()).code;
        assert_eq!(code, i32::from(outage), "the two differ");
    }
}

#[test]
fn one_instance_by_two_addresses_is_told_and_counted_once() {
    let instance = Instance::new(definition(false)).hours(|_| (1_000, 0));
    let (one, other) = (instance.serve(), instance.serve());
    let said = gate(&["--expect-replicas", "2", "--risk", "low", &one, &other]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.out.contains(&format!("missing: {other} is the same instance as {one}: expected each once")),
        "{said:?}"
    );
    assert_eq!(gate(&["--expect-replicas", "2", "--risk", "low", "--on-no-data", "approve", &one, &other]).code, 3);
}

#[test]
fn an_instance_that_is_missing_is_not_forgotten_and_a_block_stays_one() {
    let nobody = "http://127.0.0.1:1/status";
    for (bad, alone, told, decided) in [(0, 4, 3, 0), (40, 1, 1, 1)] {
        let url = Instance::new(definition(false)).hours(|_| (1_000, bad)).serve();
        for (args, code) in [
            (&["--risk", "low", &url][..], alone),
            (&["--risk", "low", &url, nobody], told),
            (&["--risk", "low", "--expect-replicas", "2", &url], told),
            (&["--risk", "low", "--expect-replicas", "2", "--on-no-data", "approve", &url], decided),
            (&["--risk", "low", "--on-no-data", "approve", &url, nobody], decided),
            (&["--risk", "low", "--expect-replicas", "1", &url], decided),
        ] {
            let said = gate(args);
            assert_eq!(said.code, code, "{args:?}: {said:?}");
        }
    }
}

#[test]
fn what_cannot_be_added_is_told() {
    let ours = Instance::new(definition(false)).hours(|_| (100, 0)).serve();
    let mut payments = definition(false);
    payments.service = "payments".to_owned();
    let mut weaker = definition(false);
    weaker.slos[0] = goodput_core::Slo::availability("ok", "98%").period(goodput_core::Period::days(1).unwrap());
    for (other, message) in [
        (payments, "services \"checkout\" and \"payments\" cannot be added: expected instances of one service"),
        (weaker, "SLO \"ok\" has an objective of 99% in one instance and of 98% in another: expected the same in each"),
    ] {
        let other = Instance::new(other).hours(|_| (100, 0)).serve();
        let said = gate(&["--expect-replicas", "2", "--on-no-data", "approve", &ours, &other]);
        assert_eq!(said.code, 3, "{said:?}");
        assert!(said.out.contains(&format!("missing: {other} cannot be added to the others: {message}")), "{said:?}");
    }
}
