//! Times against goals, each as a ratio within one run.

use super::unfit;
use crate::bench::check::{Check, Verdict};
use crate::bench::figures::Times;
use crate::bench::goals::TimeGoal::{self, Cheaper, Cost, Scaling};
use crate::bench::goals::{ARC, BARE, CONTENTION, NOISE, ROUNDS, SLOW_CLOCK};

/// Every goal by all runs so far. A goal that is still open counts as slipped.
pub(crate) fn times(goals: &[TimeGoal], runs: &[Times]) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for goal in goals {
        let check = settled(*goal, runs).or_else(|| Some(by_one_run(*goal, runs.last()?)));
        let check = check.unwrap_or_else(|| Check::skipped(goal.what(), "it was not measured"));
        // What has one reason for several goals is said once.
        if !checks.contains(&check) {
            checks.push(check);
        }
    }
    checks
}

/// Whether more runs would tell nothing new.
pub(crate) fn is_settled(goals: &[TimeGoal], runs: &[Times]) -> bool {
    goals.iter().all(|goal| settled(*goal, runs).is_some())
}

/// Nanoseconds as they are, for the reader.
pub(crate) fn report(run: &Times) -> Vec<Check> {
    let lines = run.series.iter().map(|timed| {
        let threads = if timed.threads == 1 { "1 thread" } else { "2 threads" };
        let over = timed.over.as_ref().map_or(String::new(), |over| format!(", {:.1} over {over}", timed.ns_over));
        Check::reported(format!("ns, {}, {threads}", timed.case), format!("{:.1}{over}", timed.ns))
    });
    lines.collect()
}

/// A first run that meets the goal is believed: noise does not make a thing cheap. One that misses it is not, until two of three
/// have missed it.
fn settled(goal: TimeGoal, runs: &[Times]) -> Option<Check> {
    let (mut met, mut missed) = (0, 0);
    for (index, run) in runs.iter().enumerate() {
        let check = by_one_run(goal, run);
        match &check.verdict {
            Verdict::Slipped => missed += 1,
            // Says nothing either way; another run may.
            Verdict::Skipped(why) if why.starts_with(TOO_BUSY) => {}
            _ => met += 1,
        }
        if (index == 0 && met == 1) || met == 2 || missed == 2 {
            return Some(check);
        }
    }
    None
}

const TOO_BUSY: &str = "the machine is too busy";

fn by_one_run(goal: TimeGoal, run: &Times) -> Check {
    if goal.threads() > run.cores {
        return Check::skipped(goal.family(), "one core");
    }
    if let Some(why) = goal.cases().into_iter().find_map(|case| unfit(case, run.distrust.as_deref())) {
        return Check::skipped(goal.what(), why);
    }
    if let Some(few) = run.series.iter().map(|timed| timed.rounds).find(|rounds| *rounds < ROUNDS) {
        return Check::skipped("times", format!("{TOO_BUSY}: {few} rounds were undisturbed"));
    }
    let check = match goal {
        Cost { .. } => cost(goal, run),
        Cheaper { .. } => cheaper(goal, run),
        Scaling { .. } => scaling(goal, run),
    };
    check.unwrap_or_else(|| Check::skipped(goal.what(), "it was not measured"))
}

fn cost(goal: TimeGoal, run: &Times) -> Option<Check> {
    let Cost { case, over, readings, times, unit } = goal else { return None };
    // Two cases over one base, or one over its base, whose own figure is 0.
    let more = run.of(case, 1)?.ns_over - run.of(over, 1)?.ns_over;
    let clock = readings.map_or(Some(0.0), |clock| Some(run.of(clock, 1)?.ns))?;
    let bound = clock + times * run.of(unit, 1)?.ns;
    Some(Check::new(
        goal.what(),
        format!("{more:.1}"),
        format!("<= {bound:.1} + {:.0} %", (NOISE - 1.0) * 100.0),
        more <= bound * NOISE,
    ))
}

fn cheaper(goal: TimeGoal, run: &Times) -> Option<Check> {
    let Cheaper { case, than, threads, times } = goal else { return None };
    if let (Some(clock), Some(bare)) = (run.of("clock", threads), run.of(BARE, threads))
        && clock.ns > bare.ns * SLOW_CLOCK
    {
        let why = format!("two readings of the clock take {:.0} ns here, and both sides take them", clock.ns);
        return Some(Check::skipped(goal.what(), why));
    }
    let ratio = run.of(than, threads)?.ns_over / run.of(case, threads)?.ns_over;
    let contention = run.of(than, threads)?.ns_over / run.of(than, 1)?.ns_over;
    let times = if threads > 1 { times * (contention / CONTENTION).min(1.0) } else { times };
    Some(Check::new(
        goal.what(),
        format!("{ratio:.2} times"),
        format!(">= {times:.1} - {:.0} %", (1.0 - 1.0 / NOISE) * 100.0),
        ratio >= times / NOISE,
    ))
}

fn scaling(goal: TimeGoal, run: &Times) -> Option<Check> {
    let Scaling { case, times } = goal else { return None };
    // Where two cores share what executes, the bare service slows down as well, though its threads share nothing.
    let machine = (run.of(BARE, 2)?.ns / run.of(BARE, 1)?.ns).max(1.0);
    let scaling = |case| Some(run.of(case, 2)?.ns_over / run.of(case, 1)?.ns_over / machine);
    let (ratio, through_an_arc) = (scaling(case)?, scaling(ARC)?);
    Some(Check::new(
        goal.what(),
        format!("{ratio:.2} times (an Arc: {through_an_arc:.2})"),
        format!("<= {times:.2} times"),
        ratio <= times,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::Timed;
    use crate::bench::goals::{COSTS, DEFAULT, FAST, PEERS, SCALING};

    /// By case, nanoseconds on one thread and on two; what is over the bare service is over its 40 ns.
    fn run(figures: &[(&str, f64, f64)]) -> Times {
        let series = figures.iter().flat_map(|&(case, one, two)| {
            let is_unit = [BARE, "clock", "counter", "axum"].contains(&case);
            [(1, one), (2, two)].map(|(threads, ns)| Timed {
                case: case.to_owned(),
                threads,
                rounds: 101,
                over: (!is_unit).then(|| BARE.to_owned()),
                ns: if is_unit { ns } else { ns + 40.0 },
                ns_over: if is_unit { 0.0 } else { ns },
            })
        });
        Times { cores: 2, distrust: None, series: series.collect() }
    }

    fn good() -> Vec<(&'static str, f64, f64)> {
        vec![
            (BARE, 40.0, 40.0),
            ("clock", 45.0, 45.0),
            ("counter", 20.0, 20.0),
            ("axum", 370.0, 530.0),
            (DEFAULT, 80.0, 81.0),
            (FAST, 50.0, 51.0),
            ("fixed", 60.0, 61.0),
            ("default, 1 SLO", 78.0, 78.0),
            ("default, 10 SLOs", 78.0, 78.0),
            ("end", 90.0, 90.0),
            (ARC, 95.0, 300.0),
            ("OpenTelemetry", 270.0, 1_100.0),
            ("axum, default", 150.0, 300.0),
            ("axum, end", 190.0, 390.0),
        ]
    }

    /// The good figures, but for these.
    fn but(changed: &[(&'static str, f64, f64)]) -> Times {
        let mut figures = good();
        for change in changed {
            figures.iter_mut().filter(|(case, ..)| *case == change.0).for_each(|figure| *figure = *change);
        }
        run(&figures)
    }

    fn all() -> Vec<TimeGoal> {
        [SCALING, COSTS, PEERS].concat()
    }

    #[track_caller]
    fn check(run: &Times, slipped: &[&str]) {
        let checks = times(&all(), std::slice::from_ref(run));
        let found: Vec<_> = checks.iter().filter(|check| check.slipped()).map(|check| check.what.as_str()).collect();
        assert_eq!(found, slipped);
    }

    #[test]
    fn every_goal_has_figures_that_meet_it_and_figures_that_miss_it() {
        check(&but(&[]), &[]);
        check(&but(&[("fixed", 60.0, 70.0)]), &["overhead at 2 threads, fixed"]);
        check(&but(&[("fixed", 60.0, 69.0)]), &[]);
        check(&but(&[("clock", 20.0, 20.0)]), &["ns, default over bare"]);
        check(&but(&[(FAST, 70.0, 70.0)]), &["ns, fast over bare", "OpenTelemetry over fast, 1 thread"]);
        check(&but(&[("default, 10 SLOs", 83.0, 83.0)]), &["ns, default, 10 SLOs over default, 1 SLO"]);
        check(
            &but(&[("default, 1 SLO", 70.0, 78.0)]),
            &["ns, default, 10 SLOs over default, 1 SLO", "ns, default over default, 1 SLO"],
        );
        check(&but(&[("end", 103.0, 103.0)]), &["ns, end over default"]);
        check(&but(&[("axum, end", 275.0, 390.0)]), &["ns, axum, end over axum, default"]);
        check(
            &but(&[(DEFAULT, 80.0, 180.0)]),
            &["overhead at 2 threads, default", "OpenTelemetry over default, 2 threads"],
        );
    }

    #[test]
    fn a_machine_whose_threads_slow_each_other_down_is_not_held_against_us() {
        let shared = [(BARE, 40.0, 60.0), (DEFAULT, 80.0, 120.0), (FAST, 50.0, 75.0), ("fixed", 60.0, 90.0)];
        let checks = times(SCALING, &[but(&shared)]);
        assert!(!checks.iter().any(Check::slipped), "{checks:?}");
    }

    #[test]
    fn two_of_three_runs_have_to_miss_a_goal() {
        let goal = SCALING[0];
        let (met, missed) = (but(&[]), but(&[(DEFAULT, 80.0, 160.0)]));
        let rows: &[(&[&Times], Option<bool>)] = &[
            (&[], None),
            (&[&met], Some(false)),
            (&[&missed], None),
            (&[&missed, &missed], Some(true)),
            (&[&missed, &met], None),
            (&[&missed, &met, &met], Some(false)),
            (&[&missed, &met, &missed], Some(true)),
        ];
        for (runs, slipped) in rows {
            let runs: Vec<Times> = runs.iter().map(|run| (*run).clone()).collect();
            assert_eq!(settled(goal, &runs).map(|check| check.slipped()), *slipped);
            assert_eq!(is_settled(&[goal], &runs), slipped.is_some());
        }
    }

    #[test]
    fn on_one_core_that_is_said_once() {
        let notes: Vec<_> = times(&all(), &[Times { cores: 1, ..but(&[]) }]).iter().filter_map(Check::note).collect();
        assert_eq!(notes, ["overhead at 2 threads: one core", "OpenTelemetry at 2 threads: one core"]);
    }

    #[test]
    fn a_slow_clock_is_not_held_against_us() {
        let checks = times(PEERS, &[but(&[("clock", 600.0, 600.0), (DEFAULT, 640.0, 640.0)])]);
        let note = checks[0].note().unwrap();
        assert_eq!(
            note,
            "OpenTelemetry over default, 1 thread: two readings of the clock take 600 ns here, and both sides take them"
        );
    }

    #[test]
    fn where_a_second_thread_costs_others_little_we_need_not_be_as_much_cheaper() {
        let near = ("OpenTelemetry", 270.0, 365.0);
        check(&but(&[near]), &[]);
        check(
            &but(&[near, (DEFAULT, 80.0, 105.0)]),
            &["overhead at 2 threads, default", "OpenTelemetry over default, 2 threads"],
        );
    }

    #[test]
    fn a_machine_that_is_too_busy_is_not_held_against_us() {
        let mut busy = but(&[(DEFAULT, 800.0, 8_000.0)]);
        busy.series.iter_mut().for_each(|timed| timed.rounds = 3);
        let notes: Vec<_> = times(&all(), &[busy]).iter().filter_map(Check::note).collect();
        assert_eq!(notes, ["times: the machine is too busy: 3 rounds were undisturbed"]);
    }

    #[test]
    fn the_fast_stopwatch_is_not_judged_where_there_is_none() {
        let distrusted = Times { distrust: Some("the system's clock".to_owned()), ..but(&[(FAST, 500.0, 5_000.0)]) };
        check(&distrusted, &[]);
    }
}
