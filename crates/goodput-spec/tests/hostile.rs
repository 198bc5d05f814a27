//! What somebody might write to bring a reader down: each is refused, or read, within bounds of time and memory.
//!
//! The bounds are those of a release build, 100 ms and 64 MiB for 1 MiB of text; time is given more here, since nothing that the
//! reader stands on is optimised in tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs;
use std::time::Duration;

use goodput_spec::{Source, print, read};

const MIB: usize = 1 << 20;
/// What a release build takes at most, times what a build without optimisation costs.
const LONGEST: Duration = if cfg!(debug_assertions) { Duration::from_secs(3) } else { Duration::from_millis(100) };

/// What this thread has worked, which other programs do not disturb.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

/// As many of `piece` as make up a MiB with what stands around them.
fn filled(before: &str, piece: &str, after: &str) -> String {
    format!("{before}{}{after}", piece.repeat((MIB - before.len() - after.len()) / piece.len()))
}

/// These pieces, each with its number.
fn each(numbers: std::ops::Range<usize>, piece: impl Fn(usize) -> String) -> String {
    numbers.map(piece).collect()
}

/// As many pieces, each with its number, as make up a MiB.
fn numbered(before: &str, piece: impl Fn(usize) -> String) -> String {
    let mut text = before.to_owned();
    for number in 0.. {
        let next = piece(number);
        if text.len() + next.len() > MIB {
            break;
        }
        text.push_str(&next);
    }
    text
}

/// Of pieces that cost so many values each, as many as are still looked at.
fn read_in_full(before: &str, values: usize, piece: impl Fn(usize) -> String) -> String {
    let left = 98_000 - before.split(',').count();
    before.to_owned() + &(0..left / values).map(piece).collect::<String>()
}

#[expect(clippy::too_many_lines, reason = "a line or three for each idea of an attacker")]
fn hostile() -> Vec<(&'static str, String)> {
    const HEAD: &str = "version: 1\nservice: a\n";
    const SLO: &str = "sli: availability, objective: 99%";
    let slos = format!("{HEAD}slos:\n");
    let long = "x".repeat(9_000);
    vec![
        ("aliases", filled("a: &a [x]\nb: [", "*a,", "]")),
        (
            "aliases of aliases",
            numbered("a0: &a0 [x]\n", |n| format!("a{}: &a{} [*a{n}, *a{n}, *a{n}]\n", n + 1, n + 1)),
        ),
        ("anchors", filled("[", "&a x,", "]")),
        ("flow lists", filled("", "[", "")),
        ("flow mappings", filled("", "{a: ", "")),
        ("block lists", filled("", "- ", "")),
        ("complex keys", filled("", "? ", "")),
        ("steps", numbered("", |n| format!("{}a:\n", " ".repeat(n)))),
        ("colons", filled("[", ":,", "]")),
        ("values", filled("[", "a,", "]")),
        ("documents", filled("", "---\n", "")),
        ("a key of a MiB", filled("", "a", ": b")),
        ("a text of a MiB", filled("a: ", "a", "")),
        ("a quoted text of a MiB", filled("a: \"", "\\x41", "\"")),
        ("an open quote", filled("a: \"", "a\n", "")),
        ("a folded text", filled("a: >\n", "  a\n", "")),
        ("line breaks", filled("", "\n", "")),
        ("spaces", filled("", " ", "")),
        ("tabs", filled("", "\t", "")),
        ("comments", filled("", "# a\n", "")),
        ("NUL", filled("", "\0", "")),
        ("marks of byte order", filled("", "\u{feff}", "")),
        ("directives", filled("", "%TAG ! x\n", "")),
        ("tags", filled("[", "!a b,", "]")),
        ("a million errors", filled(HEAD, "a: {\n", "")),
        ("unknown keys", numbered(HEAD, |n| format!("k{n}: 1\n"))),
        ("unknown keys on one line", numbered("{", |n| format!("k{n}: 1,")) + "}"),
        ("long unknown keys", numbered(HEAD, |n| format!("{n}{}: 1\n", "servic".repeat(150)))),
        ("one key again and again", filled(HEAD, "a: 1\n", "")),
        ("merge keys", filled("[", "{<<: 1},", "]")),
        ("huge numbers", filled(&format!("{HEAD}server_deadline: "), "9", "s")),
        ("wrong objectives", numbered(&slos, |n| format!("- {{name: a{n}, sli: custom, objective: {n}}}\n"))),
        (
            "objectives of many digits",
            numbered(&slos, |n| format!("- {{name: a{n}, sli: custom, objective: {}%}}\n", "9".repeat(5_000))),
        ),
        ("equal names", filled(&slos, &format!("- {{name: a, {SLO}}}\n"), "")),
        ("SLOs", numbered(&slos, |n| format!("- {{name: a{n}, {SLO}}}\n"))),
        ("empty SLOs", filled(&slos, "- {}\n", "")),
        ("texts for SLOs", filled(&slos, "- a\n", "")),
        (
            "routes",
            numbered(&format!("{slos}- name: a\n  sli: custom\n  objective: 99%\n  routes: ["), |n| format!("/{n},"))
                + "]\n",
        ),
        (
            "empty routes",
            filled(&format!("{slos}- name: a\n  sli: custom\n  objective: 99%\n  routes: ["), "/,", "]\n"),
        ),
        (
            "routes for every SLO",
            numbered(&slos, |n| format!("- {{name: a{n}, {SLO}, routes: [{}]}}\n", each(0..400, |r| format!("/{r},")))),
        ),
        (
            "a journey's routes for every SLO",
            numbered(
                &format!("{HEAD}journeys: [{{name: j, routes: [{}]}}]\nslos:\n", each(0..1_000, |n| format!("/{n},"))),
                |n| format!("- {{name: a{n}, journey: j, {SLO}}}\n"),
            ),
        ),
        (
            "excluded routes for every SLO",
            numbered(
                &format!(
                    "{HEAD}routes: {{exclude: [{0}]}}\njourneys: [{{name: j, routes: [{0}]}}]\nslos:\n",
                    each(0..1_000, |n| format!("/{n},"))
                ),
                |n| format!("- {{name: a{n}, journey: j, {SLO}}}\n"),
            ),
        ),
        (
            "journeys and SLOs",
            numbered(HEAD, |n| if n == 0 { "journeys:\n".to_owned() } else { format!("- {{name: j{n}}}\n") })
                .chars()
                .take(MIB / 2)
                .collect::<String>()
                + "\nslos:\n"
                + &format!("- {{name: a, journey: zz, {SLO}}}\n").repeat(9_000),
        ),
        (
            "thresholds",
            numbered(&slos, |n| {
                let thresholds: String = each(1..30, |t| format!("{t}%: {t}ms,"));
                format!(
                    "- {{name: a{n}, sli: {{latency: {{{thresholds}}}}}, routes: [/a,/b,/c,/d], annotations: {{a: b}}}}\n"
                )
            }),
        ),
        (
            "default rows for every SLO",
            numbered(
                &format!(
                    "{HEAD}defaults:\n  alerts:\n{}slos:\n",
                    "  - {severity: page, long: 1h, short: 5m, factor: 2}\n".repeat(5_000)
                ),
                |n| format!("- {{name: a{n}, {SLO}}}\n"),
            ),
        ),
        (
            "default codes for every SLO",
            numbered(
                &format!(
                    "{HEAD}defaults: {{classification: {{good: [{}]}}, links: {{runbook: \"https://{long}\"}}}}\nslos:\n",
                    each(100..1_000, |n| format!("{n},"))
                ),
                |n| format!("- {{name: a{n}, {SLO}}}\n"),
            ),
        ),
        ("labels", numbered(&format!("{HEAD}labels:\n"), |n| format!("  l{n}: x\n"))),
        ("wrong labels", numbered(&format!("{HEAD}labels:\n"), |n| format!("  l-{n}: x\n"))),
        (
            "annotations",
            numbered(&format!("{slos}- name: a\n  sli: custom\n  objective: 9%\n  annotations:\n"), |n| {
                format!("    a-{n}: x\n")
            }),
        ),
        ("reasons", numbered(&format!("{HEAD}reasons:\n"), |n| format!("- r/{n}\n"))),
        ("classes", filled(&format!("{HEAD}classes: ["), "a,", "]\n")),
        ("route classes", numbered(&format!("{HEAD}routes:\n  classes:\n"), |n| format!("    c{n}: [/a]\n"))),
        ("long texts", numbered(&format!("{HEAD}labels:\n"), |n| format!("  l{n}: {long}\n"))),
        (
            "codes",
            numbered(&format!("{slos}- name: a\n  sli: custom\n  objective: 9%\n  classification:\n    bad:\n"), |n| {
                format!("    - {}\n", n % 1_000)
            }),
        ),
        ("SLOs, read", read_in_full(&slos, 7, |n| format!("- {{name: a{n}, {SLO}}}\n"))),
        ("equal names, read", read_in_full(&slos, 7, |_| format!("- {{name: a, {SLO}}}\n"))),
        ("1,000 equal names", slos.clone() + &format!("- {{name: a, {SLO}}}\n").repeat(1_000)),
        (
            "1,000 wrong SLOs",
            slos.clone()
                + &"- {name: a/b, sli: {freshness: 0s}, objective: 9%, period: 1h, classes: [x], journey: y}\n"
                    .repeat(1_000),
        ),
        ("wrong SLOs, read", read_in_full(&slos, 3, |n| format!("- {{naem: a{n}}}\n"))),
        (
            "routes, read",
            read_in_full(&format!("{slos}- name: a\n  sli: custom\n  objective: 99%\n  routes: ["), 1, |n| {
                format!("/{n},")
            }) + "]\n",
        ),
        (
            "wrong routes, read",
            read_in_full(&format!("{slos}- name: a\n  sli: custom\n  objective: 99%\n  routes: ["), 3, |n| {
                format!("{{x{n}: 1}},")
            }) + "]\n",
        ),
        (
            "routes for every SLO, read",
            read_in_full(&slos, 210, |n| {
                format!("- {{name: a{n}, {SLO}, routes: [{}]}}\n", each(0..200, |r| format!("/{r},")))
            }),
        ),
        (
            "a journey's routes for 1,000 SLOs",
            format!("{HEAD}journeys: [{{name: j, routes: [{}]}}]\nslos:\n", each(0..1_000, |n| format!("/{n},")))
                + &each(0..1_000, |n| format!("- {{name: a{n}, journey: j, {SLO}}}\n")),
        ),
        (
            "excluded routes for 1,000 SLOs",
            format!(
                "{HEAD}routes: {{exclude: [{0}]}}\njourneys: [{{name: j, routes: [{0}]}}]\nslos:\n",
                each(0..1_000, |n| format!("/{n},"))
            ) + &each(0..1_000, |n| format!("- {{name: a{n}, journey: j, {SLO}}}\n")),
        ),
        (
            "journeys and SLOs, read",
            format!("{HEAD}journeys:\n{}slos:\n", each(0..10_000, |n| format!("- {{name: j{n}}}\n")))
                + &format!("- {{name: a, journey: zz, {SLO}}}\n").repeat(7_000),
        ),
        (
            "thresholds and routes, read",
            read_in_full(&slos, 300, |n| {
                let thresholds: String = each(1..11, |t| format!("{t}%: {t}ms,"));
                let routes: String = each(0..250, |r| format!("/{r},"));
                format!("- {{name: a{n}, sli: {{latency: {{{thresholds}}}}}, routes: [{routes}]}}\n")
            }),
        ),
        (
            "default rows for 1,000 SLOs",
            format!(
                "{HEAD}defaults:\n  alerts:\n{}slos:\n",
                "  - {severity: page, long: 1h, short: 5m, factor: 200}\n".repeat(1_000)
            ) + &each(0..1_000, |n| format!("- {{name: a{n}, {SLO}}}\n")),
        ),
        (
            "default codes and links for 1,000 SLOs",
            format!(
                "{HEAD}defaults: {{classification: {{good: [{0}], bad: [{0}]}}, links: {{runbook: \"https://{1}\"}}}}\nslos:\n",
                each(100..1_000, |n| format!("{n},")),
                "{slo}".repeat(399)
            ) + &each(0..1_000, |n| format!("- {{name: a{n}{}, {SLO}}}\n", "a".repeat(90))),
        ),
        ("labels, read", read_in_full(&format!("{HEAD}labels:\n"), 2, |n| format!("  l{n}: x\n"))),
        (
            "annotations, read",
            read_in_full(&slos, 26, |n| {
                format!(
                    "- {{name: a{n}, sli: custom, objective: 9%, annotations: {{{}}}}}\n",
                    each(0..10, |a| format!("a-{a}: x,"))
                )
            }),
        ),
        ("reasons, read", read_in_full(&format!("{HEAD}reasons:\n"), 1, |n| format!("- r/{n}\n"))),
        ("classes, read", read_in_full(&format!("{HEAD}classes:\n"), 1, |_| "- a\n".to_owned())),
        (
            "route classes, read",
            read_in_full(&format!("{HEAD}routes:\n  classes:\n"), 3, |n| format!("    c{n}: [/a]\n")),
        ),
        ("more than a MiB", "a".repeat(MIB + 1)),
        ("ten MiB", "a: b\n".repeat(2 * MIB)),
    ]
}

#[test]
fn a_hostile_text_is_read_or_refused_within_bounds_of_time_and_memory() {
    for (name, text) in hostile() {
        let source = Source::new(name, text);
        let begin = cpu_time();
        let mut result = None;
        let memory = allocation_counter::measure(|| {
            result = Some(read(&source).map_err(|diagnostics| (diagnostics.items().len(), diagnostics.to_string())));
        });
        let took = cpu_time().saturating_sub(begin);
        let outcome = match result.unwrap() {
            Ok(document) => format!("read, {} SLOs", document.definition.slos.len()),
            Err((count, shown)) => {
                assert!(count <= 100, "{name}: {count} diagnostics");
                assert!(shown.len() < 300_000, "{name}: {} bytes are shown", shown.len());
                assert!(shown.lines().all(|line| line.chars().count() < 1_500), "{name}: a line that nobody reads");
                format!("{count} diagnostics: {}", shown.lines().next().unwrap_or_default())
            }
        };
        let mib = memory.bytes_max / (1 << 20);
        println!("{:5} ms {mib:3} MiB {name}: {outcome:.120}", took.as_millis());
        assert!(took < LONGEST, "{name}: {took:?}");
        assert!(memory.bytes_max < 64 << 20, "{name}: {mib} MiB");
    }
}

#[test]
fn what_is_found_beyond_a_hundred_is_counted() {
    let text = format!("version: 1\nservice: a\nslos: []\n{}", each(0..250, |n| format!("k{n}: 1\n")));
    let diagnostics = read(&Source::new("many.yaml", text)).unwrap_err();
    assert_eq!((diagnostics.iter().len(), diagnostics.more()), (100, 150));
    assert!(diagnostics.to_string().ends_with("\n\nnote: and 150 more"));
}

#[test]
fn a_definition_of_many_slos_is_read_and_printed() {
    let slos: String = each(0..1_000, |n| format!("- {{name: a{n}, sli: availability, objective: 99.9%}}\n"));
    let document = read(&Source::new("many.yaml", format!("version: 1\nservice: a\nslos:\n{slos}"))).unwrap();
    assert_eq!(read(&Source::new("again.yaml", print(&document.definition))).unwrap().definition, document.definition);
}
