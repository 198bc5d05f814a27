//! Counts tests by the lines that Rust's test harness prints.

use crate::invocation::Invocation;
use crate::tally::Tally;

pub(crate) fn run(tests: Invocation) -> anyhow::Result<Tally> {
    let mut harness = Harness::default();
    let run = tests.run_hearing_stdout(|line| harness.hear(line))?;
    let mut tally = harness.tally;
    // A run can fail without a failed test: it did not compile, or a test brought its process down.
    if run.failed > 0 && tally.failed == 0 {
        tally += run;
    }
    Ok(tally)
}

#[derive(Default)]
struct Harness {
    tally: Tally,
    /// Tests of the running binary that said they were skipped, and that the harness will count as passed.
    said_skipped: usize,
}

impl Harness {
    fn hear(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            let skipped = std::mem::take(&mut self.said_skipped);
            self.tally.passed += count(counts, "passed").saturating_sub(skipped);
            self.tally.failed += count(counts, "failed");
            self.tally.skipped += count(counts, "ignored") + skipped;
        } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.tally.notes.push(format!("FAILED test {name}"));
        } else if let Some(why) = said_skipped(line) {
            // A test without the program it needs writes this line past the harness, once, and returns.
            self.said_skipped += 1;
            self.tally.notes.push(format!("SKIPPED {why}"));
        }
    }
}

/// `ok. 12 passed; 0 failed; ...` holds 12 of `passed`.
fn count(counts: &str, what: &str) -> usize {
    let mut before = "0";
    for word in counts.split([' ', ';', '.']) {
        if word == what {
            return before.parse().unwrap_or(0);
        }
        before = word;
    }
    0
}

/// With one test thread the harness has already printed `test name ... ` on the line.
fn said_skipped(line: &str) -> Option<&str> {
    let said = match line.split_once(" ... ") {
        Some((head, said)) if head.starts_with("test ") => said,
        _ => line,
    };
    said.strip_prefix("SKIPPED ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &str, summary: &str, notes: &[&str]) {
        let mut harness = Harness::default();
        lines.lines().for_each(|line| harness.hear(line));
        assert_eq!(harness.tally.to_string(), summary);
        assert_eq!(harness.tally.notes, notes);
    }

    #[test]
    fn results_of_all_binaries_add_up() {
        check(
            "running 3 tests\ntest a ... ok\n\
             test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s\n\
             test result: ok. 10 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
            "13 passed, 0 failed, 1 skipped",
            &[],
        );
    }

    #[test]
    fn a_failed_test_is_named() {
        check(
            "test budget::tests::never_negative ... FAILED\n\
             test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
            "1 passed, 1 failed, 0 skipped",
            &["FAILED test budget::tests::never_negative"],
        );
    }

    #[test]
    fn a_test_that_says_it_is_skipped_did_not_pass() {
        check(
            "SKIPPED prometheus: not installed\ntest a ... ok\ntest b ... SKIPPED otel-collector: not installed\nok\n\
             test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
            "1 passed, 0 failed, 2 skipped",
            &["SKIPPED prometheus: not installed", "SKIPPED otel-collector: not installed"],
        );
    }
}
