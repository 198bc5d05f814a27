//! Reads a text from a path or from standard input: no more than 1 MiB, and never from something without an end.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use goodput_spec::{Diagnostic, Diagnostics, Source, Span};

use crate::failure::Failure;

/// The longest file anybody writes by hand is a hundredth of it.
pub(crate) const MOST: usize = 1 << 20;
const STDIN: &str = "<stdin>";

/// Where a text comes from.
#[derive(Args, Clone, Debug)]
pub(crate) struct FileArg {
    /// An SLO file, native or OpenSLO; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// The text at `path`, or of standard input for `-`.
pub(crate) fn source(path: &Path) -> Result<Source, Failure> {
    let name = name(path);
    let bytes = bytes(path).map_err(|what| Failure::input(format!("{name}: {what}")))?;
    text(&name, bytes)
}

/// What people call it.
pub(crate) fn name(path: &Path) -> String {
    if is_stdin(path) { STDIN.to_owned() } else { shown(path) }
}

/// A path on one line, whatever somebody has made of it: what steers a terminal is escaped.
pub(crate) fn shown(path: &Path) -> String {
    harmless(&path.display().to_string())
}

/// What somebody else has written, on one line that steers no terminal.
pub(crate) fn harmless(text: &str) -> String {
    let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

/// The same, as far as a line has room for it.
pub(crate) fn remark(text: &str) -> String {
    const MOST: usize = 400;
    let end: &[char] = if text.chars().nth(MOST).is_some() { &['…'] } else { &[] };
    let short: String = text.chars().take(MOST).chain(end.iter().copied()).collect();
    harmless(&short)
}

/// What is at `path` or comes on standard input, to be read bit by bit.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>, String> {
    if is_stdin(path) {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    Ok(Box::new(BufReader::new(regular(path)?)))
}

pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    if is_stdin(path) {
        return at_most(io::stdin().lock());
    }
    at_most(regular(path)?)
}

/// A file, and nothing that may be without an end.
fn regular(path: &Path) -> Result<File, String> {
    // Before it is opened: opening a pipe nobody writes to would wait for ever.
    let meta = fs::metadata(path).map_err(|error| not_there(path, &error))?;
    if !meta.is_file() {
        return Err(format!("is {}: expected a file", kind(&meta)));
    }
    File::open(path).map_err(|error| not_there(path, &error))
}

/// All there is, unless there is too much of it: whoever tells how long a file is may be wrong.
fn at_most(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let limit = MOST as u64 + 1; // cannot overflow: a mebibyte
    reader.take(limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > MOST {
        return Err("is longer than 1 MiB: expected an SLO file of at most 1,048,576 bytes".to_owned());
    }
    Ok(bytes)
}

/// The text that the bytes are, or where they stop being one.
fn text(name: &str, bytes: Vec<u8>) -> Result<Source, Failure> {
    String::from_utf8(bytes).map(|text| Source::new(name, text)).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(offset).copied().unwrap_or_default();
        let message = format!("not UTF-8: byte 0x{byte:02x} at offset {offset}: expected an SLO file in UTF-8");
        // Up to there it is the text as it was read, so that line and column hold.
        let shown = String::from_utf8_lossy(error.as_bytes());
        let bad = Span::new(offset, offset + char::REPLACEMENT_CHARACTER.len_utf8());
        let diagnostic = Diagnostic::error("not-utf8", message).at(bad, "here");
        Diagnostics::of(&Source::new(name, &*shown), vec![diagnostic]).into()
    })
}

/// In our own words where the system's are not enough to tell what is wrong.
fn not_there(path: &Path, error: &io::Error) -> String {
    match (error.kind(), fs::read_link(path)) {
        (ErrorKind::NotFound, Ok(target)) => {
            format!("is a symbolic link to {}, which does not exist", shown(&target))
        }
        (ErrorKind::NotFound, Err(_)) => "does not exist".to_owned(),
        (ErrorKind::PermissionDenied, _) => "may not be read: permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// What something is that is no regular file.
pub(crate) fn kind(meta: &fs::Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = meta.file_type();
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    match meta.file_type() {
        kind if kind.is_dir() => "a directory",
        kind if kind.is_symlink() => "a symbolic link",
        _ => "no file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_without_an_end_is_left_after_one_mebibyte() {
        assert!(at_most(io::repeat(b' ')).unwrap_err().contains("longer than 1 MiB"));
        assert_eq!(at_most(io::repeat(b' ').take(MOST as u64)).map(|bytes| bytes.len()), Ok(MOST));
    }

    #[test]
    fn a_path_is_shown_on_one_line_and_steers_no_terminal() {
        assert_eq!(name(Path::new("a\nb: ok\u{1b}[31m.yaml")), "a\\nb: ok\\u{1b}[31m.yaml");
        assert_eq!(name(Path::new("über/slo.yaml")), "über/slo.yaml");
    }

    #[test]
    fn what_somebody_else_wrote_is_one_line_of_a_bounded_length() {
        assert_eq!(remark("\u{1b}[2Kapprove\r\nexit code 0"), "\\u{1b}[2Kapprove\\r\\nexit code 0");
        assert_eq!(remark(&"ü".repeat(400)).chars().count(), 400);
        assert!(remark(&"ü".repeat(1 << 20)).ends_with("ü…"));
    }

    #[test]
    fn what_is_not_utf8_is_told_by_byte_line_and_column() {
        for (bytes, message, place) in [
            (&b"\xff"[..], "byte 0xff at offset 0:", (1, 1)),
            (b"a\n\xc3\xbc\x80", "byte 0x80 at offset 4:", (2, 2)),
            (b"ab\xc3", "byte 0xc3 at offset 2:", (1, 3)),
        ] {
            let Err(Failure::Text(found)) = text("slo.yaml", bytes.to_vec()) else { panic!("{bytes:?} is a text") };
            let item = found.items().remove(0);
            assert!(item.message.contains(message), "{}", item.message);
            assert_eq!(item.start, Some(place));
        }
    }
}
