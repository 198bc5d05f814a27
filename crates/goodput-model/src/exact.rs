//! Comparing two fractions exactly, whatever their size.

/// Whether `a/b > c/d`, exactly.
///
/// A fraction with a zero denominator is "no data" and exceeds nothing, nor is anything above it: the answer is
/// `false`. No floats, no overflow, no allocation: two multiplications when the products fit (always so below 2^64),
/// else the two continued fractions are compared term by term, which ends after at most as many steps as Euclid's
/// algorithm (185 for
/// 128 bits).
pub(crate) fn exceeds(a: u128, b: u128, c: u128, d: u128) -> bool {
    if b == 0 || d == 0 {
        return false;
    }
    if let (Some(left), Some(right)) = (a.checked_mul(d), c.checked_mul(b)) {
        return left > right;
    }
    exceeds_by_terms(a, b, c, d)
}

/// `a/b > c/d` for `b, d > 0`, by the whole parts; while those agree, `x/b > y/d` for the remainders `x`, `y` is the
/// same question as `d/y > b/x`, unless one of them is 0.
fn exceeds_by_terms(mut a: u128, mut b: u128, mut c: u128, mut d: u128) -> bool {
    loop {
        let (left, right) = (a / b, c / d);
        if left != right {
            return left > right;
        }
        (a, c) = (a % b, c % d);
        if a == 0 || c == 0 {
            return a > c;
        }
        (a, b, c, d) = (d, c, b, a);
    }
}

/// The greatest common divisor; `gcd(0, n) = n`.
pub(crate) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The oracle: schoolbook multiplication to 256 bits, as (high, low).
    fn wide(a: u128, b: u128) -> (u128, u128) {
        const LOW: u128 = u64::MAX as u128;
        let (a1, a0, b1, b0) = (a >> 64, a & LOW, b >> 64, b & LOW);
        let low = a0 * b0;
        let mid = a1 * b0 + (low >> 64);
        let (mid, carry) = mid.overflowing_add(a0 * b1);
        let high = a1 * b1 + (mid >> 64) + (u128::from(carry) << 64);
        (high, (mid << 64) | (low & LOW))
    }

    fn check(a: u128, b: u128, c: u128, d: u128) {
        let truth = b != 0 && d != 0 && wide(a, d) > wide(c, b);
        assert_eq!(exceeds(a, b, c, d), truth, "{a}/{b} > {c}/{d}");
        if b != 0 && d != 0 {
            assert_eq!(exceeds_by_terms(a, b, c, d), truth, "by terms: {a}/{b} > {c}/{d}");
        }
    }

    /// Numbers of every magnitude, with the neighbours of powers of two drawn often.
    fn any_size() -> impl Strategy<Value = u128> {
        (any::<u128>(), 0..128_u32, 0..4_u8).prop_map(|(n, shift, kind)| match kind {
            0 => n >> shift,
            1 => u128::MAX >> shift,
            2 => 1 << shift,
            _ => (1_u128 << shift).wrapping_add(n & 3),
        })
    }

    #[test]
    fn the_edges_compare_as_fractions_do() {
        let max = u128::MAX;
        for (a, b, c, d) in [
            (0, 1, 0, 1),
            (1, 3, 1, 3),
            (1, 2, 1, 3),
            (1, 0, 0, 1),
            (1, 1, 1, 0),
            (1, max, max, 0), // no division by zero when the products do not fit
            (max, max - 1, max, max),
            (max - 1, max, max - 2, max - 1),
            (max - 2, max - 1, max - 1, max),
            (max, 1, max, 1),
            (max, 2, max - 1, 2),
            (max, 3, max / 3, 1),
        ] {
            check(a, b, c, d);
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_256_bit_products(a in any_size(), b in any_size(), c in any_size(), d in any_size()) {
            check(a, b, c, d);
        }

        #[test]
        fn it_agrees_on_near_equal_fractions(a in any::<u64>(), b in 1..u64::MAX, k in 1..u64::MAX, off in 0..3_u128) {
            let (a, b, k) = (u128::from(a), u128::from(b), u128::from(k));
            check(a * k + off, b * k, a, b);
            check(a, b, a * k + off, b * k);
        }
    }
}
