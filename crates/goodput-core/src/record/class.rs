//! Request classes: a few, declared by the operator, given to requests by the server.

use std::fmt;

/// The class of a request: one of the definition's, or none. Only the instance that gave it knows its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClassId(u8); // 0 for none, else one more than its position in the definition; at most 8

impl ClassId {
    /// The class of requests that nobody has given one.
    pub const NONE: Self = Self(0);

    pub(crate) const fn numbered(number: usize) -> Self {
        Self(number as u8)
    }

    #[inline]
    pub(crate) const fn number(self) -> usize {
        self.0 as usize
    }

    /// What the definition calls it; none for no class.
    pub(crate) fn name(self, classes: &[String]) -> Option<String> {
        self.number().checked_sub(1).and_then(|position| classes.get(position).cloned())
    }
}

/// The class of one request, by name: a server puts it into the request's extensions, in a layer around ours that knows
/// the tenant, or the synthetic traffic. Never take it from a header of the client's own.
///
/// A name that the definition does not declare is passed over, and raises a flag. Without any declared class nobody looks for
/// this extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestClass(pub &'static str);

impl fmt::Display for RequestClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
