//! What a service's past makes of a change, in exit codes and in words.

use std::path::Path;
use std::time::Duration;

use goodput_core::Timeline;

use crate::command::gate;
use crate::services::{Instance, TICK, definition, single};

#[test]
fn the_exit_code_says_what_may_be_done() {
    let (good, fair, bad) = (single(0), single(8), single(30));
    let (good, fair, bad) = (good.serve(), fair.serve(), bad.serve());
    for (url, args, code) in [
        (&good, "--change feature --risk low", 0),
        (&good, "--change feature --risk medium", 0),
        (&good, "--change feature --risk high", 4),
        (&fair, "--change feature --risk low", 4),
        (&bad, "--change feature --risk low", 1),
        (&bad, "--change config --risk low", 1),
        (&bad, "--change fix --risk high", 4),
        (&bad, "--change rollback --risk high", 0),
        (&bad, "--change security", 0),
        (&bad, "--change emergency", 0),
    ] {
        let args: Vec<_> = args.split(' ').chain([url.as_str()]).collect();
        let said = gate(&args);
        assert_eq!(said.code, code, "{args:?}: {said:?}");
        assert!(
            said.out.ends_with(&format!(
                "exit code {code}: {}\n",
                ["approve", "block", "", "", "review"][said.code as usize]
            ))
        );
    }
}

#[test]
fn a_person_is_told_why() {
    let said = gate(&[&single(30).serve()]);
    assert_eq!(said.code, 1, "{said:?}");
    for part in [
        "block: feature of medium risk",
        "because:",
        "ok: burns 3x over 1h, above 2x: critical -> block",
        "instead:",
        "the single instance",
    ] {
        assert!(said.out.contains(part), "{part:?} is missing: {}", said.out);
    }
    let rolled_back = gate(&["--change", "rollback", &single(30).serve()]);
    assert!(rolled_back.out.contains("(would have been block)"), "{}", rolled_back.out);
}

#[test]
fn an_answer_for_programs_is_as_its_schema_says() {
    let schema = gate_schema();
    let single = single(30).serve();
    for args in [&["--output", "json", &single][..], &["--output", "json", &single, "http://127.0.0.1:1/status"]] {
        let answer = gate(args).json();
        let errors: Vec<_> =
            schema.iter_errors(&answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{args:?}: {errors:#?}");
    }
}

#[test]
fn what_a_change_may_cost_is_what_was_said_of_it_in_place_of_what_is_usual() {
    let url = single(0).serve();
    let cost = |args: &[&str]| {
        let answer = gate(&[args, &["--risk", "low", "--output", "json", &url]].concat()).json();
        (
            answer["decision"]["cost"]["expected_ns"].as_u64().unwrap(),
            answer["decision"]["cost"]["worst_ns"].as_u64().unwrap(),
        )
    };
    let minute = 60_000_000_000;
    assert_eq!(cost(&["--probability", "25%", "--incident", "8m"]), (2 * minute, 8 * minute));
    assert_ne!(cost(&[]), (2 * minute, 8 * minute));
}

pub(crate) fn gate_schema() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/gate.json");
    jsonschema::draft202012::new(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).unwrap()
}

#[test]
fn only_the_slos_that_are_asked_for_speak() {
    // 8 of 1,000 are within 99 %, and eight times what 99.9 % allows.
    let instance = Instance::new(definition(true)).hours(|_| (992, 8));
    let url = instance.serve();
    assert_eq!(gate(&[&url]).code, 1);
    assert_eq!(gate(&["--slo", "ok", "--risk", "low", &url]).code, 4);
    let unknown = gate(&["--slo", "nothing", &url]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.err.contains("--slo \"nothing\": checkout has no such SLO: expected one of ok, strict"),
        "{unknown:?}"
    );
}

#[test]
fn a_young_instance_is_not_enough_and_nobody_needs_to_know_less_for_that() {
    let young = Instance::new(definition(true));
    young.goodput.work("/checkout").good();
    let url = young.serve();
    assert_eq!(gate(&["--max-age", "400d", &url]).code, 3);
    for (action, code) in [("approve", 0), ("review", 4), ("defer", 5), ("block", 1)] {
        let said = gate(&["--max-age", "400d", "--risk", "low", "--on-no-data", action, &url]);
        assert_eq!(said.code, code, "{action}: {said:?}");
    }
}

#[test]
fn what_is_too_old_is_not_gone_by_and_a_block_stays_one() {
    let system = Timeline::system();
    let began = system.wall_at(system.now()) - Duration::from_secs(25 * 3_600) - TICK * 4;
    for (bad, code) in [(0, 3), (30, 1)] {
        let mut definition = definition(true);
        definition.slos.truncate(1);
        let instance = Instance::beginning_at(began, definition).hours(|_| (1_000 - bad, bad));
        instance.hand.advance(TICK * 4);
        let url = instance.serve();
        let said = gate(&["--risk", "low", &url]);
        assert_eq!(said.code, code, "{said:?}");
        assert!(said.out.contains("the newest tick is 40m"), "{said:?}");
        let relaxed = gate(&["--risk", "low", "--max-age", "2h", &url]);
        assert_eq!(relaxed.code, i32::from(bad > 0), "{relaxed:?}");
    }
}

#[test]
fn clocks_that_differ_are_told_and_not_trusted() {
    let hour = Duration::from_secs(3_600);
    let system = Timeline::system();
    let began = system.wall_at(system.now()) - hour * 25;
    for began in [began - hour, began + hour] {
        let skewed = Instance::beginning_at(began, definition(true)).hours(|_| (1_000, 0));
        let said = gate(&["--risk", "low", &skewed.serve()]);
        assert_eq!(said.code, 3, "{said:?}");
        assert!(said.out.contains("the clocks of the two machines differ"), "{said:?}");
    }
}
