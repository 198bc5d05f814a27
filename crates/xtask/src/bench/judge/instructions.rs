//! Instruction counts against what they were and against their ceilings.

use super::unfit;
use crate::bench::baseline::Baseline;
use crate::bench::check::Check;
use crate::bench::figures::Instructions;
use crate::bench::goals::{BARE, CEILINGS, ELSEWHERE, KEPT, LOCKED, SLIP};
use crate::bench::origin::Origin;

/// Every stored figure and every ceiling.
pub(crate) fn instructions(
    counted: &Instructions,
    here: &Origin,
    stored: Option<&Baseline>,
    distrust: Option<&str>,
) -> Vec<Check> {
    let incomparable = match stored {
        None => Some("none is stored; `cargo xtask bench --baseline` does that".to_owned()),
        Some(stored) => stored.origin.differs(here),
    };
    let slack = if incomparable.is_some() { ELSEWHERE } else { 1.0 };
    let ceilings = CEILINGS.iter().filter_map(|&(case, bound)| {
        let what = format!("instructions, {case}, ceiling");
        Some(against_ceiling(what, *counted.get(case)?, bound * slack, unfit(case, distrust)))
    });
    let mut checks = match (incomparable, stored) {
        (None, Some(stored)) => against_stored(counted, &stored.instructions, distrust),
        (why, _) => vec![Check::skipped("instructions against the stored figure", why.unwrap_or_default())],
    };
    checks.extend(ceilings);
    checks
}

/// Instructions that lock, each case by itself: the bare service has none.
pub(crate) fn locked(counted: &Instructions) -> Vec<Check> {
    let check = |(case, &locked): (&String, &f64)| {
        let bound = format!("<= {LOCKED}");
        Check::new(format!("locked instructions, {case}"), format!("{locked:.2}"), bound, locked <= LOCKED)
    };
    counted.iter().map(check).collect()
}

fn against_ceiling(what: String, count: f64, bound: f64, unfit: Option<String>) -> Check {
    match unfit {
        Some(why) => Check::skipped(what, why),
        None => Check::new(what, format!("{count:.1}"), format!("<= {bound:.1}"), count <= bound),
    }
}

fn against_stored(counted: &Instructions, stored: &Instructions, distrust: Option<&str>) -> Vec<Check> {
    let kept = [BARE].into_iter().chain(KEPT.iter().copied());
    let checks = kept.filter_map(|case| {
        let what = format!("instructions, {case}, stored");
        let count = *counted.get(case)?;
        Some(match (unfit(case, distrust), stored.get(case)) {
            (Some(why), _) => Check::skipped(what, why),
            (None, Some(&stored)) => against_one(what, count, stored, case == BARE),
            (None, None) => Check::new(what, format!("{count:.1}"), "a stored figure".to_owned(), false),
        })
    });
    checks.collect()
}

/// Of the bare service, with which all is compared, less is as wrong as more.
fn against_one(what: String, count: f64, stored: f64, both_ways: bool) -> Check {
    let percent = (count / stored - 1.0) * 100.0;
    let slip = stored * SLIP / 100.0;
    let (too_much, too_little) = (count > stored + slip, count < stored - slip);
    let remark = if too_little && !both_ways { ", to be stored" } else { "" };
    let sign = if both_ways { "+-" } else { "+" };
    Check::new(
        what,
        format!("{count:.1} ({percent:+.1} %{remark})"),
        format!("{stored:.1} {sign} {SLIP} %"),
        !(too_much || both_ways && too_little),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::check::Verdict;
    use crate::bench::origin::sample;

    fn counts(bare: f64, default: f64, fast: f64) -> Instructions {
        [(BARE, bare), ("default", default), ("fast", fast)].map(|(case, count)| (case.to_owned(), count)).into()
    }

    fn stored() -> Baseline {
        Baseline { origin: sample(), instructions: counts(538.0, 640.0, 642.0) }
    }

    fn slipped(checks: &[Check]) -> Vec<&str> {
        checks.iter().filter(|check| check.slipped()).map(|check| check.what.as_str()).collect()
    }

    #[test]
    fn a_count_slips_above_two_percent_more_than_it_was() {
        let rows: &[(Instructions, &[&str])] = &[
            (counts(538.0, 640.0, 642.0), &[]),
            (counts(538.0, 652.8, 654.8), &[]),
            (counts(538.0, 652.9, 642.0), &["instructions, default, stored"]),
            (counts(538.0, 300.0, 642.0), &[]),
            (counts(549.0, 640.0, 642.0), &["instructions, bare, stored"]),
            (counts(527.0, 640.0, 642.0), &["instructions, bare, stored"]),
            (counts(538.0, 656.0, 642.0), &["instructions, default, stored", "instructions, default, ceiling"]),
            (counts(538.0, 640.0, 661.0), &["instructions, fast, stored", "instructions, fast, ceiling"]),
        ];
        for (counted, expected) in rows {
            assert_eq!(slipped(&instructions(counted, &sample(), Some(&stored()), None)), *expected, "{counted:?}");
        }
    }

    #[test]
    fn one_atomic_addition_in_three_requests_slips_and_one_in_sixty_four_does_not() {
        let per_request = |often: f64| Instructions::from([("default".to_owned(), 1.0 / often)]);
        assert_eq!(slipped(&locked(&per_request(3.0))), ["locked instructions, default"]);
        assert_eq!(slipped(&locked(&per_request(64.0))), [""; 0]);
    }

    #[test]
    fn figures_of_another_toolchain_are_named_and_not_compared() {
        let here = Origin { rustc: "rustc 1.96.0".to_owned(), ..sample() };
        let checks = instructions(&counts(538.0, 720.0, 720.0), &here, Some(&stored()), None);
        assert_eq!(
            checks[0].note().unwrap(),
            "instructions against the stored figure: it is from rustc 1.95.0; this is rustc 1.96.0"
        );
        assert_eq!(slipped(&checks), [""; 0], "and ceilings have 15 % of slack");
        let far_beyond = instructions(&counts(538.0, 760.0, 720.0), &here, Some(&stored()), None);
        assert_eq!(slipped(&far_beyond), ["instructions, default, ceiling"]);
    }

    #[test]
    fn without_a_stored_figure_only_ceilings_are_judged() {
        let checks = instructions(&counts(538.0, 640.0, 642.0), &sample(), None, None);
        assert!(matches!(checks[0].verdict, Verdict::Skipped(_)));
        assert_eq!(checks.len(), 3);
    }

    #[test]
    fn a_new_case_slips_until_it_is_stored() {
        let before = Baseline { instructions: Instructions::from([("bare".to_owned(), 538.0)]), ..stored() };
        let checks = instructions(&counts(538.0, 640.0, 642.0), &sample(), Some(&before), None);
        assert_eq!(slipped(&checks), ["instructions, default, stored", "instructions, fast, stored"]);
    }

    #[test]
    fn the_fast_stopwatch_is_not_judged_where_there_is_none() {
        let checks = instructions(&counts(538.0, 640.0, 999.0), &sample(), Some(&stored()), Some("the system's clock"));
        assert_eq!(slipped(&checks), [""; 0]);
        assert_eq!(checks.iter().filter(|check| matches!(check.verdict, Verdict::Skipped(_))).count(), 2);
    }
}
