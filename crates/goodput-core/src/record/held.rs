//! Routes by the address of their template, for strings that stay where they are: a router hands out the same one again and again.
//!
//! Hashing a template costs more than all that is counted of its request, and its address is nearly free to look at. But memory
//! is used again for other strings. So a clone of whatever holds the string is kept here, which leaves its address to nobody else.

use std::any::Any;
use std::fmt;
use std::sync::OnceLock;

use super::routes::RouteId;

/// The routes of some templates, in a fixed number of places. The first one keeps its place: strings that come and go would
/// otherwise have all cores write here.
#[derive(Debug)]
pub(super) struct Held(Box<[OnceLock<Entry>]>);

/// Where a template lies, and what holds it there.
struct Entry {
    at: usize,
    len: usize,
    route: RouteId,
    _holder: Box<dyn Any + Send + Sync>,
}

impl Held {
    /// At least so many places: several for each route, so that few templates find none.
    pub(super) fn new(places: usize) -> Self {
        Self((0..places.next_power_of_two().max(2)).map(|_| OnceLock::new()).collect())
    }

    /// Where a template's entry is looked for first, and where if that is another's.
    #[inline]
    fn places(&self, template: &str) -> [Option<&OnceLock<Entry>>; 2] {
        // Multiplying spreads addresses, which differ in few bits, over the upper half: Knuth, volume 3, section 6.4.
        let spread = (template.as_ptr().addr() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let first = (spread >> 32) as usize & (self.0.len() - 1);
        [self.0.get(first), self.0.get(first ^ 1)]
    }

    /// The route of this template, if it is held.
    #[inline]
    pub(super) fn find(&self, template: &str) -> Option<RouteId> {
        let is_it = |entry: &&Entry| entry.at == template.as_ptr().addr() && entry.len == template.len();
        let found = |place: Option<&OnceLock<Entry>>| place?.get().filter(is_it).map(|entry| entry.route);
        let [first, second] = self.places(template);
        found(first).or_else(|| found(second))
    }

    /// Keeps a clone of `holder` and the route of its template. Does nothing if a clone has its template elsewhere.
    pub(super) fn keep<T>(&self, holder: &T, template: fn(&T) -> &str, route: RouteId)
    where
        T: Clone + Send + Sync + 'static,
    {
        let (at, len) = (template(holder).as_ptr().addr(), template(holder).len());
        let mut places = self.places(template(holder)).into_iter().flatten();
        let Some(place) = places.find(|place| place.get().is_none()) else { return };
        let clone = Box::new(holder.clone());
        if template(&clone).as_ptr().addr() == at {
            place.get_or_init(|| Entry { at, len, route, _holder: clone });
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("at", &self.at).field("route", &self.route).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    type Shared = Arc<str>;

    fn text(holder: &Shared) -> &str {
        holder
    }

    fn own(holder: &String) -> &str {
        holder
    }

    #[test]
    fn a_template_is_found_by_its_address_and_length() {
        let held = Held::new(64);
        let shared: Shared = "/a".into();
        assert_eq!(held.find(&shared), None);
        held.keep(&shared, text, RouteId::numbered(1));
        assert_eq!(held.find(&shared), Some(RouteId::numbered(1)));
        assert_eq!(held.find(&shared[..1]), None);
        assert_eq!(held.find(&Shared::from("/a")), None);
    }

    #[test]
    fn what_copies_its_template_holds_nothing() {
        let held = Held::new(1);
        let copied = String::from("/a");
        held.keep(&copied, own, RouteId::numbered(1));
        assert_eq!(held.find(&copied), None);
    }

    #[test]
    fn the_first_template_keeps_its_place_and_its_address() {
        let held = Held::new(2);
        let first: Shared = "/a".into();
        let at = first.as_ptr();
        held.keep(&first, text, RouteId::numbered(7));
        let second: Shared = "/c".into();
        held.keep(&second, text, RouteId::numbered(9));
        drop(first);
        let others: Vec<Shared> = (0..100).map(|_| "/b".into()).collect();
        for other in &others {
            assert_ne!(other.as_ptr(), at);
            held.keep(other, text, RouteId::numbered(8));
            assert_eq!(held.find(other), None);
        }
    }
}
