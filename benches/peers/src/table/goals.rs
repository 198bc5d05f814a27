//! How many times cheaper than its peers goodput is to be, and whether it is.

use super::run::Run;
use crate::peers::BARE;
use crate::results::{Goal, round};

/// At least this many times cheaper than the peer: default and fast on one thread, default and fast on two.
const GOALS: [(&str, [f64; 2], [f64; 2]); 6] = [
    ("otel-tower", [13.0, 18.0], [16.0, 23.0]),
    ("tower-otel", [9.5, 13.0], [16.0, 23.0]),
    ("axum-prometheus", [9.5, 13.0], [13.0, 19.0]),
    ("autometrics", [6.0, 8.0], [10.0, 14.0]),
    ("otel", [3.0, 4.3], [7.0, 10.0]),
    ("trace-layer", [2.2, 3.1], [2.1, 3.0]),
];

/// Costs under a nanosecond cannot be told from none.
const LEAST_NANOS: f64 = 1.0;

/// One goal for each peer, case of goodput and number of threads that there was. A single run may be disturbed: a goal is
/// missed when most runs miss it.
pub(super) fn judge(runs: &[Run]) -> Vec<Goal> {
    let threads = runs.first().map(Run::threads).unwrap_or_default();
    let mut goals = Vec::new();
    for (peer, on_one, on_two) in GOALS {
        for (threads, at_least) in [(1, on_one), (2, on_two)].into_iter().filter(|(on, _)| threads.contains(on)) {
            for (goodput, at_least) in ["goodput", "goodput-fast"].into_iter().zip(at_least) {
                let times: Vec<f64> = runs.iter().map(|run| times(run, peer, goodput, threads)).collect();
                let missed = times.iter().filter(|times| **times < at_least).count();
                let met = missed * 2 < runs.len();
                goals.push(Goal { peer: peer.to_owned(), goodput: goodput.to_owned(), threads, at_least, times, met });
            }
        }
    }
    goals
}

fn times(run: &Run, peer: &str, goodput: &str, threads: usize) -> f64 {
    let over = |case| run.median_over(case, BARE, threads);
    round(over(peer) / over(goodput).max(LEAST_NANOS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run in which goodput costs 10 ns over the bare service, and every peer so many times as much.
    fn run(times: f64) -> Run {
        let mut run = Run::default();
        let bare = [(BARE, 30.0), ("goodput", 40.0), ("goodput-fast", 40.0)];
        let peers = GOALS.map(|(peer, ..)| (peer, 30.0 + 10.0 * times));
        for (case, nanos) in bare.into_iter().chain(peers) {
            run.insert(case, 1, vec![nanos; 3]);
        }
        run
    }

    #[test]
    fn a_goal_is_missed_when_most_runs_miss_it() {
        let rows =
            [([20.0, 20.0, 20.0], true), ([1.0, 20.0, 20.0], true), ([1.0, 1.0, 20.0], false), ([1.0; 3], false)];
        for (times, met) in rows {
            let goals = judge(&times.map(run));
            assert_eq!(goals.len(), 2 * GOALS.len(), "one thread, two cases of goodput");
            assert!(goals.iter().all(|goal| goal.met == met && goal.times == times), "{times:?}");
        }
    }

    #[test]
    fn a_goal_is_a_lower_bound_for_each_case_of_goodput() {
        let goals = judge(&[run(3.5)]);
        let met: Vec<&str> = goals.iter().filter(|goal| goal.met).map(|goal| goal.peer.as_str()).collect();
        assert_eq!(met, ["otel", "trace-layer", "trace-layer"]);
    }
}
