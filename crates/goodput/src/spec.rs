//! A service's definition from a file: SLO as code.
//!
//! ```no_run
//! use goodput::Goodput;
//!
//! let definition = goodput::spec::read_file("slo.yaml")?;
//! let goodput = Goodput::builder("checkout").definition(definition).build()?.leak();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The file is reviewed like code, checked in CI by `goodput validate slo.yaml`, and drives the service that reads it. The guide
//! [SLO as code](crate::guide::slo_as_code) has every key of it.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use goodput_core::Definition;
pub use goodput_spec::*;

/// The largest file that is read, in bytes. A definition of 1,000 SLOs takes a fifth of it.
pub const MAX_FILE: usize = 1 << 20;

/// Reads the definition in a file: goodput's own format, or OpenSLO.
///
/// Its warnings are left to `goodput validate`; call [`read`] on what [`open`] gives to see them. Cost: under 100 ms for a file
/// of 1,000 SLOs, and for any file that is refused.
///
/// # Errors
/// If there is no such file, if it is no text of at most [`MAX_FILE`] bytes, or if it does not hold: then with everything that is
/// wrong with it, each with its line underlined.
pub fn read_file(path: impl AsRef<Path>) -> Result<Definition, FileError> {
    let source = open(path.as_ref())?;
    Ok(read(&source)?.definition)
}

/// The text of a file, under its path.
///
/// # Errors
/// If there is no such file, or if it is no text of at most [`MAX_FILE`] bytes. Not more than that is read of any file.
pub fn open(path: &Path) -> Result<Source, FileError> {
    let fail = |why| FileError::Unreadable { path: path.to_owned(), why };
    let metadata = path.metadata().map_err(|error| fail(Unreadable::Io(error)))?;
    if !metadata.is_file() {
        return Err(fail(Unreadable::NotAFile));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| fail(Unreadable::Io(error)))?;
    file.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes).map_err(|error| fail(Unreadable::Io(error)))?;
    if bytes.len() > MAX_FILE {
        return Err(fail(Unreadable::TooLarge));
    }
    let text = String::from_utf8(bytes).map_err(|error| fail(Unreadable::not_text(&error)))?;
    Ok(Source::new(path.display().to_string(), text))
}

/// Why a file gives no definition.
#[non_exhaustive]
pub enum FileError {
    /// It could not be read as text.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: Unreadable,
    },
    /// What it says does not hold.
    Refused(Diagnostics),
}

/// Why a file is no text of a definition.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unreadable {
    /// The operating system says so.
    Io(std::io::Error),
    /// It is a directory, a pipe or a device.
    NotAFile,
    /// It has more than [`MAX_FILE`] bytes.
    TooLarge,
    /// It is not UTF-8.
    NotText {
        /// The line of the first byte that is not, from 1.
        line: usize,
        /// Its place in the line in bytes, from 1.
        column: usize,
    },
}

impl Unreadable {
    fn not_text(error: &std::string::FromUtf8Error) -> Self {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len) + 1;
        Self::NotText { line, column }
    }
}

impl From<Diagnostics> for FileError {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Refused(diagnostics)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, why: Unreadable::NotText { line, column } } => {
                write!(f, "{}:{line}:{column}: not UTF-8: expected a text", path.display())
            }
            Self::Unreadable { path, why } => write!(f, "{}: {why}", path.display()),
            Self::Refused(diagnostics) => diagnostics.fmt(f),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotAFile => f.write_str("not a file: expected a text file, not a directory, a pipe or a device"),
            Self::TooLarge => write!(f, "too large: expected at most {MAX_FILE} bytes"),
            Self::NotText { line, column } => write!(f, "not UTF-8 at line {line}, byte {column}: expected a text"),
        }
    }
}

/// As [`Display`](fmt::Display), since it is what a `main` that returns this error prints.
impl fmt::Debug for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { why: Unreadable::Io(error), .. } => Some(error),
            Self::Unreadable { .. } | Self::Refused(_) => None,
        }
    }
}
