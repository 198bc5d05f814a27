//! Figures against goals: what holds, what slipped, and what cannot be told. Nothing here measures anything.

mod allocations;
mod instructions;
mod times;

pub(crate) use allocations::allocations;
pub(crate) use instructions::{instructions, locked};
pub(crate) use times::{is_settled, report, times};

use super::goals::FAST;

/// Why a case is not what it is called on this machine.
fn unfit(case: &str, distrust: Option<&str>) -> Option<String> {
    let distrust = distrust.filter(|_| case.contains(FAST))?;
    Some(format!("the fast stopwatch is {distrust} on this machine"))
}
