//! Measures one case, or all of them in turn.

#![expect(clippy::print_stdout, reason = "it prints figures")]

use goodput_bench::cases::{self, BARE};
use goodput_bench::interleave::{Plan, Runner, interleave};

/// What is counted: callgrind collects inside of this function.
#[inline(never)]
fn measured(run: &mut Runner, times: u64) {
    run(times);
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let args: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
    match args.as_slice() {
        ["instructions", name, times] => {
            let case = cases::all().into_iter().find(|case| case.name() == *name);
            if let (Some(case), Ok(times)) = (case, times.parse()) {
                let mut run = case.runner();
                run(1_000);
                measured(&mut run, times);
            }
        }
        _ => {
            let series = interleave(&cases::all(), Plan::standard());
            for this in &series {
                let bare = series.iter().find(|other| other.case == BARE && other.threads == this.threads);
                let Some(bare) = bare else { continue };
                let [low, median, high] = this.spread_over(bare);
                println!("{:<16} {} {median:8.1} [{low:.1} {high:.1}]", this.case, this.threads);
            }
        }
    }
}
