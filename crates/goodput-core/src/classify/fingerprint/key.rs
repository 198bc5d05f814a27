//! A fingerprint as text, to be remembered by another process: two texts are equal exactly where the fingerprints are.
//!
//! It is compared and never read, so that there is no grammar to keep: `name=ok;indicator=latency;threshold=300000000;..`, with
//! lengths in nanoseconds and what is not there left out. Another version of goodput that judges otherwise by equal rules has to write
//! another text.

use std::fmt::Write;

use goodput_model::{Budgeting, CancelPolicy, Indicator, JudgedAt, Measure, StatusMeaning};

use super::{Cancel, Fingerprint};

impl Fingerprint {
    /// See the module.
    pub(crate) fn key(&self) -> String {
        let mut key = Key(format!("name={}", Escaped(&self.name)));
        key.add("indicator", self.indicator.label());
        if let Some((threshold, measure)) = self.indicator.threshold() {
            key.add("threshold", threshold.as_nanos());
            key.add("measure", measure_label(measure));
        }
        match self.indicator {
            Indicator::Freshness { threshold } => key.add("threshold", threshold.as_nanos()),
            Indicator::Throughput { at_least } => key.add("at_least", at_least),
            Indicator::Saturation { at_most } => key.add("at_most", at_most),
            _ => {}
        }
        key.add("judged_at", judged_at_label(self.judged_at));
        if self.follows_streams {
            key.add("streams", "followed");
        }
        match self.cancel {
            Cancel::Own(policy) => match policy {
                CancelPolicy::BadIfOlder(limit) => key.add("cancel_bad_after", limit.as_nanos()),
                policy => key.add("cancel", cancel_label(policy)),
            },
            Cancel::LimitOfRoute(Some(deadline)) => key.add("deadline", deadline.as_nanos()),
            Cancel::LimitOfRoute(None) => {}
        }
        for (status, meaning) in &self.statuses {
            key.add(&format!("status_{status}"), meaning_label(*meaning));
        }
        for (code, meaning) in &self.grpc_codes {
            key.add(&format!("grpc_{code}"), meaning_label(*meaning));
        }
        if let Some(dependency) = &self.dependency {
            key.add("dependency", Escaped(dependency));
        }
        key.add("budgeting", self.budgeting.label());
        if let Some(slice) = self.budgeting.slice() {
            key.add("slice", slice.secs());
        }
        if let Budgeting::Timeslices { target: Some(target), .. } = self.budgeting {
            key.add("target", target);
        }
        for value in &self.values {
            key.add("value", Escaped(value));
        }
        key.0
    }
}

struct Key(String);

impl Key {
    fn add(&mut self, what: &str, value: impl std::fmt::Display) {
        // Writing to a string does not fail.
        let _ = write!(self.0, ";{what}={value}");
    }
}

/// A name that ends where the next part begins.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                ';' => f.write_str("%3B")?,
                '%' => f.write_str("%25")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

const fn measure_label(measure: Measure) -> &'static str {
    match measure {
        Measure::Head => "head",
        Measure::FirstByte => "first_byte",
        Measure::End => "end",
    }
}

const fn judged_at_label(at: JudgedAt) -> &'static str {
    match at {
        JudgedAt::Head => "head",
        JudgedAt::End => "end",
    }
}

const fn meaning_label(meaning: StatusMeaning) -> &'static str {
    match meaning {
        StatusMeaning::Success => "success",
        StatusMeaning::Failure => "failure",
        StatusMeaning::Excluded => "excluded",
    }
}

const fn cancel_label(policy: CancelPolicy) -> &'static str {
    match policy {
        CancelPolicy::Exclude => "excluded",
        CancelPolicy::Bad => "bad",
        CancelPolicy::Good => "good",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use goodput_model::{Definition, Slo};

    use super::*;

    fn key(slo: &Slo) -> String {
        Fingerprint::new(slo, &Definition::new("shop")).key()
    }

    /// What is in files that exist: a change here has every SLO begin anew.
    #[test]
    fn keys_are_written_as_they_were_by_every_version_so_far() {
        for (slo, expected) in [
            (Slo::availability("ok", "99.9%"), "name=ok;indicator=availability;judged_at=end;budgeting=occurrences"),
            (
                Slo::latency("fast", "99%", Duration::from_millis(300)).bad_statuses([418]).good_statuses([404]),
                "name=fast;indicator=latency;threshold=300000000;measure=head;judged_at=head;cancel_bad_after=300000000;\
                 status_404=success;status_418=failure;budgeting=occurrences",
            ),
        ] {
            assert_eq!(key(&slo), expected);
        }
    }

    #[test]
    fn no_name_reads_like_the_parts_that_follow_it() {
        let one = Slo::availability("a;dependency=b", "99%");
        assert_ne!(key(&one), key(&Slo::availability("a", "99%").of_dependency("b")));
        assert_ne!(key(&Slo::availability("a;b", "99%")), key(&Slo::availability("a%3Bb", "99%")));
    }
}
