//! A service whose SLOs stand in a file: what it counts, and what files it refuses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use goodput::spec::{Source, print, read, read_file};
use goodput::{Code, Ending, Goodput, Journey, Measure, Request, Slo, Ticker};
use tempfile::TempDir;

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop.slo.yaml");

#[test]
fn a_service_counts_by_its_file_as_by_the_same_words_in_code() {
    let from_file = read_file(SHOP).unwrap();
    let runbook = |slo: Slo| {
        let link = format!("https://runbooks.example/{}", slo.name());
        slo.runbook(link)
    };
    let mut in_code = goodput::Definition::new("shop");
    in_code.description = Some("a shop, its clients, and an outage of its payments".to_owned());
    in_code.owner = Some("shop-team".to_owned());
    in_code.excluded_routes = vec!["/health".to_owned()];
    let journey = |name: &str, description: &str, criticality, routes: [&str; 2]| {
        let mut journey = Journey::new(name);
        journey.description = Some(description.to_owned());
        journey.criticality = Some(criticality);
        journey.routes = routes.map(str::to_owned).to_vec();
        journey
    };
    in_code.journeys = vec![
        journey("browse", "looking around", goodput::Criticality::High, ["/", "/products/{id}"]),
        journey(
            "buy",
            "buying something; it may take twice as long",
            goodput::Criticality::Critical,
            ["/cart", "/checkout"],
        ),
    ];
    in_code.slos = [
        Slo::availability("browse-ok", "99.5%").journey("browse"),
        Slo::latency("browse-fast", "99%", Duration::from_millis(100)).measure(Measure::Head).journey("browse"),
        Slo::availability("checkout-ok", "99.9%").journey("buy"),
        Slo::latency("checkout-fast", "99%", Duration::from_millis(200)).journey("buy"),
    ]
    .map(runbook)
    .to_vec();
    assert_eq!(from_file, in_code);

    let goodput = Goodput::builder("shop").definition(from_file).build().unwrap();
    for (route, status) in [("/cart", 200), ("/cart", 500), ("/", 200), ("/health", 200)] {
        let mut request = Request::begin(&goodput, goodput.route(Some(route)));
        request.respond(&goodput, Code::http(status));
        request.end(&goodput, Ending::Completed);
    }
    let counts = |name: &str| {
        let counts = goodput.status().slo(name).unwrap().counts;
        (counts.good, counts.bad)
    };
    assert_eq!((counts("checkout-ok"), counts("browse-ok")), ((1, 1), (1, 0)));
}

#[test]
fn a_file_that_is_no_text_is_refused_by_its_path_and_what_it_is() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("binary"), b"version: 1\nservice: \xFF\n").unwrap();
    fs::write(path("large"), vec![b'#'; (1 << 20) + 1]).unwrap();
    fs::write(path("fits"), vec![b'#'; 1 << 20]).unwrap();
    symlink("nowhere", path("broken")).unwrap();
    symlink("itself", path("itself")).unwrap();
    for (name, why) in [
        ("binary", ":2:10: not UTF-8"),
        ("large", ": too large: expected at most 1048576 bytes"),
        ("fits", ""),
        ("broken", ": No such file"),
        ("itself", ": Too many levels of symbolic links"),
        ("missing", ": No such file"),
        (".", ": not a file: expected a text file, not a directory"),
    ] {
        let message = read_file(path(name)).unwrap_err().to_string();
        let expected = format!("{}{why}", path(name).display());
        assert!(message.contains(&expected), "{name}: {message}");
    }
    let message = read_file("/dev/zero").unwrap_err().to_string();
    assert!(message.starts_with("/dev/zero: not a file"), "{message}");
}

#[test]
fn every_mistake_in_a_file_is_told_with_its_line() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("slo.yaml");
    let text = "version: 1\nservice: shop\nslos:\n  - name: ok\n    sli: availability\n    objective: 99.9\n    rutes: [/a]\n  \
                - name: ok\n    sli: {latency: 1M}\n    objective: NaN%\n";
    fs::write(&file, text).unwrap();
    let message = read_file(&file).unwrap_err().to_string();
    for (line, word) in [(6, "99.9%"), (7, "routes"), (9, "1M"), (10, "NaN%")] {
        let place = format!("{}:{line}:", file.display());
        assert!(message.contains(&place) && message.contains(word), "{place} {word} in\n{message}");
    }
}

/// Far from the goal, which `cargo bench --bench startup` measures: what took the square of its size would not pass.
#[test]
fn a_thousand_slos_are_read_compiled_and_started_in_a_moment() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("slo.yaml");
    let mut text = "version: 1\nservice: large\nslos:\n".to_owned();
    for n in 0..1_000 {
        writeln!(text, "  - {{name: ok-{n}, sli: availability, objective: 99.9%, routes: [\"/service/{n}/{{id}}\"]}}")
            .unwrap();
    }
    fs::write(&file, text).unwrap();
    let started = cpu_time();
    let (goodput, _ticker) = start(&file);
    let took = cpu_time().saturating_sub(started);
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(goodput.status().slos.len(), 1_000);

    let definition = goodput.definition();
    let again = read(&Source::new("again", print(&definition))).unwrap().definition;
    assert_eq!(again, *definition);
}

fn start(file: &Path) -> (&'static Goodput, Ticker) {
    let goodput = Goodput::builder("large").definition(read_file(file).unwrap()).build().unwrap().leak();
    let ticker = goodput.start_ticker().unwrap();
    (goodput, ticker)
}

/// What this process has worked, which other processes do not disturb.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}
