//! The other ways a definition can have what a lint is for, and what looks like it and is meant.

#![expect(clippy::panic, reason = "a test fails by panicking, its helpers too")]

use goodput_model::Tier;
use goodput_spec::lint::lint;
use goodput_spec::{Diagnostic, Diagnostics, Source, Template, read, template};

const NOTHING: &[&str] = &[];

/// A file with these lines at the top and these SLOs, and what is found in it.
fn check(top: &str, slos: &[&str], expected: &[&str]) {
    let slos = slos.iter().map(|slo| format!("  - {{{slo}}}\n")).collect::<Vec<_>>().concat();
    let links = "defaults: {links: {runbook: \"https://runbooks.example/{slo}\"}}";
    let text = format!("version: 1\nservice: shop\n{links}\n{top}\nslos:\n{slos}");
    let source = Source::new("slo.yaml", text.as_str());
    let document = read(&source).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    let found = lint(&document);
    let codes: Vec<&str> = found.iter().map(Diagnostic::code).collect();
    assert_eq!(codes, expected, "{text}\n{}", Diagnostics::of(&source, found));
}

fn check_one(slo: &str, expected: &[&str]) {
    check("", &[&format!("name: a, {slo}")], expected);
}

fn check_rows(rows: &str, expected: &[&str]) {
    check_one(&format!("sli: availability, objective: 99.9%, alerts: [{rows}]"), expected);
}

#[test]
fn a_definition_that_is_meant_as_it_is_has_no_warning() {
    check(
        "role: notify\ninstances: single\nserver_deadline: 30s\nroutes: {exclude: [/health, /metrics]}",
        &[
            "name: all, sli: availability, objective: 99.9%, sla: 99.5%, traffic: 50/s",
            "name: fast, sli: {latency: {50%: 100ms, 95%: 500ms, 99%: 1s}}",
            "name: pay-ok, sli: availability, objective: 99.95%, routes: [/pay], period: 28d",
            "name: week, sli: availability, objective: 99%, period: 7d",
            "name: fresh, sli: {freshness: 30m}, objective: 99%, routes: [{work: orders}]",
            "name: came, sli: completeness, objective: 99.95%, period: 7d, routes: [{work: orders}]",
            "name: calls, sli: availability, dependency: payments, objective: 99.5%",
            "name: pool, sli: {saturation: 80%}, objective: 99%, routes: [{work: pool}]",
            "name: slices, sli: availability, objective: 99.9%, budgeting: {timeslices: 1m, target: 95%}",
        ],
        NOTHING,
    );
}

#[test]
fn the_files_to_begin_with_have_no_warning() {
    for kind in Template::ALL {
        for tier in Tier::ALL {
            let source = Source::new(kind.label(), template(kind, tier));
            let found = lint(&read(&source).unwrap_or_else(|diagnostics| panic!("{diagnostics}")));
            assert!(found.is_empty(), "{tier:?}\n{}", Diagnostics::of(&source, found));
        }
    }
}

#[test]
fn the_default_rows_over_every_usual_objective_and_period_are_fine() {
    for objective in ["50%", "70%", "90%", "95%", "99%", "99.5%", "99.9%", "99.95%", "99.99%"] {
        for period in ["7d", "28d", "30d", "90d", "4w"] {
            check_one(&format!("sli: availability, objective: {objective}, period: {period}"), NOTHING);
        }
    }
}

#[test]
fn the_usual_rows_written_out_are_fine() {
    let usual = "{severity: page, long: 1h, short: 5m, factor: 14.4}, \
                 {severity: page, long: 6h, short: 30m, factor: 6}, \
                 {severity: ticket, long: 1d, short: 2h, factor: 3}, \
                 {severity: ticket, long: 3d, short: 6h, factor: 1}";
    check_rows(usual, NOTHING);
    check_one(&format!("sli: availability, objective: 99.9%, period: 28d, alerts: [{usual}]"), NOTHING);
    check_one(
        &format!("sli: availability, objective: 99.9%, period: 7d, alerts: [{usual}]"),
        &["factor-of-another-period"; 4],
    );
    check_one(
        &format!("sli: availability, objective: 99.9%, period: quarter, alerts: [{usual}]"),
        &[
            "factor-of-another-period",
            "factor-of-another-period",
            "factor-of-another-period",
            "factor-of-another-period",
            "calendar-period",
        ],
    );
}

#[test]
fn rows_repeat_each_other_by_severity_window_and_factor() {
    let page = "{severity: page, long: 1h, short: 5m, factor: 14.4}";
    let repeated: &[&str] = &["repeated-row"];
    for (other, expected) in [
        (page, repeated),
        ("{severity: ticket, long: 1h, short: 5m, factor: 14.4}", repeated),
        ("{severity: ticket, long: 1h, short: 5m, factor: 20}", repeated),
        ("{severity: page, long: 2h, short: 10m, factor: 14.4}", repeated),
        ("{severity: ticket, long: 1h, short: 5m, factor: 14}", NOTHING),
        ("{severity: ticket, long: 1h, short: 6m, factor: 14.4}", NOTHING),
        ("{severity: ticket, long: 30m, short: 3m, factor: 14.4}", NOTHING),
        ("{severity: page, long: 2h, short: 10m, factor: 14.3}", NOTHING),
    ] {
        check_rows(&format!("{page}, {other}"), expected);
        check_rows(&format!("{other}, {page}"), expected);
    }
}

#[test]
fn a_short_window_may_be_a_24th_to_a_quarter() {
    for (windows, expected) in [
        ("long: 1h, short: 15m", NOTHING),
        ("long: 1h, short: 150s", NOTHING),
        ("long: 1h, short: 149s", &["short-window-share"]),
        ("long: 1h, short: 901s", &["short-window-share"]),
        ("long: 1h, short: 59s", &["short-window-share", "tiny-window"]),
    ] {
        check_rows(&format!("{{severity: page, {windows}, factor: 14.4}}"), expected);
    }
}

#[test]
fn what_nobody_would_miss_need_not_page() {
    let slo = "name: a, sli: availability, objective: 99%, journey: buy, alerts: [{severity: ticket, long: 1d, short: 2h, budget: 10%}]";
    for (journey, expected) in [
        ("", &["no-page-row"] as &[&str]),
        (", criticality: high", &["no-page-row"]),
        (", tier: standard", &["no-page-row"]),
        (", criticality: medium", NOTHING),
        (", tier: best-effort", NOTHING),
    ] {
        check(&format!("journeys: [{{name: buy{journey}}}]"), &[slo], expected);
    }
    check("tier: best-effort\njourneys: [{name: buy}]", &[slo], NOTHING);
    check("tier: best-effort\njourneys: [{name: buy, tier: standard}]", &[slo], &["no-page-row"]);
}

#[test]
fn traffic_decides_which_rows_can_fire() {
    let silent = "silent-outage";
    let own = "{severity: page, long: 1h, short: 5m, budget: 2%}, {severity: ticket, long: 1d, short: 2h, budget: 10%}";
    for (slo, expected) in [
        // Of ten in a hundred allowed, six failures of six in six hours are no chance; two are.
        ("objective: 90%, traffic: 24/d".to_owned(), NOTHING),
        ("objective: 90%, traffic: 8/d".to_owned(), &[silent]),
        // Of rows somebody wrote, each has to.
        (format!("objective: 90%, traffic: 48/d, alerts: [{}]", own.replace("2%", "1%")), &[silent]),
        (format!("objective: 90%, traffic: 20/h, alerts: [{}]", own.replace("2%", "1%")), NOTHING),
        ("objective: 99.9%, traffic: 60/h, min_bad: 61".to_owned(), NOTHING),
        ("objective: 99.9%, traffic: 60/h, min_bad: 361".to_owned(), &[silent]),
        // Slices come whatever the traffic.
        ("objective: 99.9%, budgeting: {timeslices: 1m, target: 99%}, min_bad: 1".to_owned(), &["one-error-pages"]),
        ("objective: 99.9%, budgeting: {timeslices: 1m, target: 99%}, min_bad: 2".to_owned(), NOTHING),
        ("objective: 99.9%, budgeting: {timeslices: 1m, target: 99%}, min_bad: 361".to_owned(), &[silent]),
        // One of 69 is 1.449 %, and 14.4 times 0.1 % is 1.44 %; one of 70 is less.
        ("objective: 99.9%, traffic: 70/h, min_bad: 0".to_owned(), NOTHING),
        ("objective: 99.9%, traffic: 69/h, min_bad: 0".to_owned(), &["one-error-pages"]),
    ] {
        check_one(&format!("sli: availability, {slo}"), expected);
    }
}

#[test]
fn the_budget_of_a_period_is_at_least_a_handful_of_events() {
    for (slo, expected) in [
        ("objective: 99.9%, traffic: 334/d", NOTHING),
        ("objective: 99.9%, traffic: 333/d", &["few-bad-events"] as &[&str]),
        ("objective: 99.9%, traffic: 34/d", &["few-bad-events"]),
        ("objective: 99.9%, traffic: 33/d", &["budget-below-one-event"]),
        ("objective: 99.9%, traffic: 333/d, period: 90d", NOTHING),
        ("objective: 99.999%, traffic: 1/s, budgeting: {timeslices: 1m, target: 99%}, period: 90d", NOTHING),
        ("objective: 99.999%, budgeting: {ratio_timeslices: 1m}", NOTHING),
        ("objective: 99.999%, period: 7d", &["budget-below-one-tick"]),
        ("objective: 99.999%, period: 28d", NOTHING),
        ("objective: 99.99%, period: 100000s", NOTHING),
        ("objective: 99.9900001%, period: 100000s", &["budget-below-one-tick"]),
    ] {
        check_one(&format!("sli: availability, {slo}"), expected);
    }
}

#[test]
fn limits_are_judged_by_what_they_limit() {
    for (slo, expected) in [
        ("sli: {latency: 60s}, objective: 99%", NOTHING),
        ("sli: {latency: 61s}, objective: 99%", &["threshold-unit"] as &[&str]),
        ("sli: {latency: 10m}, objective: 99%, routes: [{work: nightly-import}]", NOTHING),
        ("sli: {latency: 10m}, objective: 99%, routes: [{grpc: shop.v1.Checkout/Pay}]", &["threshold-unit"]),
        ("sli: {latency: 10m}, objective: 99%, dependency: payments", &["threshold-unit"]),
        ("sli: {good_and_fast: 99us}, objective: 99%", &["threshold-unit"]),
        ("sli: {good_and_fast: 100us}, objective: 99%", NOTHING),
        ("sli: {freshness: 5s}, objective: 99%, routes: [{work: orders}], budgeting: occurrences", NOTHING),
        ("sli: {saturation: 20%}, objective: 99%, routes: [{work: pool}]", &["swapped-saturation"]),
        ("sli: {saturation: 20.001%}, objective: 99%, routes: [{work: pool}]", NOTHING),
        ("sli: {saturation: 0%}, objective: 99%, routes: [{work: pool}]", &["swapped-saturation"]),
        ("sli: {throughput: 60/m}, objective: 99%, traffic: 1/s", NOTHING),
        ("sli: {throughput: 61/m}, objective: 99%, traffic: 1/s", &["throughput-above-traffic"]),
        ("sli: {throughput: 10/h}, objective: 99%, budgeting: {timeslices: 6m}", &["slice-beyond-short-window"]),
        ("sli: {latency: 300ms}, objective: 40%", NOTHING),
        ("sli: quality, objective: 49.9%", &["inverted-objective"]),
        ("sli: quality, objective: 50%", NOTHING),
        ("sli: quality, objective: 99.9%, sla: 99.95%", &["sla-not-weaker"]),
    ] {
        check_one(slo, expected);
    }
}

#[test]
fn codes_of_both_kinds_are_known_by_what_they_say() {
    for (classification, expected) in [
        ("good: [OK, 204, 301, 404, 429, UNIMPLEMENTED]", NOTHING),
        ("good: [599]", &["failure-called-good"] as &[&str]),
        ("good: [DATA_LOSS]", &["failure-called-good"]),
        ("bad: [302, 400, 429, 600]", NOTHING),
        ("bad: [OK]", &["success-called-bad"]),
        ("excluded: [302, 401, NOT_FOUND]", NOTHING),
        ("excluded: [204]", &["outcome-hidden"]),
        ("excluded: [INTERNAL]", &["outcome-hidden"]),
        ("good: [500], bad: [200], excluded: [503]", &["failure-called-good", "success-called-bad", "outcome-hidden"]),
    ] {
        check_one(&format!("sli: availability, objective: 99%, classification: {{{classification}}}"), expected);
    }
}

#[test]
fn a_deadline_is_that_of_the_services_own_requests() {
    let beyond: &[&str] = &["threshold-beyond-deadline"];
    for (slo, expected) in [
        ("sli: {latency: 11s}", beyond),
        ("sli: {good_and_fast: 11s}", beyond),
        ("sli: {latency: 10s}", NOTHING),
        ("sli: {latency: 11s, measure: end}", NOTHING),
        ("sli: {latency: 11s}, dependency: payments", NOTHING),
        ("sli: {latency: 11s}, routes: [{work: nightly-import}]", NOTHING),
        ("sli: {latency: 11s}, routes: [/cart, {work: nightly-import}]", beyond),
    ] {
        check("server_deadline: 10s", &[&format!("name: a, objective: 99%, {slo}")], expected);
    }
}

#[test]
fn a_grpc_status_is_waited_for_where_it_decides() {
    let routes = "routes: [/cart, {grpc: shop.v1.Checkout/Pay}], classification: {judged_at: head}";
    check_one(&format!("sli: error_rate, objective: 99%, {routes}"), &["grpc-judged-at-head"]);
    check_one(&format!("sli: {{latency: 300ms}}, objective: 99%, {routes}"), NOTHING);
}

#[test]
fn routes_are_compared_wherever_they_are_named() {
    let slo = |routes: &str| format!("name: a, sli: availability, objective: 99%, routes: [{routes}]");
    let twins: &[&str] = &["twin-routes"];
    for (top, routes, expected) in [
        ("routes: {stream: [/cart/]}", "/cart", twins),
        ("routes: {exclude: [\"/a/{id}\"]}", "\"/a/{name}\"", twins),
        ("classes: [low]\nroutes: {classes: {low: [\"/a/{*id}\"]}}", "\"/a/{*rest}\"", twins),
        ("", "/cart, /cart/", NOTHING),
        ("routes: {stream: [/cart/]}", "/cart, /cart/", NOTHING),
        ("", "\"/a/{id}\", \"/a/{name}\"", twins),
        ("", "\"/a/{id}\", \"/a/{*rest}\"", NOTHING),
        ("", "\"/a/{id}\", \"/b/{name}\"", NOTHING),
        ("routes: {exclude: [//health]}", "/cart", &["impossible-route"]),
        ("routes: {exclude: [/health, /metrics]}", "/cart", NOTHING),
        ("", "{grpc: grpc.health.v1.Health/Check}", &["probe-route"]),
        ("", "{work: \"GET /cart\"}", &["impossible-route"]),
        ("", "{work: nightly//import}", NOTHING),
    ] {
        check(top, &[&slo(routes)], expected);
    }
}

#[test]
fn slos_that_look_at_the_same_events_are_told_from_those_that_do_not() {
    let twice: &[&str] = &["counted-twice"];
    for (a, b, expected) in [
        ("sli: availability, objective: 99%", "sli: availability, objective: 99.9%", twice),
        ("sli: availability, objective: 99%, period: 7d", "sli: availability, objective: 99.9%", NOTHING),
        ("sli: availability, objective: 99%", "sli: error_rate, objective: 99%", NOTHING),
        ("sli: availability, objective: 99%", "sli: availability, objective: 99%, routes: [/cart]", NOTHING),
        (
            "sli: availability, objective: 99%, routes: [/cart, /a]",
            "sli: availability, objective: 99%, routes: [/b, /cart]",
            twice,
        ),
        (
            "sli: availability, objective: 99%, routes: [/cart]",
            "sli: availability, objective: 99%, routes: [/cart], classification: {bad: [429]}",
            NOTHING,
        ),
        ("sli: availability, objective: 99%, dependency: d", "sli: availability, objective: 99%, dependency: d", twice),
        (
            "sli: availability, objective: 99%, dependency: d",
            "sli: availability, objective: 99%, dependency: e",
            NOTHING,
        ),
        ("sli: {latency: 1s}, objective: 99%", "sli: {latency: 1s}, objective: 95%", twice),
        ("sli: {latency: 1s}, objective: 99%", "sli: {latency: 1s}, objective: 99%", twice),
        ("sli: {latency: 1s}, objective: 99%", "sli: {latency: 1s, measure: end}, objective: 95%", NOTHING),
        ("sli: {latency: 1s}, objective: 99%", "sli: {latency: 2s}, objective: 99%", &["implied-latency"]),
        ("sli: {latency: 2s}, objective: 98%", "sli: {latency: 1s}, objective: 99%", &["implied-latency"]),
        ("sli: {latency: 1s}, objective: 99%", "sli: {latency: 2s}, objective: 99.9%", NOTHING),
        (
            "sli: {latency: 1s}, objective: 99%, routes: [/a]",
            "sli: {latency: 2s}, objective: 99%, routes: [/b]",
            NOTHING,
        ),
        (
            "sli: {latency: 1s}, objective: 99%",
            "sli: {latency: 5s}, objective: 99%, routes: [/b]",
            &["weaker-than-general"],
        ),
        ("sli: {latency: 1s}, objective: 99%", "sli: {latency: 5s}, objective: 99.9%, routes: [/b]", NOTHING),
        ("sli: quality, objective: 99.9%", "sli: quality, objective: 99%, routes: [{work: import}]", NOTHING),
    ] {
        check("", &[&format!("name: a, {a}"), &format!("name: b, {b}")], expected);
    }
}

#[test]
fn a_route_may_belong_to_two_journeys() {
    let journeys = "journeys: [{name: buy, routes: [/login, /buy]}, {name: look, routes: [/login, /look]}]";
    let slo =
        |name: &str, journey: &str| format!("name: {name}, journey: {journey}, sli: availability, objective: 99%");
    check(journeys, &[&slo("a", "buy"), &slo("b", "look")], NOTHING);
    check(journeys, &[&slo("a", "buy"), &slo("b", "look"), &slo("c", "look")], &["counted-twice"]);
}

#[test]
fn several_thresholds_are_one_sli_of_a_journey() {
    let slo = |name: &str, sli: &str| format!("name: {name}, journey: buy, objective: 99%, sli: {sli}");
    let times = "name: times, journey: buy, sli: {latency: {50%: 100ms, 95%: 500ms, 99%: 1s}}".to_owned();
    let slos = [slo("a", "availability"), slo("b", "quality"), times];
    check("journeys: [{name: buy}]", &slos.iter().map(String::as_str).collect::<Vec<_>>(), NOTHING);
}

#[test]
fn bands_of_ones_own_are_looked_at_each() {
    let bands = |line: &str| {
        format!(
            "error_budget: {{bands: [{{above: {line}, name: x, action: approve}}, {{name: y, action: block}}], hysteresis: 5%}}"
        )
    };
    let slo = "name: a, sli: availability, objective: 99%";
    check(&bands("94.999%"), &[slo], NOTHING);
    check(&bands("95%"), &[slo], &["unreachable-band"]);
}

#[test]
fn a_row_that_can_never_be_right_is_refused_at_its_line() {
    for (objective, row, expected) in [
        ("99.9%", "long: 5m, short: 1h, factor: 14.4", "short window that is not shorter than its long one"),
        ("99.9%", "long: 31d, short: 2d, factor: 14.4", "expected a long window of at most 30d"),
        ("99.9%", "long: 1h, short: 5m, factor: 0.5", "expected at least 1"),
        ("99.9%", "long: 3d, short: 6h, budget: 9%", "has a factor of 0.9"),
        ("90%", "long: 1h, short: 5m, factor: 14.4", "can never fire"),
    ] {
        let row = format!("{{severity: page, {row}}}");
        let slo = format!("  - {{name: a, sli: availability, objective: {objective}, alerts: [{row}]}}");
        let source = Source::new("slo.yaml", format!("version: 1\nservice: shop\nslos:\n{slo}\n"));
        let diagnostics = read(&source).unwrap_err();
        let [diagnostic] = diagnostics.iter().collect::<Vec<_>>()[..] else { panic!("{diagnostics}") };
        assert_eq!(source.at(diagnostic.primary().unwrap().span()), row, "{diagnostics}");
        assert!(diagnostic.message().contains(expected), "{expected}\n{diagnostics}");
    }
}

#[test]
fn a_period_of_a_minute_is_refused_with_what_m_means() {
    for (period, expected) in [("1m", "at least 1d"), ("1M", "m means minutes")] {
        let slo = format!("  - {{name: a, sli: availability, objective: 99.9%, period: {period}}}");
        let source = Source::new("slo.yaml", format!("version: 1\nservice: shop\nslos:\n{slo}\n"));
        let diagnostics = read(&source).unwrap_err();
        let diagnostic = diagnostics.iter().next().unwrap();
        assert_eq!(source.at(diagnostic.primary().unwrap().span()), period, "{diagnostics}");
        assert!(diagnostic.message().contains(expected), "{diagnostics}");
    }
}
