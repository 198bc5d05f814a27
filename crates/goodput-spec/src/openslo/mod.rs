//! OpenSLO documents in and out.

use crate::{Diagnostic, Diagnostics, Document, Source};

/// Reads OpenSLO documents.
pub fn read(source: &Source) -> Result<Document, Diagnostics> {
    let diagnostic = Diagnostic::error("openslo-unread", "OpenSLO is not read yet");
    Err(Diagnostics::of(source, vec![diagnostic]))
}
