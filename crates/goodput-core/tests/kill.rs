//! Processes that are killed at any moment leave a state that is whole, never above the truth, and no older than the last one that was
//! written.
//!
//! A child is this very program, told by an environment variable to be one. It says on a pipe what it is about to count and what is on
//! the disk; the pipe outlives it. `GOODPUT_KILLS` says how many are killed, 2,000 without it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use goodput_core::{Counts, Goodput, Memory, Slo, StateFile};
use tempfile::TempDir;

const FILE: &str = "GOODPUT_KILL_FILE";
const MODE: &str = "GOODPUT_KILL_MODE";
/// How many are killed at the same time.
const LANES: u64 = 4;

/// Good, bad and excluded events.
type Triple = [u64; 3];

fn triple(counts: Counts) -> Triple {
    [counts.good, counts.bad, counts.excluded]
}

fn remembered(memory: Option<&Memory>) -> Triple {
    memory.and_then(|memory| memory.slos().next()).map_or([0; 3], |slo| triple(slo.last()))
}

/// One writing to a pipe is not torn apart by others, nor by a kill, if it is short.
fn say(word: &str, [good, bad, excluded]: Triple) {
    let line = format!("{word} {good} {bad} {excluded}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

/// Numbers that are different for every child and step.
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

fn main_of_child(path: &Path, mode: &str) {
    let (mut file, memory) = StateFile::open(path);
    let base = remembered(memory.as_ref());
    let goodput = Goodput::builder("killed").slo(Slo::availability("ok", "99%")).remember(memory);
    let goodput = Arc::new(goodput.build().unwrap());
    say("base", base);
    let (mut truth, mut seed) = (base, u64::from(std::process::id()));
    let mut step = |truth: &mut Triple| {
        let [good, bad, excluded] = [random(&mut seed) % 50, random(&mut seed) % 9, random(&mut seed) % 5];
        truth.iter_mut().zip([good, bad, excluded]).for_each(|(sum, events)| *sum += events);
        Counts { good, bad, excluded }
    };
    match mode {
        // Counting and writing in turn: what is written is known to the unit.
        "turns" | "two" => {
            let turns = if mode == "two" { 2 } else { u64::MAX };
            for _ in 0..turns {
                let counts = step(&mut truth);
                say("about", truth);
                goodput.work("work").add(counts);
                assert!(file.write(&goodput));
                say("done", truth);
            }
        }
        // Counting while another thread writes: what is on the disk is looked at from outside.
        _ => {
            let _kept = file.every(Duration::from_millis(1)).keep(Arc::clone(&goodput));
            loop {
                let counts = step(&mut truth);
                say("about", truth);
                (0..counts.good).for_each(|_| goodput.work("work").good());
                (0..counts.bad).for_each(|_| goodput.work("work").bad("word"));
                (0..counts.excluded).for_each(|_| goodput.work("work").excluded("word"));
                if let Some(memory) = fs::read(path).ok().and_then(|bytes| Memory::decode(bytes).ok()) {
                    say("done", remembered(Some(&memory)));
                }
            }
        }
    }
}

/// Not a test: what a child does.
#[test]
fn child() {
    if let (Some(path), Ok(mode)) = (std::env::var_os(FILE), std::env::var(MODE)) {
        main_of_child(Path::new(&path), &mode);
    }
}

fn command(path: &Path, mode: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]).env(FILE, path).env(MODE, mode);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// What a child said: what it began with, what it was about to count last, and what it knew to be on the disk last.
#[derive(Debug, Default)]
struct Said {
    base: Option<Triple>,
    about: Option<Triple>,
    done: Option<Triple>,
}

/// Waits until a child says this word, if it does.
fn wait_for(word: &str, pipe: &mut impl BufRead) -> String {
    let mut text = String::new();
    while !text.contains(word) && pipe.read_line(&mut text).is_ok_and(|read| read > 0) {}
    text
}

/// Everything a child says until it ends.
fn listen(mut text: String, mut pipe: impl Read) -> Said {
    pipe.read_to_string(&mut text).unwrap();
    let mut said = Said::default();
    // The last line may have been cut off; the first one begins with the name of the test.
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let mut words = line.rsplit("... ").next().unwrap_or_default().split_whitespace();
        let word = words.next().unwrap_or_default();
        let numbers: Vec<u64> = words.filter_map(|number| number.parse().ok()).collect();
        let Ok(triple) = Triple::try_from(numbers) else { continue };
        match word {
            "base" => said.base = Some(triple),
            "about" => said.about = Some(triple),
            "done" => said.done = Some(triple),
            _ => {}
        }
    }
    said
}

/// What is in the file; a file that is not whole fails the test.
fn on_disk(path: &Path) -> Triple {
    match fs::read(path) {
        Ok(bytes) => remembered(Some(&Memory::decode(bytes).unwrap())),
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
            [0; 3]
        }
    }
}

fn at_most(one: Triple, other: Triple) -> bool {
    one.iter().zip(other).all(|(one, other)| *one <= other)
}

/// Holds what a child has left to what it said. `was` was in the file before it began.
fn check(path: &Path, mode: &str, was: Triple, said: &Said) -> Triple {
    let is = on_disk(path);
    assert!(said.base.is_none_or(|base| base == was), "{mode}: read {:?} where {was:?} was", said.base);
    let (lowest, highest) = (said.done.unwrap_or(was), said.about.unwrap_or(was));
    assert!(at_most(lowest, is) && at_most(is, highest), "{mode}: {lowest:?} <= {is:?} <= {highest:?}");
    if mode != "beside" {
        // It is one of the two to the unit, and no mixture.
        assert!(is == lowest || is == highest, "{mode}: {is:?}, expected {lowest:?} or {highest:?}");
    }
    let names = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.count() <= 4, "the file, its lock, the one before it, and at most one that was begun");
    is
}

/// Kills so many children one after the other, each of which goes on from what the one before has left. How many of them had written
/// something.
fn lane(number: u64, kills: u64) -> u64 {
    // Half of them in memory, where nothing waits for a disk and most are killed while they write.
    let home = if number < 2 { TempDir::new_in("/dev/shm").ok() } else { None };
    let home = home.unwrap_or_else(|| TempDir::new().unwrap());
    let path = home.path().join("slo.state");
    let mode = if number.is_multiple_of(2) { "turns" } else { "beside" };
    let (mut is, mut wrote, mut seed) = ([0; 3], 0, number);
    for _ in 0..kills {
        let mut child = command(&path, mode).spawn().unwrap();
        let mut pipe = BufReader::new(child.stdout.take().unwrap());
        // Some die while they start, open and read; some at the first write; most later.
        let begun = match random(&mut seed) % 4 {
            0 => String::new(),
            1 => wait_for("about", &mut pipe),
            _ => wait_for("done", &mut pipe),
        };
        thread::sleep(Duration::from_micros(random(&mut seed) % 5_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let said = listen(begun, pipe);
        let was = is;
        is = check(&path, mode, was, &said);
        wrote += u64::from(is != was);
    }
    wrote
}

#[test]
fn whenever_a_process_is_killed_its_state_is_whole_and_at_most_one_write_behind() {
    if std::env::var_os(FILE).is_some() {
        return;
    }
    let kills: u64 = std::env::var("GOODPUT_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(2_000);
    let lanes: Vec<_> = (0..LANES).map(|number| thread::spawn(move || lane(number, kills / LANES))).collect();
    let wrote: u64 = lanes.into_iter().map(|lane| lane.join().unwrap()).sum();
    println!("{kills} processes killed, {wrote} of them after they had written");
    assert!(wrote > kills / 4, "the others died too young to show anything: {wrote} of {kills}");
}

/// The system calls of the thread that writes the state, with the position among them at which it begins to and that at which it ends.
fn calls(trace: &str) -> Option<(usize, usize)> {
    let writer = trace.lines().find(|line| line.contains("slo.state.new") && line.contains("O_EXCL"))?;
    let thread = writer.split_whitespace().next()?;
    let own: Vec<_> = trace.lines().filter(|line| line.split_whitespace().next() == Some(thread)).collect();
    // What another thread interrupted is two lines in the trace.
    let own: Vec<_> = own.into_iter().filter(|line| !line.contains("resumed>") && !line.contains("+++")).collect();
    let begins = own.iter().position(|line| line.contains("slo.state.lock"))?;
    let ends = own.iter().rposition(|line| line.contains("fsync"))?;
    Some((begins + 1, ends + 2))
}

/// Whether strace is there, and may trace.
fn can_trace() -> Result<(), String> {
    let traced = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    let traced = traced.map_err(|error| format!("strace does not run: {error}"))?;
    let complaint = String::from_utf8_lossy(&traced.stderr);
    traced.status.success().then_some(()).ok_or_else(|| format!("strace does not trace here: {}", complaint.trim()))
}

#[test]
fn a_process_that_is_killed_at_any_system_call_of_writing_leaves_one_state_or_the_other() {
    if std::env::var_os(FILE).is_some() {
        return;
    }
    let home = TempDir::new().unwrap();
    let (path, log) = (home.path().join("within/slo.state"), home.path().join("trace"));
    let traced = |options: &[&str]| {
        let own = command(&path, "two");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o"]).arg(&log).args(options).arg(own.get_program()).args(own.get_args());
        strace.env(FILE, &path).env(MODE, "two").stdout(Stdio::piped()).stderr(Stdio::null());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        strace.spawn().and_then(|mut child| {
            let said = listen(String::new(), child.stdout.take().unwrap());
            child.wait().map(|status| (said, status.success()))
        })
    };
    if let Err(why) = can_trace() {
        let required = std::env::var_os("GOODPUT_REQUIRE_STRACE").is_some_and(|value| value == "1");
        assert!(!required, "{why}, and GOODPUT_REQUIRE_STRACE says that it must");
        // Past the harness, which would keep it to itself.
        return writeln!(std::io::stdout().lock(), "SKIPPED strace: {why}").unwrap();
    }
    let (said, ended) = traced(&[]).unwrap();
    assert!(ended, "{said:?}");
    let Some((begins, ends)) = calls(&fs::read_to_string(&log).unwrap()) else {
        panic!("the trace shows no state written: {said:?}")
    };
    let mut killed = 0;
    for call in begins..=ends {
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        let (said, ended) = traced(&[&format!("--inject=all:signal=KILL:when={call}")]).unwrap();
        killed += usize::from(!ended);
        check(&path, "two", [0; 3], &said);
        // The next process goes on from it.
        let was = on_disk(&path);
        let mut next = command(&path, "two").spawn().unwrap();
        let said = listen(String::new(), next.stdout.take().unwrap());
        assert!(next.wait().unwrap().success());
        assert_eq!(check(&path, "two", was, &said), said.about.unwrap());
    }
    println!("killed at {killed} system calls");
    assert!(killed * 10 >= (ends - begins) * 9 && killed > 20, "{killed} of {begins}..={ends}");
}
