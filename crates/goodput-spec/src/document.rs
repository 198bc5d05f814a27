//! A definition that holds, and where in its source each part of it was written.

use crate::{Diagnostic, Places};
use goodput_model::Definition;

/// What reading gives: a definition that holds, and where each part of it was written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Document {
    /// It holds: [`Definition::check`] finds no problem.
    pub definition: Definition,
    /// Where its parts stand in the source; none for a definition built in code.
    pub places: Places,
    /// What works and is probably not meant.
    pub warnings: Vec<Diagnostic>,
}

impl Document {
    /// A definition from a text, with places and nothing to warn of.
    pub fn new(definition: Definition, places: Places) -> Self {
        Self { definition, places, warnings: Vec::new() }
    }
}

/// A definition built in code has no places.
impl From<Definition> for Document {
    fn from(definition: Definition) -> Self {
        Self::new(definition, Places::default())
    }
}
