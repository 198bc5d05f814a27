//! An override goes ahead, says what it would have been, and is on record or does not hold.

use std::fs;

use serde_json::Value;

use crate::answers::gate_schema;
use crate::command::gate;
use crate::services::single;

const OVERRIDE: [&str; 4] = ["--override", "hot fix for the outage\nof today", "--by", "ada"];

#[test]
fn an_override_goes_ahead_and_is_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("overrides.jsonl");
    let path = path.to_str().unwrap();
    let url = single(30).serve();
    assert_eq!(gate(&[&url]).code, 1);
    let said = gate(&[&OVERRIDE[..], &["--record", path, &url]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.contains("(would have been block)") && said.out.contains("would have exited with 1 (block)"),
        "{said:?}"
    );
    let again = gate(&[&OVERRIDE[..], &["--record", path, "--output", "json", &url]].concat());
    assert_eq!(again.json()["override"]["would_have_exited"], 1);

    let record = fs::read_to_string(path).unwrap();
    let lines: Vec<Value> = record.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1], again.json());
    for line in &lines {
        assert!(gate_schema().is_valid(line), "{line:#}");
        assert_eq!((&line["override"]["by"], &line["override"]["reason"]), (&OVERRIDE[3].into(), &OVERRIDE[1].into()));
        assert_eq!((&line["exit_code"], &line["decision"]["would_have_been"]), (&0.into(), &"block".into()));
    }
}

#[test]
fn an_override_that_cannot_be_recorded_does_not_hold() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/overrides.jsonl");
    for path in [missing.as_path(), folder.path(), "/dev/full".as_ref()] {
        let said = gate(&[&OVERRIDE[..], &["--record", path.to_str().unwrap(), &single(30).serve()]].concat());
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains("the override is not on record, and does not hold"), "{said:?}");
        assert!(said.out.contains("exit code 1: block") && !said.out.contains("ada"), "{said:?}");
    }
}

#[test]
fn nobody_overrides_without_a_reason_and_a_name() {
    let url = "http://127.0.0.1:1/status";
    for args in [
        &["--override", "because", url][..],
        &["--by", "ada", url],
        &["--override", " ", "--by", "ada", url],
        &["--override", "because", "--by", "", url],
        &["--record", "overrides.jsonl", url],
    ] {
        assert_eq!(gate(args).code, 2, "{args:?}");
    }
}

#[test]
fn an_override_goes_ahead_where_nobody_answers() {
    let said = gate(&[&OVERRIDE[..], &["http://127.0.0.1:1/status"]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("would have exited with 3 (no_data)"), "{said:?}");
}
