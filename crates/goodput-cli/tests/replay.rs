//! `goodput replay` from outside: the promised answer, every event of a recording, charts, and recordings without an end.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

use std::fmt::Write;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use proptest::prelude::*;
use serde_json::Value;
use tempfile::tempdir;

fn goodput(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goodput"));
    command.args(line.split(' ')).current_dir(folder).stdin(Stdio::null());
    command
}

fn run(folder: &Path, line: &str) -> Output {
    goodput(folder, line).output().unwrap()
}

fn answer(folder: &Path, line: &str) -> Value {
    let output = run(folder, &format!("{line} --output json"));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{line}: {output:?}"))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn ten_percent_errors_for_four_hours_fire_every_row_at_the_second_that_calc_detect_names() {
    let folder = tempdir().unwrap();
    let outage = answer(folder.path(), "replay --objective 99.9 --error-ratio 0.10 --for 4h");
    let alerts = outage["alerts"].as_array().unwrap();
    let expected = [
        ("page", "1h", "5m", "14.4", 0.02),
        ("page", "6h", "30m", "6", 0.05),
        ("ticket", "1d", "2h", "3", 0.1),
        ("ticket", "3d", "6h", "1", 0.1),
    ];
    assert_eq!(alerts.len(), expected.len());
    for (alert, (severity, long, short, factor, spent)) in alerts.iter().zip(expected) {
        assert_eq!([&alert["severity"], &alert["long"], &alert["short"]], [severity, long, short]);
        let detect =
            format!("calc detect --objective 99.9% --error-ratio 10% --long {long} --short {short} --factor {factor}");
        let detect = answer(folder.path(), &detect);
        let seconds = |value: &Value| value.as_f64().unwrap();
        // At the threshold it does not fire yet; a tick later it does.
        let due = seconds(&detect["fires_after_seconds"]);
        let fired = seconds(&alert["fired_at_seconds"]);
        assert!(due < fired && fired <= due + 1.0, "{long}: {fired}, not {due}");
        let lets_go = 4.0 * 3_600.0 + seconds(&detect["lets_go_after_seconds"]);
        let resolved = seconds(&alert["resolved_at_seconds"]);
        assert!(lets_go <= resolved && resolved < lets_go + 1.0, "{long}: {resolved}, not {lets_go}");
        let found = seconds(&alert["budget_spent"]);
        assert!((found - spent).abs() < 0.001, "{long}: {found}, not {spent}");
    }
}

#[test]
fn an_outage_that_goes_on_is_not_resolved_before_it_is_over() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("outage.csv"), "time,good,bad\n0,0,9000\n300,0,9000\n600,0,9000\n").unwrap();
    let outage = answer(folder.path(), "replay outage.csv --objective 99.9");
    assert!(outage["alerts"].as_array().unwrap().iter().all(|alert| alert["resolved_at_seconds"].is_null()));
    assert_eq!(outage["lasted_seconds"], 900.0);
}

#[test]
fn a_chart_is_drawn_once_and_replaced_only_when_forced() {
    let folder = tempdir().unwrap();
    let line = "replay --objective 99.9 --error-ratio 0.10 --for 4h --tick 10s --chart chart.svg";
    assert!(run(folder.path(), line).status.success());
    let chart = fs::read_to_string(folder.path().join("chart.svg")).unwrap();
    assert!(chart.starts_with("<svg ") && chart.trim_end().ends_with("</svg>"));
    for words in
        ["page 1h/5m at 14.4x", "ticket 3d/6h at 1x", "error budget left", "10 % errors for 4h, against 99.9% over 30d"]
    {
        assert!(chart.contains(words), "{words}");
    }
    // Each of the two pages and the two tickets fires once; the legend shows one of each kind.
    for color in ["#D64541", "#F0A028"] {
        assert_eq!(chart.matches(&format!("fill=\"{color}\"")).count(), 3, "{color}");
    }
    let again = run(folder.path(), line);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("chart.svg: exists already"), "{again:?}");
    assert_eq!(fs::read_to_string(folder.path().join("chart.svg")).unwrap(), chart);
    assert!(run(folder.path(), &format!("{line} --force")).status.success());
}

#[test]
fn a_name_that_is_markup_is_a_name_in_a_chart() {
    let folder = tempdir().unwrap();
    let slo = "version: 1\nservice: shop\nslos:\n  - {name: \"a<b>&c\", sli: availability, objective: 99.9%}\n";
    fs::write(folder.path().join("slo.yaml"), slo).unwrap();
    let line = "replay --file slo.yaml --error-ratio 0.5 --for 10m --tick 10s --chart chart.svg";
    let output = run(folder.path(), line);
    if output.status.success() {
        let chart = fs::read_to_string(folder.path().join("chart.svg")).unwrap();
        assert!(chart.contains("a&lt;b&gt;&amp;c") && !chart.contains("a<b>"), "{chart}");
    } else {
        assert!(text(&output.stderr).contains("a<b>&c"), "{output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_recording_without_an_end_is_not_waited_for() {
    let folder = tempdir().unwrap();
    let line = "replay - --objective 99.9";
    let zeros = goodput(folder.path(), line).stdin(File::open("/dev/zero").unwrap()).output().unwrap();
    assert_eq!(zeros.status.code(), Some(2));
    assert!(text(&zeros.stderr).contains("<stdin>:1:65536: a line of more than 65,536 bytes"), "{zeros:?}");
    let device = run(folder.path(), "replay /dev/zero --objective 99.9");
    assert_eq!(device.status.code(), Some(2));
    assert!(text(&device.stderr).contains("/dev/zero: is a device: expected a file"), "{device:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever the intervals, and whether or not ticks fall on them, every event of a recording is counted.
    #[test]
    fn every_event_of_a_recording_is_counted(
        step in 1_u64..200,
        rows in prop::collection::vec((0_u64..1_000_000, 0_u64..1_000, 0_u64..10), 2..40),
    ) {
        let folder = tempdir().unwrap();
        let (mut csv, mut sums) = ("time,good,bad,excluded\n".to_owned(), (0, 0, 0));
        for (index, (good, bad, excluded)) in rows.iter().enumerate() {
            writeln!(csv, "{},{good},{bad},{excluded}", index as u64 * step).unwrap();
            sums = (sums.0 + good, sums.1 + bad, sums.2 + excluded);
        }
        fs::write(folder.path().join("counts.csv"), csv).unwrap();
        let found = answer(folder.path(), "replay counts.csv --objective 99.9 --plan standard");
        let events = |kind: &str| found["events"][kind].as_u64().unwrap();
        prop_assert_eq!((events("good"), events("bad"), events("excluded")), sums);
        prop_assert_eq!(found["lasted_seconds"].as_f64(), Some((rows.len() as u64 * step) as f64));
    }
}
