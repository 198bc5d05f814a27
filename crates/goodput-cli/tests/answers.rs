//! What programs read: every JSON answer is as its published schema says, and the schema means it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

use std::path::Path;
use std::process::{Command, Output};

use jsonschema::Validator;
use serde_json::{Value, json};

/// A command line, its fields separated by blanks, and what its answer is of.
const ANSWERS: &[(&str, &str)] = &[
    ("validate", "validate checkout.yaml --output json"),
    ("validate", "validate --output json checkout.yaml same-service.yaml bad/unknown-keys.yaml missing.yaml bad"),
    ("explain", "explain checkout.yaml --output json"),
    ("explain", "explain kinds.yaml --output json"),
    ("explain", "explain one-error-pages.yaml --age 2h --output json"),
    ("calc", "calc budget --objective 99.9% --output json"),
    ("calc", "calc budget --objective 99.9% --traffic 10/h --period quarter --output json"),
    ("calc", "calc burn --objective 99.9% --error-ratio 1% --output json"),
    ("calc", "calc burn --objective 99.9% --error-ratio 0% --output json"),
    ("calc", "calc detect --objective 99.9% --error-ratio 10% --long 1h --short 5m --factor 14.4 --output json"),
    ("calc", "calc detect --objective 99.9% --error-ratio 1% --long 1h --short 5m --factor 14.4 --output json"),
    ("calc", "calc outage --objective 99.9% --for 8m --output json"),
    ("calc", "calc risk --left 12m --probability 20% --incident 5m --output json"),
    ("calc", "calc risk --objective 99.9% --spent 100% --probability 20% --incident 5m --output json"),
    ("plan", "plan progress --from 99% --to 99.95% --output json"),
    ("plan", "plan target --good 997000 --total 1000000 --over 28d --quantiles p99=800ms --output json"),
    ("plan", "plan target --good 8 --total 8 --output json"),
    ("plan", "plan target --measured days.csv --output json"),
    ("plan", "plan target --measured latencies.csv --output json"),
    ("replay", "replay --objective 99.9 --error-ratio 0.10 --for 4h --tick 10s --output json"),
    ("replay", "replay --objective 99% --error-ratio 1% --for 10m --history none --plan standard --output json"),
    ("replay", "replay recorded.csv --file checkout.yaml --slo ok --output json"),
    ("convert", "convert checkout.yaml --output json"),
    ("convert", "convert checkout.yaml --into openslo --output json"),
    ("gate", "gate http://127.0.0.1:1/status --output json"),
    ("gate", "gate http://127.0.0.1:1/status --override because --by ada --output json"),
];

fn goodput(line: &str) -> Output {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    Command::new(env!("CARGO_BIN_EXE_goodput")).args(line.split(' ')).current_dir(files).output().unwrap()
}

fn answer(line: &str) -> Value {
    let output = goodput(line);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {output:?}"))
}

fn schema(of: &str) -> (Value, Validator) {
    let schema = answer(&format!("schema --of {of}"));
    let validator = jsonschema::draft202012::new(&schema).expect(of);
    (schema, validator)
}

#[test]
fn every_answer_is_as_its_schema_says() {
    for (of, line) in ANSWERS {
        let answer = answer(line);
        let (_, validator) = schema(of);
        let errors: Vec<String> =
            validator.iter_errors(&answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{line}: {errors:#?}");
        assert_eq!(answer["schema"], json!(format!("goodput/{of}/1")), "{line}");
    }
}

#[test]
fn a_schema_refuses_what_no_answer_has() {
    for (of, line) in ANSWERS {
        let (_, validator) = schema(of);
        let answer = answer(line);
        for (key, _) in answer.as_object().unwrap() {
            let mut without = answer.clone();
            without.as_object_mut().unwrap().remove(key);
            assert!(!validator.is_valid(&without), "{line}: {key} may be missing");
            let mut wrong = answer.clone();
            wrong[key] = json!({"not": "so"});
            assert!(!validator.is_valid(&wrong), "{line}: {key} may be anything");
        }
        let mut more = answer.clone();
        more["more_than_that"] = json!(1);
        assert!(!validator.is_valid(&more), "{line}: anything may be added");
    }
}

#[test]
fn a_schema_describes_every_field() {
    fn silent(schema: &Value, path: &str, found: &mut Vec<String>) {
        for (key, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}/{key}");
            let described = field.get("const").or(field.get("description")).or(field["oneOf"][0].get("description"));
            if described.is_none() {
                found.push(path.clone());
            }
            silent(field, &path, found);
        }
        for inner in [&schema["items"], &schema["oneOf"][0]] {
            if inner.is_object() {
                silent(inner, path, found);
            }
        }
    }
    for of in ["validate", "explain", "calc", "plan", "convert", "gate", "replay"] {
        let mut found = Vec::new();
        silent(&schema(of).0, of, &mut found);
        assert!(found.is_empty(), "without a description: {found:?}");
    }
}

#[test]
fn the_schema_of_slo_files_is_a_schema() {
    let (schema, _) = schema("slo");
    assert!(schema.is_object());
}

#[test]
fn an_answer_for_programs_is_alone_on_standard_output() {
    for (of, line) in ANSWERS {
        let output = goodput(line);
        assert!(output.stdout.starts_with(b"{\n") && output.stdout.ends_with(b"}\n"), "{of}: {line}");
        assert!(!output.stdout.contains(&0x1b), "{line} is coloured");
    }
}
