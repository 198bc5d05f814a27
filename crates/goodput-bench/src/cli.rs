//! What a program that measures is asked for, and the figures it prints as JSON.
//!
//! - `cases`
//! - `times [--rounds ROUNDS] [--batch MICROSECONDS] [CASE...]`
//! - `instructions CASE TIMES`, under callgrind, which counts
//! - `sharing CASE TIMES`, under lackey, which says what is written

use std::process::ExitCode;
use std::time::Duration;

use goodput::{Stopwatch, StopwatchKind};
use serde_json::{Value, json};

use crate::cases::{self, ROWS, Row};
use crate::counting::counted_by_callgrind;
use crate::fault::Planting;
use crate::interleave::{Case, Plan, Series, cores, interleave};
use crate::sharing;
use crate::stats::median;

/// Does what the arguments say, with cases into which this is planted.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it prints figures, and what was wrong with its arguments"
)]
pub fn main(args: &[String], planting: impl Planting) -> ExitCode {
    let mut args = args.iter().map(String::as_str);
    let done = match args.next() {
        Some("cases") => Ok(Some(all())),
        Some("times") => Asked::read(args).map(|asked| Some(times(&asked, planting))),
        Some("instructions") => Asked::read(args).and_then(|asked| run(&asked, planting)).map(|()| None),
        Some("sharing") => Asked::read(args).and_then(|asked| share(&asked, planting)).map(|()| None),
        _ => Err("expected `cases`, `times`, `instructions` or `sharing`".to_owned()),
    };
    match done {
        Ok(figures) => {
            if let Some(figures) = figures {
                println!("{figures}");
            }
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!("{wrong}");
            ExitCode::from(2)
        }
    }
}

/// What the arguments say.
#[derive(Debug)]
struct Asked<'a> {
    plan: Plan,
    rest: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(mut args: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut asked = Self { plan: Plan::standard(), rest: Vec::new() };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg}: expected a value"));
            match arg {
                "--rounds" => asked.plan.rounds = number(value()?)? as usize, // as many as there is patience for
                "--batch" => asked.plan.batch = Duration::from_micros(number(value()?)?),
                other => asked.rest.push(other),
            }
        }
        Ok(asked)
    }

    /// A case, and how often it is to run.
    fn one_case(&self, planting: impl Planting) -> Result<(Case, u64), String> {
        let &[name, times] = self.rest.as_slice() else { return Err("expected a case and a number".to_owned()) };
        let row = cases::named(name).ok_or_else(|| format!("{name}: no such case"))?;
        Ok((row.case(planting), number(times)?))
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}

fn all() -> Value {
    ROWS.iter().map(|row| json!({ "case": row.name, "what": row.what, "over": row.over })).collect()
}

/// Runs the cases that were asked for, or all, with what each of them is compared with.
fn times(asked: &Asked<'_>, planting: impl Planting) -> Value {
    let wanted = |row: &&Row| asked.rest.is_empty() || asked.rest.contains(&row.name);
    let compared = |row: &Row| ROWS.iter().filter(wanted).any(|other| other.over == Some(row.name));
    let rows: Vec<&Row> = ROWS.iter().filter(|row| wanted(row) || compared(row)).collect();
    let cases: Vec<_> = rows.iter().map(|row| row.case(planting)).collect();
    let series = interleave(&cases, asked.plan);
    let figures = series.iter().map(|this| {
        let over = cases::named(&this.case).and_then(|row| row.over);
        let base = |base: &&Series| Some(base.case.as_str()) == over && base.threads == this.threads;
        let [low, middle, high] = series.iter().find(base).map_or([0.0; 3], |base| this.spread_over(base));
        json!({
            "case": this.case, "threads": this.threads, "ns": median(&this.nanos),
            "over": over, "ns_over": middle, "low": low, "high": high, "rounds": this.nanos.len(),
        })
    });
    json!({ "cores": cores(), "distrust": distrust(), "series": figures.collect::<Vec<_>>() })
}

/// Why the fast stopwatch is not one here: what is measured of it is then the system's clock.
fn distrust() -> Option<String> {
    match Stopwatch::fast().kind() {
        StopwatchKind::Counter => None,
        other => Some(other.to_string()),
    }
}

/// Runs one case so many times where callgrind counts. No other is built: what that takes would differ from run to run.
fn run(asked: &Asked<'_>, planting: impl Planting) -> Result<(), String> {
    let (case, times) = asked.one_case(planting)?;
    let mut run = case.runner();
    run(1_000); // what is allocated once is there from here on
    counted_by_callgrind(&mut run, times);
    Ok(())
}

/// Runs one case on one thread and then on another, and says where the mark is that they store to.
fn share(asked: &Asked<'_>, planting: impl Planting) -> Result<(), String> {
    let (case, times) = asked.one_case(planting)?;
    sharing::one_then_other(&case, times);
    Ok(())
}
