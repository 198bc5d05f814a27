//! Cache lines that two threads write at every request: lackey tells every store, whatever the machine makes of it.
//!
//! What such a line costs can be told by the clock only while the two cores are far enough apart, and a virtual machine's
//! wander: within minutes, an `Arc` cloned into every future cost from nothing to twice as much as the rest of a request. Whether
//! there is such a line can always be told.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use anyhow::{Context, bail};

use super::programs::Programs;
use super::valgrind::Valgrind;

/// Requests on either thread.
const TIMES: u32 = 64;

/// In bytes, on every processor that the goals are for.
const LINE: u64 = 64;

/// How many cache lines both of two threads write in at least an eighth of their requests.
pub(crate) fn count(
    valgrind: &Valgrind,
    programs: &Programs,
    case: &str,
    fault: Option<&str>,
) -> anyhow::Result<usize> {
    let mut child = valgrind
        .tool("lackey")
        .args(["--basic-counts=no", "--trace-mem=yes"])
        .args(programs.watched("sharing", case, TIMES, fault))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("failed to start valgrind")?;
    let (Some(mut said), Some(told)) = (child.stdout.take(), child.stderr.take()) else {
        bail!("valgrind has no output to read")
    };
    // What is watched says where its mark is, and nothing else; so there is nothing to read there until all is over.
    let stores = stores(BufReader::new(told))?;
    let mut mark = String::new();
    said.read_to_string(&mut mark)?;
    let status = child.wait()?;
    let mark = mark.trim().strip_prefix("0x").and_then(|mark| u64::from_str_radix(mark, 16).ok());
    match mark.and_then(|mark| shared(&stores, mark)) {
        Some(shared) if status.success() => Ok(shared),
        _ => bail!("valgrind failed to watch what {case} writes ({status})"),
    }
}

/// Where something was stored, and how many bytes.
type Store = (u64, u64);

/// Of ` S 1fff0005f8,8` and ` M 002c9b00,8`; other lines are instructions, loads, and what valgrind says itself.
fn stores(mut told: impl BufRead) -> anyhow::Result<Vec<Store>> {
    let mut stores = Vec::new();
    let mut line = Vec::new();
    while told.read_until(b'\n', &mut line).context("failed to read what valgrind says")? > 0 {
        if line.starts_with(b" S ") || line.starts_with(b" M ") {
            stores.extend(std::str::from_utf8(&line).ok().and_then(store));
        }
        line.clear();
    }
    Ok(stores)
}

fn store(line: &str) -> Option<Store> {
    let (address, bytes) = line.get(3..)?.trim().split_once(',')?;
    Some((u64::from_str_radix(address, 16).ok()?, bytes.parse().ok()?))
}

/// Each thread stores to the mark before its requests and after them. None if that is not what happened.
///
/// A thread that waits for the other writes as well, and now and then while that is at it; but not as often as requests are made.
fn shared(stores: &[Store], mark: u64) -> Option<usize> {
    let mut of_threads = [HashMap::new(), HashMap::new()];
    let mut marks = 0;
    for &(address, bytes) in stores {
        let lines = || address / LINE..=(address + bytes.saturating_sub(1)) / LINE;
        match marks {
            _ if address == mark => marks += 1,
            1 => lines().for_each(|line| *of_threads[0].entry(line).or_default() += 1),
            3 => lines().for_each(|line| *of_threads[1].entry(line).or_default() += 1),
            _ => {}
        }
    }
    let [one, other] = &of_threads;
    let often = |count: Option<&u32>| count.is_some_and(|count| count * 8 >= TIMES);
    let shared = one.keys().filter(|line| often(one.get(line)) && often(other.get(line)));
    (marks == 4).then(|| shared.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: u64 = 0x1000;

    /// What each thread stores at every request, and what it does but once.
    #[track_caller]
    fn check(each: [&[Store]; 2], once: [&[Store]; 2], expected: usize) {
        let mut all = vec![(0x9000, 8); 1_000];
        for (each, once) in each.into_iter().zip(once) {
            all.push((MARK, 8));
            all.extend(once);
            (0..TIMES).for_each(|_| all.extend(each));
            all.push((MARK, 8));
        }
        assert_eq!(shared(&all, MARK), Some(expected));
    }

    #[test]
    fn a_line_is_shared_if_both_threads_write_it_at_every_request() {
        check([&[(0x2000, 8)], &[(0x3000, 8)]], [&[], &[]], 0);
        check([&[(0x2000, 8)], &[(0x2000, 8)]], [&[], &[]], 1);
        check([&[(0x2000, 8)], &[(0x2038, 8)]], [&[], &[]], 1);
        check([&[(0x2000, 8)], &[(0x2040, 8)]], [&[], &[]], 0);
        check([&[(0x2038, 16)], &[(0x2040, 8)]], [&[], &[]], 1);
        check([&[(0x2000, 8), (0x2100, 8)], &[(0x2000, 8), (0x2100, 8)]], [&[], &[]], 2);
    }

    #[test]
    fn what_is_written_now_and_then_is_not_shared() {
        check([&[(0x2000, 8)], &[(0x3000, 8)]], [&[(0x3000, 8)], &[(0x2000, 8)]], 0);
    }

    #[test]
    fn a_run_without_its_marks_tells_nothing() {
        assert_eq!(shared(&[(0x2000, 8), (MARK, 8)], MARK), None);
    }

    #[test]
    fn stores_are_told_from_everything_else() {
        let told = "==7== Lackey\nI  0401ab70,3\n L 1fff0005f8,8\n S 1fff0005f8,8\n M 002c9b00,4\n S broken\n";
        assert_eq!(stores(told.as_bytes()).unwrap(), [(0x1f_ff00_05f8, 8), (0x2c_9b00, 4)]);
    }
}
