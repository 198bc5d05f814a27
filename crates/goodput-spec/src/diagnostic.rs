//! One thing to say about a text: what is wrong, where, what was expected and what to do.

use crate::Span;
use crate::source::shortened;

/// One thing to say about a definition: what, where in its source, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    level: Level,
    code: &'static str,
    message: String,
    primary: Option<Label>,
    secondary: Vec<Label>,
    help: Option<String>,
}

impl Diagnostic {
    /// Something that has to change before the text can be used.
    ///
    /// The `code` is a stable word in kebab case, such as `unknown-key`; the message holds the value and what was expected.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Error, code, &message.into())
    }

    /// Something that works and is probably not meant.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, code, &message.into())
    }

    fn new(level: Level, code: &'static str, message: &str) -> Self {
        // A message may hold a value of thousands of bytes; nobody reads them.
        let message = shortened(message, 600).into_owned();
        Self { level, code, message, primary: None, secondary: Vec::new(), help: None }
    }

    /// Points here, with a few words (or none) beside the underlined text.
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: label.into() });
        self
    }

    /// As [`at`](Self::at) where there is a place, and nowhere where there is none.
    pub fn at_place(self, place: Option<Span>, label: impl Into<String>) -> Self {
        match place {
            Some(span) => self.at(span, label),
            None => self,
        }
    }

    /// Points here as well: the other of two that do not go together.
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: label.into() });
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// How bad it is.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The stable word for its kind.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The value and what was expected.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it is, if the definition was written in a text.
    pub fn primary(&self) -> Option<&Label> {
        self.primary.as_ref()
    }

    /// The other places it is about.
    pub fn secondary(&self) -> &[Label] {
        &self.secondary
    }

    /// What to do.
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// Whether a text can be used as it is.
///
/// Exhaustive on purpose: it can or it cannot. Greater is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// It can, and is probably not meant so.
    Warning,
    /// It cannot.
    Error,
}

impl Level {
    /// `error` or `warning`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place and a few words beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    span: Span,
    text: String,
}

impl Label {
    /// Where.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The words; may be empty.
    pub fn text(&self) -> &str {
        &self.text
    }
}
