//! Every case with all of its figures: for a reader, or as JSON.

use serde::Serialize;

use super::figures::{Allocations, Described, Times};
use super::instructions;
use super::programs::Programs;
use super::valgrind::Valgrind;

/// One case on so many threads. Figures are over what it is compared with: the bare service, or the router alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Entry {
    case: String,
    threads: usize,
    ns_over_bare: f64,
    /// Counted on one thread: a second one changes nothing about that. None where nothing counts them.
    instructions_over_bare: Option<f64>,
    allocations: f64,
}

/// Measures every case.
pub(crate) fn measure(programs: &Programs) -> anyhow::Result<Vec<Entry>> {
    let cases = programs.cases()?;
    let (times, allocations) = (programs.times(&[], None)?, programs.allocations(None)?);
    let valgrind = Valgrind::find().map_err(|why| anstream::eprintln!("SKIPPED instructions: {why}")).ok();
    let mut counted = Vec::new();
    for described in &cases {
        let count = valgrind.as_ref().map(|valgrind| instructions::count(valgrind, programs, &described.case, None));
        counted.push((described, count.transpose()?));
    }
    Ok(entries(&counted, &times, &allocations))
}

type Counted<'a> = (&'a Described, Option<f64>);

fn entries(cases: &[Counted<'_>], times: &Times, allocations: &Allocations) -> Vec<Entry> {
    let count_of = |case: &str| cases.iter().find(|(described, _)| described.case == case)?.1;
    let entry = |(described, count): &Counted<'_>, threads| {
        let base = described.over.as_deref();
        let over = |figure: Option<f64>, of: &dyn Fn(&str) -> Option<f64>| Some(figure? - base.map_or(figure, of)?);
        Some(Entry {
            case: described.case.clone(),
            threads,
            ns_over_bare: times.of(&described.case, threads)?.ns_over,
            instructions_over_bare: over(*count, &count_of).map(instructions::round),
            allocations: over(allocations.of(&described.case), &|case| allocations.of(case))?,
        })
    };
    cases.iter().flat_map(|case| [1, 2].into_iter().filter_map(move |threads| entry(case, threads))).collect()
}

/// One array, and nothing besides.
pub(crate) fn show_json(entries: &[Entry]) -> anyhow::Result<()> {
    anstream::println!("{}", serde_json::to_string_pretty(entries)?);
    Ok(())
}

pub(crate) fn show(entries: &[Entry]) {
    anstream::println!("{:<22} {:>7} {:>8} {:>12} {:>11}", "case", "threads", "ns", "instructions", "allocations");
    for Entry { case, threads, ns_over_bare, instructions_over_bare, allocations } in entries {
        let instructions = instructions_over_bare.map_or_else(|| "-".to_owned(), |count| format!("{count:.1}"));
        anstream::println!("{case:<22} {threads:>7} {ns_over_bare:>8.1} {instructions:>12} {allocations:>11}");
    }
}
