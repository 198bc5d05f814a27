//! `goodput plan`: which objective to choose, and how to get to a better one.

mod ladder;
mod latency;
mod measured;
mod progress;
mod target;
mod wilson;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::form::Form;

const SCHEMA: &str = "goodput/plan/1";

/// Which objective to choose, and how to get to a better one
#[derive(Args, Debug)]
pub(crate) struct Plan {
    #[command(subcommand)]
    question: Question,
    /// Whom the answer is for
    #[arg(long, value_enum, default_value_t, global = true, value_name = "FORM", display_order = 800)]
    output: Form,
}

#[derive(Debug, Subcommand)]
enum Question {
    Target(target::Target),
    Progress(progress::Progress),
}

pub(crate) fn run(plan: &Plan) -> Result<u8, Failure> {
    match &plan.question {
        Question::Target(question) => target::run(question, plan.output),
        Question::Progress(question) => progress::run(question, plan.output),
    }
}
