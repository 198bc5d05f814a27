//! The proof that the gate notices: faults are planted into the path of every request, and each has to make a check slip.

use clap::builder::{PossibleValue, PossibleValuesParser};

use super::baseline::Baseline;
use super::check::{Check, Verdict};
use super::gate::{runs, sharing};
use super::goals::{DEFAULT, SCALING};
use super::programs::Programs;
use super::valgrind::Valgrind;
use super::{instructions, judge, origin};

/// A fault that `goodput-bench` can plant.
struct Planted {
    name: &'static str,
    what: &'static str,
    /// The checks that have to notice it. The others are not run.
    by: By,
    noticed: bool,
}

#[derive(Clone, Copy)]
enum By {
    /// What locks, what two threads write, and what it costs.
    Sharing,
    Allocations,
    Instructions,
}

const FAULTS: &[Planted] = &[
    // Hardly an instruction, and with a second thread several times all the rest, where cores are far enough apart.
    Planted { name: "arc", what: "an `Arc` cloned into every future", by: By::Sharing, noticed: true },
    Planted { name: "atomic", what: "all threads add to one word", by: By::Sharing, noticed: true },
    Planted { name: "allocation", what: "a box", by: By::Allocations, noticed: true },
    Planted { name: "clock", what: "one more reading of the clock", by: By::Instructions, noticed: true },
    // It is the faults that are noticed, and not how they are planted.
    Planted { name: NOTHING, what: "none of these", by: By::Sharing, noticed: false },
];

const NOTHING: &str = "nothing";

pub(crate) fn fault_names() -> PossibleValuesParser {
    FAULTS.iter().map(|fault| PossibleValue::new(fault.name).help(fault.what)).into()
}

/// The checks that are to notice this fault, with it.
pub(crate) fn planted(programs: &Programs, name: &str) -> anyhow::Result<Vec<Check>> {
    let fault = FAULTS.iter().find(|fault| fault.name == name);
    fault.map_or_else(|| Ok(Vec::new()), |fault| checks(programs, fault))
}

/// Plants every fault. `without` is what the checks say without one.
pub(crate) fn all(programs: &Programs, without: &[Check]) -> anyhow::Result<Vec<Check>> {
    let proofs = FAULTS.iter().map(|fault| Ok(proof(fault, without, &checks(programs, fault)?)));
    proofs.collect()
}

fn checks(programs: &Programs, fault: &Planted) -> anyhow::Result<Vec<Check>> {
    let planted = Some(fault.name);
    Ok(match fault.by {
        By::Allocations => judge::allocations(&programs.allocations(planted)?),
        By::Sharing => {
            let mut checks = match Valgrind::find() {
                Ok(valgrind) => {
                    let mut checks = judge::locked(&instructions::locked(&valgrind, programs, DEFAULT, planted)?);
                    checks.extend(sharing(&valgrind, programs, &[DEFAULT], planted)?);
                    checks
                }
                Err(why) => vec![Check::skipped("shared cache lines", why)],
            };
            checks.extend(judge::times(SCALING, &runs(programs, SCALING, planted)?));
            checks
        }
        By::Instructions => match Valgrind::find() {
            Ok(valgrind) => {
                // Against what the same program takes with nothing planted: that is right on every machine, and a fault is what
                // differs and not the program that holds it.
                let instructions = instructions::count_kept(&valgrind, programs, Some(NOTHING))?.all;
                let usual = Baseline { origin: origin::here(), instructions };
                let counts = instructions::count_kept(&valgrind, programs, planted)?.all;
                let checks = judge::instructions(&counts, &usual.origin, Some(&usual), None);
                checks.into_iter().filter(|check| check.what.ends_with("stored")).collect()
            }
            Err(why) => vec![Check::skipped("instructions", why)],
        },
    })
}

/// What slipped with the fault and did not without has noticed it.
fn proof(fault: &Planted, without: &[Check], with: &[Check]) -> Check {
    let what = format!("planted {}", fault.name);
    if let Some(Check { verdict: Verdict::Skipped(why), .. }) = with.first()
        && all_skipped(with)
    {
        return Check::skipped(what, why.clone());
    }
    let slipped = |checks: &[Check], name: &str| checks.iter().any(|check| check.slipped() && check.what == name);
    let by: Vec<&str> = with.iter().filter(|check| check.slipped()).map(|check| check.what.as_str()).collect();
    let noticed: Vec<&str> = by.iter().copied().filter(|name| !slipped(without, name)).collect();
    let measured = match (noticed.as_slice(), by.as_slice()) {
        ([], []) => "nothing slipped".to_owned(),
        ([], by) => format!("slips without it as well: {}", by.join("; ")),
        ([first], _) => format!("caught by {first}"),
        ([first, rest @ ..], _) => format!("caught by {first}, and {} more", rest.len()),
    };
    let bound = if fault.noticed { "a check that slips" } else { "no check that slips" };
    Check::new(what, measured, bound.to_owned(), noticed.is_empty() != fault.noticed)
}

fn all_skipped(checks: &[Check]) -> bool {
    checks.iter().all(|check| matches!(check.verdict, Verdict::Skipped(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether two checks hold without the fault and with it, what is said of that, and whether it is what was to be shown.
    type Row = (&'static Planted, [bool; 2], [bool; 2], &'static str, bool);

    fn check(what: &str, holds: bool) -> Check {
        Check::new(what, "1".to_owned(), "1".to_owned(), holds)
    }

    #[test]
    fn a_fault_is_caught_by_what_slips_with_it_and_not_without() {
        let [fault, .., nothing] = FAULTS else { unreachable!() };
        let rows: &[Row] = &[
            (fault, [true, true], [true, false], "caught by b", true),
            (fault, [true, true], [false, false], "caught by a, and 1 more", true),
            (fault, [false, true], [false, false], "caught by b", true),
            (fault, [true, true], [true, true], "nothing slipped", false),
            (fault, [false, true], [false, true], "slips without it as well: a", false),
            (nothing, [true, true], [true, true], "nothing slipped", true),
            (nothing, [true, true], [true, false], "caught by b", false),
        ];
        for (fault, without, with, measured, proven) in rows {
            let checks = |[a, b]: [bool; 2]| [check("a", a), check("b", b)];
            let proof = proof(fault, &checks(*without), &checks(*with));
            assert_eq!((proof.measured.as_str(), !proof.slipped()), (*measured, *proven));
        }
    }

    #[test]
    fn where_no_check_can_notice_a_fault_nothing_is_proven() {
        let skipped = [Check::skipped("overhead at 2 threads", "one core")];
        assert_eq!(proof(&FAULTS[0], &[], &skipped).note().unwrap(), "planted arc: one core");
    }

    #[test]
    fn every_fault_is_one_that_can_be_planted() {
        let names: Vec<_> = FAULTS.iter().map(|fault| fault.name).collect();
        let source = include_str!("../../../goodput-bench/src/fault.rs");
        let planted = source.lines().filter_map(|line| line.trim().strip_prefix("(\"")?.split('"').next());
        let mut planted: Vec<_> = planted.collect();
        planted.sort_unstable();
        assert_eq!(planted, {
            let mut names = names;
            names.sort_unstable();
            names
        });
    }
}
