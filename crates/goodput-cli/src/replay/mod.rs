//! `goodput replay`: what alerts make of an outage or of recorded counts, found by the engine that services run.

mod args;
mod chart;
mod csv;
mod feed;
mod human;
mod interval;
mod lines;
mod openmetrics;
mod outage;
mod plan;
mod player;
mod report;
mod sample;
mod samples;
mod stage;
mod subject;
mod watch;

pub(crate) use self::args::Replay;
use self::outage::Outage;
use self::stage::Replayed;
use self::subject::Subject;
use crate::exit;
use crate::failure::Failure;
use crate::write::{self, Existing};

pub(crate) fn run(args: &Replay) -> Result<u8, Failure> {
    let replayed = replay(args)?;
    if let Some(path) = &args.chart {
        let existing = if args.force { Existing::Replace } else { Existing::Keep };
        write::file(path, &chart::draw(&replayed)?, existing)?;
    }
    args.output.print(&replayed.answer, human::page)?;
    Ok(exit::OK)
}

fn replay(args: &Replay) -> Result<Replayed, Failure> {
    let subject = subject(args)?;
    match (&args.recording, args.error_ratio, args.lasting) {
        (Some(path), ..) => stage::recorded(args, subject, feed::open(path, args.slo.as_deref(), args.gaps)?),
        (None, Some(errors), Some(lasting)) => {
            stage::described(args, subject.without_calendar(), &Outage { errors, lasting, rate: args.rate })
        }
        // The arguments are read so that one of both is there.
        _ => Err(Failure::usage("neither a recording nor --error-ratio with --for: expected one of them")),
    }
}

fn subject(args: &Replay) -> Result<Subject, Failure> {
    let min_bad = args.min_bad.map(goodput_core::MinBad::AtLeast);
    match (&args.file, args.objective) {
        (Some(path), _) => Subject::of_file(path, args.slo.as_deref(), min_bad),
        (None, Some(objective)) => Ok(Subject::of_flags(objective, args.period, min_bad)),
        (None, None) => Err(Failure::usage("neither --objective nor --file: expected one of them")),
    }
}
