//! What a text must keep to before anything in it is looked at: how long it is, and which characters it holds.

use crate::findings::Findings;
use crate::source::shortened;
use crate::{Diagnostic, Source, Span};

/// The longest text, in bytes. A definition with a hundred SLOs has some thirty thousand.
const MAX_BYTES: usize = 1 << 20;
/// The longest scalar, in bytes.
pub(super) const MAX_SCALAR: usize = 10_000;
/// How deep lists and mappings may lie in one another.
pub(super) const MAX_DEPTH: usize = 32;
/// The most scalars, lists and mappings together: a thousand SLOs have half as many.
pub(super) const MAX_NODES: usize = 100_000;

/// Whether the text may be read at all.
pub(super) fn check(source: &Source, findings: &mut Findings) -> bool {
    let text = source.text();
    if text.len() > MAX_BYTES {
        let message = format!("the text has {} bytes: expected at most {MAX_BYTES}", text.len());
        findings.add(|| Diagnostic::error("too-long", message));
        return false;
    }
    let Some((offset, bad)) = first_unreadable(text) else {
        return true;
    };
    findings.add(|| {
        Diagnostic::error("control-character", format!("control character {bad:?} in the text: expected readable text"))
            .at(Span::new(offset, offset + bad.len_utf8()), "here")
    });
    false
}

/// A scalar that holds more than anybody would write into a definition.
pub(super) fn too_long(text: &str, span: Span) -> Diagnostic {
    let message = format!("{:?} has {} bytes: expected at most {MAX_SCALAR}", shortened(text, 40), text.len());
    Diagnostic::error("scalar-too-long", message).at(span, "")
}

/// Line breaks are `\n` or `\r\n`; a carriage return alone would hide a line from whoever reads the file, and what changes
/// the direction of writing shows them other lines than are there (CVE-2021-42574, "Trojan Source").
fn first_unreadable(text: &str) -> Option<(usize, char)> {
    let mut following = text.char_indices().peekable();
    while let Some((offset, c)) = following.next() {
        let fine = match c {
            '\n' | '\t' => true,
            '\r' => following.peek().is_some_and(|&(_, next)| next == '\n'),
            c => !c.is_control() && !turns_text(c),
        };
        if !fine {
            return Some((offset, c));
        }
    }
    None
}

/// Whether a character overrides, embeds or isolates a direction of writing.
pub(crate) fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
