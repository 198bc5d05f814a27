//! Each lint finds what it is for, and nothing in the nearest file that has not got it.
//!
//! `lint/<code>.yaml` has it, `lint/<code>.txt` is what is said, `lint/<code>.ok.yaml` is the nearest file without. Write the
//! texts anew with `GOODPUT_UPDATE_GOLDEN=1`, and read them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use goodput_model::{AlertRow, Definition, Period, Severity, Slo, Trigger, Window};
use goodput_spec::lint::{ALL, Lint, lint};
use goodput_spec::{Diagnostic, Diagnostics, Document, Level, Places, Source, Span, read};

#[test]
fn every_lint_finds_what_it_is_for() {
    for Lint { code, .. } in ALL {
        let (source, document) = document(&format!("{code}.yaml"));
        let found = lint(&document);
        let codes: Vec<&str> = found.iter().map(Diagnostic::code).collect();
        let rendered = Diagnostics::of(&source, found.clone()).to_string();
        assert!(!codes.is_empty() && codes.iter().all(|found| found == code), "{code}: {codes:?}\n{rendered}");
        assert!(found.iter().all(|diagnostic| diagnostic.level() == Level::Warning), "{code}");
        assert!(found.iter().all(|diagnostic| diagnostic.primary().is_some()), "{code} has no place:\n{rendered}");
        assert!(rendered.contains("expected"), "{code} does not say what was expected:\n{rendered}");
        golden(&format!("{code}.txt"), &rendered);
    }
}

#[test]
fn nothing_is_found_in_the_nearest_file_without_it() {
    for Lint { code, .. } in ALL {
        let (source, document) = document(&format!("{code}.ok.yaml"));
        let found = lint(&document);
        assert!(found.is_empty(), "{code}:\n{}", Diagnostics::of(&source, found));
        let (with, without) = (text(&format!("{code}.yaml")), text(&format!("{code}.ok.yaml")));
        let (with, without) = (lines(&with), lines(&without));
        let differing = with.symmetric_difference(&without).count();
        assert!((1..=4).contains(&differing), "{code}: {differing} lines differ: expected the nearest file");
    }
}

#[test]
fn every_lint_has_a_code_a_truth_and_a_reason_of_its_own() {
    let unique = |of: fn(&Lint) -> &'static str| ALL.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(unique(|lint| lint.code), ALL.len());
    assert_eq!(unique(|lint| lint.truth), ALL.len());
    for lint in ALL {
        assert_eq!(Lint::of(lint.code), Some(lint));
        assert!(lint.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", lint.code);
        assert!(lint.truth.ends_with('.') && lint.truth.len() <= 120, "{}: {}", lint.code, lint.truth);
        assert!(lint.text.len() > lint.truth.len() && !lint.text.contains("  "), "{}: {}", lint.code, lint.text);
    }
    assert_eq!(Lint::of("no-such-lint"), None);
}

#[test]
fn no_file_here_is_for_a_lint_that_does_not_exist() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for file in files {
        let code = file.split('.').next().unwrap();
        assert!(Lint::of(code).is_some(), "{file}");
    }
}

#[test]
fn a_definition_without_places_is_linted_by_name() {
    for Lint { code, .. } in ALL {
        let (_, written) = document(&format!("{code}.yaml"));
        let built = Document::from(written.definition.clone());
        let found = lint(&built);
        assert!(!found.is_empty(), "{code} is only found in a file");
        assert!(found.iter().all(|diagnostic| diagnostic.code() == *code && diagnostic.primary().is_none()), "{code}");
        let names = names(&built.definition);
        for diagnostic in found {
            let message = diagnostic.message();
            assert!(names.iter().any(|name| message.contains(name)), "{code} names nothing: {message}");
        }
    }
}

/// What a message may name so that its reader knows where to look.
fn names(definition: &Definition) -> Vec<String> {
    let slos = definition.slos.iter().map(|slo| format!("{:?}", slo.name()));
    let journeys = definition.journeys.iter().map(|journey| format!("{:?}", journey.name));
    let words = ["route", "role notify", "a single instance", "class", "reason", "dependency", "band"];
    slos.chain(journeys).chain(words.map(str::to_owned)).collect()
}

#[test]
fn what_several_slos_have_from_the_defaults_is_said_once() {
    let text = "\
version: 1
service: shop
defaults:
  period: month
  links: {runbook: \"https://runbooks.example/{slo}\"}
slos:
  - {name: a, sli: availability, objective: 99.9%, routes: [/a]}
  - {name: b, sli: availability, objective: 99.9%, routes: [/b]}
  - {name: c, sli: availability, objective: 99.9%, routes: [/c]}
";
    let source = Source::new("slo.yaml", text);
    let found = lint(&read(&source).unwrap());
    assert_eq!(found.len(), 1, "{}", Diagnostics::of(&source, found));
    assert!(found[0].message().contains("\"a\""));
    assert_eq!(found[0].secondary().len(), 2, "the first is named, the others are pointed at");
}

#[test]
fn own_rows_are_not_looked_for_in_the_defaults() {
    let text = "\
version: 1
service: shop
defaults:
  alerts: [{severity: page, long: 1h, short: 5m, factor: 14.4}]
  links: {runbook: \"https://runbooks.example/{slo}\"}
slos:
  - name: a
    sli: availability
    objective: 99.9%
    alerts: [{severity: page, long: 1h, short: 50m, budget: 2%}]
";
    let source = Source::new("slo.yaml", text);
    let found = lint(&read(&source).unwrap());
    let [diagnostic] = found.as_slice() else { panic!("{}", Diagnostics::of(&source, found)) };
    assert_eq!(source.at(diagnostic.primary().unwrap().span()), "50m");
}

#[test]
fn of_each_lint_as_many_are_said_as_people_read() {
    let found = |slos: usize| {
        let mut definition = Definition::new("shop");
        let slo =
            |index| Slo::availability(format!("a{index}"), "99.9%").routes([format!("/{index}")]).period(Period::MONTH);
        definition.slos = (0..slos).map(slo).collect();
        let found = lint(&Document::from(definition)).into_iter().filter(|found| found.code() == "calendar-period");
        found.map(|diagnostic| diagnostic.message().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(20).len(), 20);
    let many = found(50);
    assert_eq!((many.len(), many.last().map(String::as_str)), (21, Some("and 30 more like these")));
}

#[test]
fn two_rows_of_which_only_the_slo_is_known_are_both_found() {
    let row = |long: &str, short: &str| {
        let trigger = Trigger::BudgetPercent { milli: 10_000 };
        AlertRow::new(Severity::Page, long.parse().unwrap(), short.parse::<Window>().unwrap(), trigger)
    };
    let slo = Slo::availability("a", "99.9%").runbook("https://runbooks.example/a");
    let mut definition = Definition::new("shop");
    definition.slos = vec![slo.alert(row("1d", "2h")).alert(row("2d", "4h"))];
    let mut places = Places::default();
    places.insert("slos.0", Span::new(30, 40));
    let found = lint(&Document::new(definition, places));
    let codes: Vec<&str> = found.iter().map(Diagnostic::code).collect();
    assert_eq!(codes, ["slow-page", "slow-page"]);
}

#[test]
fn an_slo_that_cannot_be_read_is_left_to_the_check() {
    let definition = |objective| {
        let mut definition = Definition::new("shop");
        definition.slos = vec![Slo::availability("a", objective).period(Period::MONTH)];
        Document::from(definition)
    };
    assert!(!lint(&definition("99.9%")).is_empty());
    assert!(lint(&definition("100%")).is_empty());
}

fn document(file: &str) -> (Source, Document) {
    let source = Source::new(file, text(file));
    let document = read(&source).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    (source, document)
}

fn text(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Each line, and which of several equal ones it is.
fn lines(text: &str) -> BTreeSet<(&str, usize)> {
    let mut seen = BTreeMap::<&str, usize>::new();
    let nth = |line| {
        let nth = seen.entry(line).or_default();
        *nth += 1;
        *nth
    };
    let numbered = text.lines().zip(text.lines().map(nth));
    numbered.collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint")
}

fn golden(file: &str, rendered: &str) {
    if std::env::var_os("GOODPUT_UPDATE_GOLDEN").is_some() {
        std::fs::write(folder().join(file), format!("{rendered}\n")).unwrap();
    }
    assert_eq!(text(file).trim_end(), rendered, "{file}");
}
