//! Guesses at routes by the address of their template: a router hands out the same string again and again.
//!
//! Hashing a template costs more than all that is counted of its request. Its address is nearly free to look at, but proves
//! nothing: memory is used again for other strings. So a hint is only where to look first, and the template there is compared.

use std::sync::atomic::{AtomicU32, Ordering};

use super::routes::RouteId;

/// A route for some of the addresses seen so far, in a fixed number of places.
#[derive(Debug)]
pub(super) struct Hints(Box<[AtomicU32]>);

/// No route has this number.
const NONE: u32 = u32::MAX;

impl Hints {
    /// A power of two of places: several for each route, so that few share one.
    pub(super) fn new(places: usize) -> Self {
        Self((0..places).map(|_| AtomicU32::new(NONE)).collect())
    }

    fn place(&self, template: &str) -> Option<&AtomicU32> {
        // Multiplying spreads addresses, which differ in few bits, over the upper half: Knuth, volume 3, section 6.4.
        let spread = (template.as_ptr().addr() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0.get((spread >> 32) as usize & (self.0.len() - 1))
    }

    /// What the template may be. Relaxed: a guess, which is checked.
    #[inline]
    pub(super) fn of(&self, template: &str) -> RouteId {
        RouteId::numbered(self.place(template).map_or(NONE, |place| place.load(Ordering::Relaxed)))
    }

    /// Remembers what it was. The first one keeps its place: strings that come and go would otherwise have all cores write here.
    pub(super) fn note(&self, template: &str, route: RouteId) {
        if let Some(place) = self.place(template).filter(|place| place.load(Ordering::Relaxed) == NONE) {
            place.store(route.number(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_guessed_by_its_address_and_the_first_one_keeps_its_place() {
        let hints = Hints::new(1);
        let (first, second) = (String::from("/a"), String::from("/b"));
        assert_eq!(hints.of(&first).number(), NONE);
        hints.note(&first, RouteId::numbered(7));
        hints.note(&second, RouteId::numbered(8));
        assert_eq!(hints.of(&first).number(), 7);
        assert_eq!(hints.of(&second).number(), 7); // one place: whoever asks compares
    }
}
