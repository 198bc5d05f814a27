//! How the command exits: codes that scripts may rely on.

/// Done, and nothing was wrong. For a release gate: go ahead.
pub const OK: u8 = 0;
/// The input is bad: a file that cannot be read or written or does not hold, or warnings where they are denied. For a
/// release gate: do not.
pub const BAD: u8 = 1;
/// The command line is not understood, or a recording that is to be replayed is not.
pub const USAGE: u8 = 2;
/// For a release gate: no data, or too old, or too little to tell.
pub const NO_DATA: u8 = 3;
/// For a release gate: after a review.
pub const REVIEW: u8 = 4;
/// For a release gate: later.
pub const DEFER: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_means_one_thing() {
        assert_eq!([OK, BAD, USAGE, NO_DATA, REVIEW, DEFER], [0, 1, 2, 3, 4, 5]);
    }
}
