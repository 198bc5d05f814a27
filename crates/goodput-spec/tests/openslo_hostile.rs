//! A few objects that many refer to are not read, copied or compared for ever.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "this is about how long it takes")]

use std::time::{Duration, Instant};

use goodput_spec::{Source, openslo};

/// What a release build takes at most, times what a build without optimisation costs.
const LONGEST: Duration = if cfg!(debug_assertions) { Duration::from_secs(3) } else { Duration::from_millis(100) };

/// As many of these as make up about as much as the parser lets through.
fn filled(begin: &str, each: impl Fn(usize) -> String) -> String {
    let mut text = begin.to_owned();
    for index in 0.. {
        let next = each(index);
        if text.len() + next.len() > 400 << 10 {
            break;
        }
        text.push_str(&next);
    }
    text
}

#[test]
fn no_text_takes_long() {
    const OBJECT: &str = "---\napiVersion: openslo/v1\nkind: ";
    let routes = filled("", |route| format!("/{route}, ")).split_at(12_000).0.to_owned();
    let indicator = format!(
        "SLI\nmetadata: {{name: s}}\nspec: {{ratioMetric: {{rawType: success, raw: {{metricSource: {{type: goodput, spec: {{sli: availability, routes: [{routes} /]}}}}}}}}}}\n"
    );
    let slo = |name: usize, rest: &str| {
        format!(
            "{OBJECT}SLO\nmetadata: {{name: s{name}}}\nspec: {{service: a, indicatorRef: s, budgetingMethod: Occurrences, {rest}}}\n"
        )
    };
    let target = "objectives: [{target: 0.9}]";
    let targets = "{targetRef: t}, ".repeat(1_000);
    let policy = format!(
        "{OBJECT}AlertPolicy\nmetadata: {{name: p}}\nspec: {{conditions: [{{conditionRef: c}}], notificationTargets: [{targets}]}}\n\
         {OBJECT}AlertCondition\nmetadata: {{name: c}}\nspec: {{severity: page, condition: {{op: gt, threshold: 2, lookbackWindow: 1h}}}}\n\
         {OBJECT}AlertNotificationTarget\nmetadata: {{name: t}}\nspec: {{target: goodput}}\n"
    );
    let policies = "{alertPolicyRef: p}, ".repeat(20);
    let objectives = "{target: 0.9}, ".repeat(100);
    let begin = format!("apiVersion: openslo/v1\nkind: {indicator}{policy}");
    let texts = [
        ("indicators", filled(&begin, |name| slo(name, target))),
        ("policies", filled(&begin, |name| slo(name, &format!("{target}, alertPolicies: [{policies}]")))),
        (
            "objectives",
            filled(&begin, |name| slo(name, &format!("objectives: [{objectives}], alertPolicies: [{policies}]"))),
        ),
        (
            "unknown references",
            filled(&begin, |name| slo(name, &format!("{target}, alertPolicies: [{{alertPolicyRef: p{name}}}]"))),
        ),
        (
            "unknown policies",
            filled("", |name| {
                format!("{OBJECT}AlertPolicy\nmetadata: {{name: {name}{}}}\nspec: {{}}\n", "x".repeat(30))
            }),
        ),
        (
            "dropped",
            filled("", |name| format!("{OBJECT}Service\nmetadata: {{name: s{name}, displayName: x}}\nspec: {{}}\n")),
        ),
        (
            "labels",
            filled("apiVersion: openslo/v1\nkind: Service\nmetadata:\n  name: s\n  labels:\n", |name| {
                format!("    l{name}: x\n")
            }),
        ),
        ("fields", filled("apiVersion: openslo/v1\nkind: Service\n", |name| format!("f{name}: x\n"))),
        ("a list", filled("", |_| "- {apiVersion: openslo/v1alpha}\n".to_owned())),
    ];
    for (what, text) in texts {
        let source = Source::new("large.yaml", text);
        let started = Instant::now();
        let read = openslo::read(&source);
        let taken = started.elapsed();
        if let Err(diagnostics) = read {
            let repeats = diagnostics.iter().any(|diagnostic| diagnostic.code() == "too-many-values");
            assert!(repeats || what != "indicators", "{diagnostics}");
        }
        assert!(taken < LONGEST, "{what}: {taken:?}");
    }
}
