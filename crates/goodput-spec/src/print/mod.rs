//! A definition as text, in goodput's own format: keys in the table's order, defaults left out.

pub(crate) mod emit;
pub(crate) mod service;
mod slo;

use goodput_model::Definition;

/// A definition in goodput's own format: keys in one order, defaults left out. [Reading](crate::read) it gives an equal
/// definition, if it holds.
///
/// What is said twice is said once: a point of decision or a budgeting method that was set in code to what it is anyway is left
/// out, and the classes of routes come class by class. Several definitions that mean the same may so print alike.
pub fn print(definition: &Definition) -> String {
    emit::document(&service::file(definition))
}
