//! What every case allocates, and every way in which a request can end.

use crate::bench::check::Check;
use crate::bench::figures::Allocations;
use crate::bench::goals::ALLOCATIONS;

pub(crate) fn allocations(counted: &Allocations) -> Vec<Check> {
    let of_cases = ALLOCATIONS.iter().filter_map(|&(case, over, bound)| {
        let more = counted.of(case)? - counted.of(over)?;
        Some(Check::new(format!("allocations, {case} over {over}"), more.to_string(), bound.to_string(), more <= bound))
    });
    let mut checks: Vec<Check> = of_cases.collect();
    let allocating: Vec<_> = counted.ways.iter().filter(|way| way.allocations > 0.0).collect();
    // One line while all is well, and one for each that is not.
    if allocating.is_empty() {
        let (ways, none) = (counted.ways.len(), || "0".to_owned());
        checks.push(Check::new(format!("allocations, {ways} ways to end"), none(), none(), ways > 0));
    }
    checks.extend(allocating.into_iter().map(|way| {
        let what = format!("allocations, {}, judged at the {}", way.way, way.judged_at);
        Check::new(what, way.allocations.to_string(), "0".to_owned(), false)
    }));
    checks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::{OfCase, OfWay};

    fn counted(cases: &[(&str, f64)], ways: &[(&str, f64)]) -> Allocations {
        let case = |&(case, allocations): &(&str, f64)| OfCase { case: case.to_owned(), allocations };
        let way = |&(way, allocations): &(&str, f64)| OfWay {
            way: way.to_owned(),
            judged_at: "head".to_owned(),
            allocations,
        };
        Allocations { cases: cases.iter().map(case).collect(), ways: ways.iter().map(way).collect() }
    }

    #[test]
    fn one_allocation_in_a_thousand_requests_slips() {
        let slipped = |counted: &Allocations| {
            let slipped = allocations(counted).into_iter().filter(Check::slipped);
            slipped.map(|check| check.what).collect::<Vec<_>>()
        };
        let clean = [("bare", 0.0), ("default", 0.0), ("axum, pass-through", 16.0), ("axum, end", 17.0)];
        assert!(slipped(&counted(&clean, &[("served", 0.0)])).is_empty());
        assert_eq!(
            slipped(&counted(&[("bare", 0.0), ("default", 0.001)], &[("served", 0.0)])),
            ["allocations, default over bare"]
        );
        assert_eq!(
            slipped(&counted(&clean, &[("served", 0.0), ("panic in call", 0.001)])),
            ["allocations, panic in call, judged at the head"]
        );
        assert_eq!(slipped(&counted(&clean, &[])), ["allocations, 0 ways to end"], "nothing was looked at");
    }

    #[test]
    fn the_one_box_that_axum_makes_is_allowed_and_no_second() {
        let of = |end| allocations(&counted(&[("axum, pass-through", 16.0), ("axum, end", end)], &[("served", 0.0)]));
        assert!(!of(17.0).iter().any(Check::slipped));
        assert!(of(18.0).iter().any(Check::slipped));
    }
}
