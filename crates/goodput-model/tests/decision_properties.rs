//! Properties of decisions, for all cases:
//!
//! - seeing less of any window, good events fewer, or an older tick never bring an answer nearer to approve, whatever an operator
//!   says to do without data; what was blocked stays blocked;
//! - nor do bad events more, in the period, in it and the last six hours, or in all windows;
//! - nor does an SLO without events, or an expected instance without an answer;
//! - nor does any of these one after another;
//! - an approval means a budget that is known, fresh counts and all instances, or a kind that is never held back;
//! - a rollback, a security and an emergency change are approved, and a fix is approved or reviewed;
//! - merging is commutative and associative, and N instances merged decide as one that saw all;
//! - of two budgets of which one never has more left, that one never stands in a better band.
//!
//! *Nearer to approve*: answers are in the order approve < review < defer < block. "Too little is known" is an answer of its own:
//! it is nearer to approve than nothing, whatever it takes the place of, and what takes its place is nearer to approve when
//! its action is milder than the one shown beside "too little is known", which is a review at least.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use goodput_model::{
    Action, BandStanding, Basis, BudgetAsSeen, BudgetBands, CalendarUnit, Case, Change, ChangeKind, Concern, Counts,
    Decision, Evidence, Freshness, GateCode, MinBad, Objective, Observation, PageRow, Period, Policy, Remaining,
    Replicas, Risk, Severity, Window,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::time::Duration;

const TICK: Duration = Duration::from_secs(10);

// ------------------------------------------------------------------------------------------------ cases

/// Events of one window that are in no shorter one, before the objective is known: how many, what share of the budget are bad, in
/// thousandths, and a few more.
type Part = (u64, u64, u64);

fn any_part() -> impl Strategy<Value = Part> {
    let milli = prop_oneof![3 => Just(0_u64), 4 => 0..4_000_u64, 1 => 4_000..1_000_000_u64];
    (0..1_u64 << 34, 0..35_u32, milli, 0..5_u64).prop_map(|(valid, shift, milli, few)| (valid >> shift, milli, few))
}

fn counts(objective: Objective, (valid, milli, few): Part) -> Counts {
    let budget = u128::from(valid) * u128::from(objective.bad_ppb()) * u128::from(milli) / 1_000_000_000_000;
    let bad = u64::try_from(budget).unwrap().min(valid);
    Counts { good: valid - bad, bad: bad + few / 3, excluded: few }
}

/// Thousandths of a window that were seen, all of it more often than not.
fn any_share() -> impl Strategy<Value = u32> {
    prop_oneof![6 => Just(1_000_u32), 1 => 880..=920_u32, 1 => 480..=520_u32, 1 => 0..=1_000_u32]
}

fn any_evidence(name: &'static str) -> impl Strategy<Value = Evidence> {
    let objective = prop::sample::select(vec!["50%", "90%", "99%", "99.9%", "99.999%"]);
    let period = prop::sample::select(vec![Period::D7, Period::D30, Period::Calendar(CalendarUnit::Month)]);
    let parts = [(); 3].map(|()| any_part());
    let shares = [(); 3].map(|()| any_share());
    let min_bad = prop::sample::select(vec![MinBad::Auto, MinBad::AtLeast(1), MinBad::AtLeast(10)]);
    let concern = prop_oneof![20 => Just(None), 1 => prop::sample::select(Concern::ALL.to_vec()).prop_map(Some)];
    let standing = prop_oneof![3 => Just(BandStanding::NOWHERE), 1 => (0..5_usize).prop_map(BandStanding::at)];
    (objective, period, parts, shares, min_bad, concern, standing, 1..=31_u32).prop_map(
        move |(objective, period, parts, shares, min_bad, concern, standing, gone)| {
            let objective: Objective = objective.parse().unwrap();
            let [hour, six, rest] = parts.map(|part| counts(objective, part));
            let calendar = matches!(period, Period::Calendar(_));
            let whole = if calendar { Window::from_secs(gone * 86_400).unwrap() } else { period.window() };
            let counts = [hour, hour + six, hour + six + rest];
            let observe = |window: Window, at: usize| {
                Observation::partial(window, counts[at], window.duration() * shares[at] / 1_000)
            };
            let [hour, six_hours] = [observe(Window::H1, 0), observe(Window::H6, 1)];
            let mut evidence = Evidence::new(name, objective, period, observe(whole, 2), hour, six_hours);
            evidence.length = calendar.then(|| Duration::from_secs(31 * 86_400));
            let policy = Policy::default_for(objective, period);
            let pages = policy.rows().iter().filter(|row| row.severity() == Severity::Page);
            let pages = pages.map(|row| PageRow { row: *row, long: observe(row.long(), position(row.long())) });
            evidence.pages = pages.collect();
            evidence.min_bad = min_bad;
            evidence.concerns.extend(concern);
            evidence.standing = standing;
            evidence
        },
    )
}

/// Whether a window is within an hour, within six, or longer.
fn position(window: Window) -> usize {
    [Window::H1, Window::H6].iter().filter(|shorter| **shorter < window).count()
}

fn any_case() -> impl Strategy<Value = Case> {
    let slos = (any_evidence("a"), any_evidence("b"), 0..3_u8).prop_map(|(a, b, both)| match both {
        0 => vec![a, b],
        _ => vec![a],
    });
    let age = prop_oneof![4 => Just(4_000_u64), 1 => 0..60_000_u64];
    let bands = prop::sample::select(BudgetBands::PRESETS.to_vec());
    let replicas = prop::sample::select(vec![(1, Some(1)), (1, Some(1)), (3, Some(3)), (1, None), (2, Some(3))]);
    (slos, age, bands, replicas).prop_map(|(slos, age, bands, (seen, expected))| {
        let freshness = Freshness::new(Duration::from_millis(age), TICK);
        let mut case = Case::of_instance("checkout", freshness, BudgetBands::preset(bands).unwrap(), slos);
        case.replicas.seen = seen;
        match expected {
            Some(expected) => case.expecting(expected).unwrap(),
            None => case,
        }
    })
}

fn any_change() -> impl Strategy<Value = Change> {
    (prop::sample::select(ChangeKind::ALL.to_vec()), prop::sample::select(Risk::ALL.to_vec()))
        .prop_map(|(kind, risk)| Change::new(kind, risk))
}

// ------------------------------------------------------------------------------------------------ order

fn is_nearer_to_approve(before: &Decision, after: &Decision) -> bool {
    after.gate() != GateCode::NoData && after.action < before.action
}

/// What must not bring an answer nearer, and keeps every bad event that was there.
fn check_keeps(before: &Case, after: &Case, change: Change) -> Result<(), TestCaseError> {
    let (before, after) = (before.decide(change), after.decide(change));
    prop_assert!(!is_nearer_to_approve(&before, &after), "{}\n\n{}", before, after);
    prop_assert!(after.found >= before.found, "{}\n\n{}", before, after);
    prop_assert!(before.data == Basis::Enough || after.data > Basis::Enough, "{}\n\n{}", before, after);
    if before.gate() == GateCode::Block {
        prop_assert_eq!(after.gate(), GateCode::Block);
    }
    for without in Action::ALL {
        let (before, after) = (before.clone().on_no_data(without), after.clone().on_no_data(without));
        prop_assert!(after.action >= before.action, "{:?} without data\n{}\n\n{}", without, before, after);
    }
    Ok(())
}

// ------------------------------------------------------------------------------------------------ steps

/// One thing that happens to a case and never helps it.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Only so many thousandths of what was seen of each window.
    SeeLess([u32; 3]),
    /// Only so many thousandths of the good events of each window.
    FewerGood([u32; 3]),
    /// More bad events: in the period, in it and in six hours, in all.
    MoreBad([u64; 3]),
    /// So many milliseconds later.
    Later(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let kept = || [(); 3].map(|()| prop_oneof![2 => Just(1_000_u32), 1 => 0..=1_000_u32, 1 => Just(0_u32)]);
    let more = || prop_oneof![2 => Just(0_u64), 3 => 1..5_u64, 1 => 1..1_u64 << 36];
    prop_oneof![
        kept().prop_map(Step::SeeLess),
        kept().prop_map(Step::FewerGood),
        [more(), more(), more()].prop_map(|[all, six, period]| Step::MoreBad([all, all + six, all + six + period])),
        (0..60_000_u64).prop_map(Step::Later),
    ]
}

/// Windows by length: within an hour, within six, longer.
fn windows(evidence: &mut Evidence) -> Vec<(usize, &mut Observation)> {
    let windows = [(0, &mut evidence.hour), (1, &mut evidence.six_hours), (2, &mut evidence.seen)];
    let pages = evidence.pages.iter_mut().map(|page| (position(page.row.long()), &mut page.long));
    windows.into_iter().chain(pages).collect()
}

fn take(case: &Case, step: Step) -> Case {
    let mut case = case.clone();
    if let Step::Later(millis) = step {
        return case.aged_by(Duration::from_millis(millis));
    }
    for evidence in &mut case.slos {
        for (at, window) in windows(evidence) {
            match step {
                Step::SeeLess(kept) => {
                    let seen = window.covered() * kept[at] / 1_000;
                    *window = Observation::partial(window.window, window.counts, seen);
                }
                Step::FewerGood(kept) => {
                    let good = u128::from(window.counts.good) * u128::from(kept[at]) / 1_000;
                    window.counts.good = u64::try_from(good).unwrap();
                }
                Step::MoreBad(more) => window.counts.bad += more[at],
                Step::Later(_) => {}
            }
        }
    }
    case
}

/// All windows without an event.
fn without_events(mut evidence: Evidence) -> Evidence {
    for (_, window) in windows(&mut evidence) {
        window.counts = Counts::default();
    }
    evidence
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn less_seen_fewer_good_more_bad_or_later_is_never_nearer_to_approve(
        case in any_case(), step in any_step(), change in any_change(),
    ) {
        check_keeps(&case, &take(&case, step), change)?;
    }

    #[test]
    fn nor_is_any_number_of_steps(
        case in any_case(), steps in prop::collection::vec(any_step(), 2..6), change in any_change(),
    ) {
        let after = steps.iter().fold(case.clone(), |case, step| take(&case, *step));
        check_keeps(&case, &after, change)?;
    }

    #[test]
    fn an_slo_without_events_is_never_nearer_to_approve(case in any_case(), change in any_change(), first: bool) {
        let mut silent = case.clone();
        let at = if first { 0 } else { silent.slos.len() - 1 };
        silent.slos[at] = without_events(silent.slos[at].clone());
        let (before, after) = (case.decide(change), silent.decide(change));
        prop_assert!(!is_nearer_to_approve(&before, &after), "{}\n\n{}", before, after);
        prop_assert!(after.data > Basis::Enough);
    }

    #[test]
    fn an_expected_instance_that_does_not_answer_is_never_nearer_to_approve(
        one in any_case(), more in prop::collection::vec(any_case(), 1..4), change in any_change(),
    ) {
        let all: Vec<Case> = more.iter().fold(vec![one.clone()], |mut all, other| {
            all.push(alike(&one, other));
            all
        });
        let expected: u32 = all.iter().map(|case| case.replicas.seen).sum();
        let sum = |cases: &[Case]| {
            let sum = cases.iter().cloned().reduce(|a, b| a.merge(b).unwrap()).unwrap();
            sum.expecting(expected).unwrap()
        };
        let (before, after) = (sum(&all).decide(change), sum(&all[1..]).decide(change));
        prop_assert!(!is_nearer_to_approve(&before, &after), "{}\n\n{}", before, after);
        prop_assert!(after.data > Basis::Enough);
    }

    #[test]
    fn an_approval_knows_its_budget_is_fresh_and_has_asked_all(case in any_case(), change in any_change()) {
        let decision = case.decide(change);
        if decision.action == Action::Approve && !change.kind.is_never_held_back() {
            prop_assert_eq!(decision.gate(), GateCode::Approve);
            prop_assert_eq!(decision.data, Basis::Enough);
            prop_assert!(case.freshness.age <= 3 * TICK);
            prop_assert_eq!(case.replicas.expected, Some(case.replicas.seen));
            for slo in &case.slos {
                let remaining = slo.budget().remaining();
                prop_assert!(matches!(remaining, Remaining::Is(share) if share > 0.0 || slo.seen.counts.bad < slo.floor()));
            }
        }
    }

    #[test]
    fn what_is_never_held_back_is_approved_and_a_fix_is_reviewed_at_most(case in any_case(), risk in 0..3_usize) {
        for kind in ChangeKind::ALL {
            let decision = case.decide(Change::new(kind, Risk::ALL[risk]));
            let feature = case.decide(Change::new(ChangeKind::Feature, Risk::ALL[risk]));
            let most = match kind {
                ChangeKind::Feature | ChangeKind::Config => Action::Block,
                ChangeKind::Fix => Action::Review,
                ChangeKind::Rollback | ChangeKind::Security | ChangeKind::Emergency => Action::Approve,
            };
            prop_assert_eq!(decision.action, feature.action.min(most));
            prop_assert_eq!(decision.would_have_been, (feature.action > most).then_some(feature.action));
            for without in Action::ALL {
                prop_assert!(decision.clone().on_no_data(without).action <= most);
            }
            if kind != ChangeKind::Feature && kind != ChangeKind::Config {
                prop_assert_eq!(decision.gate(), GateCode::from(decision.action));
            }
        }
    }

    #[test]
    fn merging_is_commutative_and_associative(a in any_case(), b in any_case(), c in any_case()) {
        let (b, c) = (alike(&a, &b), alike(&a, &c));
        let merge = |one: &Case, other: &Case| one.clone().merge(other.clone()).unwrap();
        prop_assert_eq!(merge(&a, &b), merge(&b, &a));
        prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
    }

    #[test]
    fn instances_merged_decide_as_one_that_saw_all(
        case in any_case(), thirds in prop::collection::vec(0..=3_u64, 24), change in any_change(),
    ) {
        let mut case = case;
        case.slos.iter_mut().for_each(|slo| slo.standing = BandStanding::NOWHERE);
        case.replicas = Replicas::ONE_OF_MANY;
        // So many thirds of each window's counts go to one instance and the rest to the other.
        let (mut one, mut other) = (case.clone(), case.clone());
        for (left, right) in one.slos.iter_mut().zip(&mut other.slos) {
            let pairs = windows(left).into_iter().zip(windows(right)).zip(&thirds);
            for (((_, left), (_, right)), thirds) in pairs {
                let part = |count: u64| count / 3 * thirds;
                let Counts { good, bad, excluded } = left.counts;
                left.counts = Counts { good: part(good), bad: part(bad), excluded: part(excluded) };
                right.counts = right.counts.since(left.counts);
            }
        }
        let together = one.merge(other).unwrap().expecting(2).unwrap().decide(change);
        let alone = case.expecting(1).unwrap().decide(change);
        prop_assert_eq!(
            (together.action, together.found, together.data, together.status, together.slo, together.cost),
            (alone.action, alone.found, alone.data, alone.status, alone.slo, alone.cost)
        );
    }

    #[test]
    fn a_budget_with_less_left_never_stands_in_a_better_band(
        preset in prop::sample::select(BudgetBands::PRESETS.to_vec()),
        path in prop::collection::vec((0..2_000_u64, 0..400_u64, prop::bool::weighted(0.1)), 1..40),
    ) {
        let bands = BudgetBands::preset(preset).unwrap();
        let budget = |bad: u64, silent: bool| {
            let counts = Counts { good: 100_000 - bad, bad, excluded: 0 };
            let counts = if silent { Counts::default() } else { counts };
            BudgetAsSeen::new("99%".parse().unwrap(), &Observation::full(Window::D3, counts))
        };
        let (mut rich, mut poor) = (BandStanding::NOWHERE, BandStanding::NOWHERE);
        for (bad, more, silent) in path {
            rich = rich.step(&bands, budget(bad, silent));
            poor = poor.step(&bands, budget(bad + more, silent));
            prop_assert!(rich.position() <= poor.position(), "{:?} {:?}", rich, poor);
            prop_assert!(rich.action(&bands) <= poor.action(&bands));
        }
    }
}

/// The other case with the definition of the first: as another instance of the same service has it.
fn alike(one: &Case, other: &Case) -> Case {
    let mut alike = one.clone();
    alike.freshness = other.freshness;
    alike.replicas.seen = other.replicas.seen;
    for (slo, source) in alike.slos.iter_mut().zip(other.slos.iter().cycle()) {
        let mut source = source.clone();
        let counts: Vec<(Counts, f64)> =
            windows(&mut source).iter().map(|(_, window)| (window.counts, window.covered_share())).collect();
        for ((_, window), (counts, share)) in windows(slo).into_iter().zip(counts.iter().cycle()) {
            *window = Observation::partial(window.window, *counts, window.window.duration().mul_f64(*share));
        }
        slo.concerns.clone_from(&source.concerns);
    }
    alike
}

#[test]
fn the_cases_that_are_drawn_get_every_answer_and_cross_between_them() {
    let mut runner = TestRunner::deterministic();
    let (mut answers, mut moved) = ([0_u32; 6], 0_u32);
    for _ in 0..5_000 {
        let case = any_case().new_tree(&mut runner).unwrap().current();
        let step = any_step().new_tree(&mut runner).unwrap().current();
        let change = Change::new(ChangeKind::Feature, Risk::Low);
        let (before, after) = (case.decide(change).gate(), take(&case, step).decide(change).gate());
        answers[usize::from(before.code())] += 1;
        moved += u32::from(before != after);
    }
    let [approve, block, usage, no_data, review, defer] = answers;
    assert!([approve, block, no_data, review, defer].iter().all(|count| *count > 50), "{answers:?}");
    assert_eq!(usage, 0);
    assert!(moved > 500, "{moved} of 5,000 steps changed the answer");
}
