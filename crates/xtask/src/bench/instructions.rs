//! Instructions per request: callgrind counts them in a process of its own for each case.
//!
//! It is blind to what it costs when threads share a cache line, to the memory's speed, and to the kernel's clock, of which it
//! sees only the way in. Everything else it counts to the unit, whatever else the machine does.

use anyhow::{Context, bail};

use super::figures::Instructions;
use super::goals::{BARE, KEPT};
use super::programs::Programs;
use super::valgrind::Valgrind;

/// Enough that what happens once in a while has happened.
const TIMES: u32 = 8_192;

/// What is counted of the cases that the baseline keeps.
#[derive(Debug)]
pub(crate) struct Kept {
    /// All instructions: of the bare service, and over it.
    pub(crate) all: Instructions,
    /// Those that lock a cache line, or wait for all that was written before: atomic additions and fences. They are few among a
    /// request's instructions and most of its time, on one thread as on many.
    pub(crate) locked: Instructions,
}

/// Counts what the baseline keeps, the bare service first.
pub(crate) fn count_kept(valgrind: &Valgrind, programs: &Programs, fault: Option<&str>) -> anyhow::Result<Kept> {
    let bare = count(valgrind, programs, BARE, None)?;
    let mut kept = Kept { all: Instructions::from([(BARE.to_owned(), bare)]), locked: Instructions::new() };
    for case in KEPT {
        let (all, locked) = counts(valgrind, programs, case, fault)?;
        kept.all.insert((*case).to_owned(), round(round(all) - bare));
        kept.locked.insert((*case).to_owned(), locked);
    }
    Ok(kept)
}

/// Counts one case, with what the bare service takes.
pub(crate) fn count(valgrind: &Valgrind, programs: &Programs, case: &str, fault: Option<&str>) -> anyhow::Result<f64> {
    Ok(round(counts(valgrind, programs, case, fault)?.0))
}

/// Those of one case that lock.
pub(crate) fn locked(
    valgrind: &Valgrind,
    programs: &Programs,
    case: &str,
    fault: Option<&str>,
) -> anyhow::Result<Instructions> {
    Ok([(case.to_owned(), counts(valgrind, programs, case, fault)?.1)].into())
}

/// Per request: all instructions, and those that lock.
fn counts(valgrind: &Valgrind, programs: &Programs, case: &str, fault: Option<&str>) -> anyhow::Result<(f64, f64)> {
    let output = valgrind
        .tool("callgrind")
        .args(["--callgrind-out-file=/dev/null", "--collect-bus=yes"])
        .arg("--toggle-collect=*goodput_bench*counted_by_callgrind*")
        .args(programs.watched("instructions", case, TIMES, fault))
        .output()
        .context("failed to start valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    match collected(&said) {
        Some((all, locked)) if output.status.success() && all > 0 => {
            Ok((all as f64 / f64::from(TIMES), locked as f64 / f64::from(TIMES)))
        }
        _ => bail!("valgrind failed to count {case} ({}):\n{said}", output.status),
    }
}

/// As `==77== Collected : 13163673 136` says it: instructions, and those that lock unless there are none.
fn collected(said: &str) -> Option<(u64, u64)> {
    let mut counts = said.lines().find_map(|line| line.split_once("Collected :"))?.1.split_whitespace();
    let all = counts.next()?.parse().ok()?;
    Some((all, counts.next().map_or(Some(0), |locked| locked.parse().ok())?))
}

/// To what can be read, and is more than can be told apart.
pub(crate) fn round(count: f64) -> f64 {
    (count * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_what_callgrind_says_it_collected() {
        let said = "==77== Events    : Ir\n==77== Collected : 13163673\n==77== \n==77== I   refs:      13,163,673\n";
        assert_eq!(collected(said), Some((13_163_673, 0)));
        assert_eq!(collected("==77== Collected : 13163673 136\n"), Some((13_163_673, 136)));
        assert_eq!(collected("valgrind: no such file"), None);
    }
}
