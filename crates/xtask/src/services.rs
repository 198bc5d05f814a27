//! Programs that tests talk to: installed before the tests run, which then fail without them.

use crate::debian;
use crate::invocation::Invocation;

/// A program, its Debian package, and what tells tests that it must be there.
const SERVICES: [(&str, &str, &str); 3] = [
    ("prometheus-alertmanager", "prometheus-alertmanager", "GOODPUT_REQUIRE_ALERTMANAGER"),
    ("promtool", "prometheus", "GOODPUT_REQUIRE_PROMTOOL"),
    ("strace", "strace", "GOODPUT_REQUIRE_STRACE"),
];

/// The tests with what they talk to, as far as it can be had. A test without its program says so itself, and is skipped.
pub(crate) fn with(mut tests: Invocation) -> Invocation {
    for (program, package, required) in SERVICES {
        match debian::install(program, package) {
            Ok(()) => tests = tests.env(required, "1"),
            Err(why) => anstream::eprintln!("    {why}"),
        }
    }
    tests
}
