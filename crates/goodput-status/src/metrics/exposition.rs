//! Writes the Prometheus text format, version 0.0.4, from typed values: names, labels and escapes cannot go wrong elsewhere.
//!
//! `prometheus-client` would bring a registry of metrics of its own, writes only OpenMetrics, and does not escape label values
//! ([client_rust#151](https://github.com/prometheus/client_rust/issues/151)); what is needed here is this file.

use std::fmt::Write;

use goodput_core::names::{Kind, Name};

/// The media type of the text.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What an instrument is called in Prometheus, as [OpenTelemetry translates
/// names](https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/): dots become underscores, units are
/// spelt out at the end, and counters end in `_total`.
pub(crate) fn translated(name: &Name) -> String {
    let unit = match (name.unit, name.kind) {
        ("s", _) => "_seconds",
        ("1", Kind::Gauge) => "_ratio",
        // A unit in braces is a note for people.
        _ => "",
    };
    let total = if name.kind == Kind::Counter { "_total" } else { "" };
    format!("{}{unit}{total}", name.name.replace('.', "_"))
}

/// A text that grows by whole families.
#[derive(Debug, Default)]
pub(crate) struct Exposition(String);

impl Exposition {
    /// Begins the samples of one instrument, which must not have been begun before.
    pub(crate) fn family(&mut self, name: &'static Name) -> Family<'_> {
        let translated = translated(name);
        let kind = match name.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let help = Escaped { text: name.description, quote: false };
        self.line(format_args!("# HELP {translated} {help}"));
        self.line(format_args!("# TYPE {translated} {kind}"));
        Family { text: self, translated, labels: name.labels }
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

/// The samples of one instrument.
#[derive(Debug)]
pub(crate) struct Family<'a> {
    text: &'a mut Exposition,
    translated: String,
    labels: &'static [&'static str],
}

impl Family<'_> {
    /// Adds a sample, with the values of the instrument's labels in their order.
    pub(crate) fn add(&mut self, values: &[&str], value: Value) {
        let mut labels = String::new();
        for (label, value) in self.labels.iter().zip(values) {
            let comma = if labels.is_empty() { "" } else { "," };
            let _ = write!(labels, "{comma}{label}=\"{}\"", Escaped { text: value, quote: true });
        }
        match value {
            Value::Count(count) => self.text.line(format_args!("{}{{{labels}}} {count}", self.translated)),
            Value::Real(value) => self.text.line(format_args!("{}{{{labels}}} {value}", self.translated)),
        }
    }
}

/// What a sample says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    /// Whole, to the unit; Prometheus keeps the 53 highest bits of it.
    Count(u64),
    Real(f64),
}

/// A text with exactly those characters escaped that would end it: backslash and line feed, and quotes where it stands in some.
struct Escaped<'a> {
    text: &'a str,
    quote: bool,
}

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.text.chars() {
            match c {
                '\\' => f.write_str("\\\\"),
                '\n' => f.write_str("\\n"),
                '"' if self.quote => f.write_str("\\\""),
                c => f.write_char(c),
            }?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::parse::parse;
    use goodput_core::names;
    use proptest::prelude::*;

    #[test]
    fn instruments_are_called_as_opentelemetry_translates_them() {
        for (name, translated_name) in [
            (&names::EVENTS, "goodput_events_total"),
            (&names::EVENT_REASONS, "goodput_events_reasons_total"),
            (&names::BURN_RATE, "goodput_instance_burn_rate_ratio"),
            (&names::COVERAGE, "goodput_instance_coverage_ratio"),
            (&names::BUDGET_REMAINING, "goodput_instance_budget_remaining_ratio"),
            (&names::IN_FLIGHT, "goodput_instance_in_flight"),
            (&names::OVERDUE, "goodput_instance_overdue"),
            (&names::TICK_AGE, "goodput_instance_tick_age_seconds"),
            (&names::RESTARTS, "goodput_instance_restarts"),
            (&names::OBJECTIVE, "goodput_instance_objective_ratio"),
        ] {
            assert_eq!(translated(name), translated_name);
        }
    }

    #[test]
    fn a_label_value_escapes_what_would_end_it_and_nothing_else() {
        for (value, written) in [
            ("plain", r#""plain""#),
            ("a\"b", r#""a\"b""#),
            ("a\\b", r#""a\\b""#),
            ("a\nb", r#""a\nb""#),
            ("\\n", r#""\\n""#),
            ("tab\there, ümläut {}=,'", "\"tab\there, ümläut {}=,'\""),
        ] {
            let mut text = Exposition::default();
            text.family(&names::IN_FLIGHT).add(&[value], Value::Count(1));
            let text = text.into_text();
            assert!(text.ends_with(&format!("goodput_instance_in_flight{{service={written}}} 1\n")), "{text}");
        }
    }

    #[test]
    fn a_value_is_written_without_an_exponent_and_reads_back() {
        for value in [0.0, 1.0, -3_233.3, 1.0e-9, 1.0e21, f64::MAX, f64::MIN_POSITIVE] {
            let mut text = Exposition::default();
            text.family(&names::TICK_AGE).add(&["x"], Value::Real(value));
            let text = text.into_text();
            let written = text.trim_end().rsplit(' ').next().unwrap();
            assert_eq!(written.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{written}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// I22: for all label values, what is parsed is what was encoded.
        #[test]
        fn any_label_value_is_read_back_as_it_was(
            value in prop_oneof![any::<String>(), "[\"\\\\\n\r{}=, #a\u{85}\u{2028}-]{0,20}"],
        ) {
            let mut text = Exposition::default();
            text.family(&names::OBJECTIVE).add(&["checkout", &value], Value::Real(0.5));
            let families = parse(&text.into_text()).unwrap();
            prop_assert_eq!(families.len(), 1);
            prop_assert_eq!(families[0].samples.len(), 1);
            prop_assert_eq!((families[0].kind.as_str(), families[0].samples[0].value), ("gauge", 0.5));
            prop_assert_eq!(&families[0].samples[0].labels["slo"], &value);
            prop_assert_eq!(&families[0].samples[0].labels["service"], "checkout");
        }
    }
}
