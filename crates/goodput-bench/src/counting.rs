//! The function by whose name callgrind knows when to count.

use crate::interleave::Runner;

/// What is counted: callgrind collects inside of this function, and nowhere else.
#[inline(never)]
pub(crate) fn counted_by_callgrind(run: &mut Runner, times: u64) {
    run(times);
}
