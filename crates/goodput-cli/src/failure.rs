//! Why a command did not do what it was asked for.

use goodput_spec::Diagnostics;

use crate::{exit, terminal};

/// Why a command gave up, in words that name the value, what was expected and where.
#[derive(Debug, PartialEq)]
pub(crate) enum Failure {
    /// What it was given is bad.
    Input(String),
    /// What it was given is a text, and bad in these places.
    Text(Box<Diagnostics>),
    /// A recording that it was given is not understood, as the command line would not be.
    Recording(String),
    /// What it was asked for makes no sense.
    Usage(String),
}

impl Failure {
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input(message.into())
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Input(_) | Self::Text(_) => exit::BAD,
            Self::Usage(_) | Self::Recording(_) => exit::USAGE,
        }
    }

    /// On standard error.
    pub(crate) fn tell(&self) {
        match self {
            Self::Input(message) | Self::Recording(message) => terminal::complain(message),
            Self::Text(diagnostics) => terminal::say(&diagnostics.styled()),
            // As clap ends what it has to say about arguments.
            Self::Usage(message) => terminal::complain(&format!("{message}\n\nFor more information, try '--help'.")),
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Text(Box::new(diagnostics))
    }
}
