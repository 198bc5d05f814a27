//! Programs that tests talk to: installed before the tests run, which then fail without them.

use crate::debian;
use crate::invocation::Invocation;

/// A program that tests need.
struct Service {
    program: &'static str,
    package: &'static str,
    /// What tells tests that it must be there.
    required: &'static str,
    /// What it can do where it works: a machine may have it and forbid its use.
    tried_by: &'static [&'static str],
}

const SERVICES: [Service; 3] = [
    Service {
        program: "prometheus-alertmanager",
        package: "prometheus-alertmanager",
        required: "GOODPUT_REQUIRE_ALERTMANAGER",
        tried_by: &["--version"],
    },
    Service {
        program: "promtool",
        package: "prometheus",
        required: "GOODPUT_REQUIRE_PROMTOOL",
        tried_by: &["--version"],
    },
    Service {
        program: "strace",
        package: "strace",
        required: "GOODPUT_REQUIRE_STRACE",
        tried_by: &["-qq", "-o", "/dev/null", "true"],
    },
];

/// The tests with what they talk to, as far as it can be had. A test without its program says so itself, and is skipped.
pub(crate) fn with(mut tests: Invocation) -> Invocation {
    for Service { program, package, required, tried_by } in SERVICES {
        match debian::install(program, package) {
            Ok(()) if debian::succeeds(program, tried_by) => tests = tests.env(required, "1"),
            Ok(()) => anstream::eprintln!("    {program} is installed, and does not work here"),
            Err(why) => anstream::eprintln!("    {why}"),
        }
    }
    tests
}
