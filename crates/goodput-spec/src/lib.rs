//! SLO as code: text becomes a definition, or diagnostics that point at the line; a definition becomes text again.
//!
//! Text to text: nothing here opens a file, asks for the time or knows a running service.
//!
//! ```
//! use goodput_spec::{Source, print, read};
//!
//! let text = "\
//! version: 1
//! service: checkout
//! slos:
//!   - {name: checkout-ok, sli: availability, objective: 99.9%, routes: [/checkout]}
//! ";
//! let document = read(&Source::new("slo.yaml", text))?;
//! assert_eq!(document.definition.slos.len(), 1);
//! assert_eq!(read(&Source::new("again", print(&document.definition)))?.definition, document.definition);
//!
//! let mistaken = Source::new("slo.yaml", text.replace("99.9%", "0.999"));
//! let diagnostics = read(&mistaken).unwrap_err().to_string();
//! assert!(diagnostics.contains("did you mean 99.9%?") && diagnostics.contains("slo.yaml:4:55"));
//! # Ok::<(), goodput_spec::Diagnostics>(())
//! ```
//!
//! Reading costs in proportion to the text and is bounded: a text of at most 1 MiB is read or refused within a tenth of a second and
//! 64 MiB, whatever it holds. It never asks the network, follows no reference and runs nothing.

#![forbid(unsafe_code)]

mod codes;
#[cfg(test)]
#[path = "../tests/definitions/mod.rs"]
mod definitions;
mod diagnostic;
mod diagnostics;
mod document;
mod duration;
mod findings;
mod keys;
mod lines;
pub mod lint;
mod native;
pub mod openslo;
mod place;
mod print;
mod render;
mod route;
mod schema;
mod source;
mod template;
mod yaml;

pub use diagnostic::{Diagnostic, Label, Level};
pub use diagnostics::{Diagnostics, Item};
pub use document::Document;
pub use place::Places;
pub use print::print;
pub use schema::schema;
pub use source::{Source, Span};
pub use template::{Template, template};

use findings::Findings;

/// Reads a definition: OpenSLO when its first document says `apiVersion: openslo/..`, else goodput's own format.
///
/// What it gives holds: [`Definition::check`](goodput_model::Definition::check) finds no problem.
///
/// # Errors
/// Everything that is wrong with the text, up to 100 diagnostics, each with its place.
pub fn read(source: &Source) -> Result<Document, Diagnostics> {
    let mut findings = Findings::default();
    let documents = yaml::documents(source, &mut findings);
    let version = documents.first().and_then(|document| document.get("apiVersion")?.as_text());
    if version.is_some_and(|version| version.starts_with("openslo")) {
        return openslo::read(source);
    }
    if !findings.is_empty() {
        return Err(findings.about(source));
    }
    native::read(source, &documents, findings)
}
