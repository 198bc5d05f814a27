//! The lines of a recording, one at a time, so that however long it is, no more of it is in memory than a line.

use std::fmt;
use std::io::{BufRead, Read};

use crate::failure::Failure;

/// Longer than any line of a recording: some labels are long.
const LONGEST: usize = 64 * 1_024;

/// A recording that is being read.
pub(super) struct Lines {
    name: String,
    input: Box<dyn BufRead>,
    /// Of the line read last, from 1.
    number: u64,
}

/// A line that is no blank one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) text: String,
}

impl Lines {
    /// The recording of this name.
    pub(super) fn new(name: String, input: Box<dyn BufRead>) -> Self {
        Self { name, input, number: 0 }
    }

    /// The next line that is no blank one.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Failure> {
        loop {
            let mut bytes = Vec::new();
            let limit = LONGEST as u64 + 1; // cannot overflow: 64 KiB
            let read = self.input.by_ref().take(limit).read_until(b'\n', &mut bytes);
            self.number = self.number.saturating_add(1);
            let read = read.map_err(|error| self.wrong(self.number, 1, &error))?;
            if read == 0 {
                return Ok(None);
            }
            if read > LONGEST {
                return Err(self.wrong(
                    self.number,
                    LONGEST,
                    &"a line of more than 65,536 bytes: expected a recording",
                ));
            }
            let text = String::from_utf8(bytes).map_err(|error| {
                let good = error.utf8_error().valid_up_to();
                let column =
                    String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default()).chars().count() + 1;
                self.wrong(self.number, column, &"not UTF-8: expected a recording in UTF-8")
            })?;
            let text = if self.number == 1 { text.strip_prefix('\u{feff}').unwrap_or(&text) } else { &text };
            let text = text.trim_end();
            if !text.is_empty() {
                return Ok(Some(Line { number: self.number, text: text.to_owned() }));
            }
        }
    }

    /// What is wrong, and where: columns count characters, from 1.
    pub(super) fn wrong(&self, line: u64, column: usize, what: &dyn fmt::Display) -> Failure {
        Failure::Recording(format!("{}:{line}:{column}: {what}", self.name))
    }

    /// What is wrong with all of it.
    pub(super) fn lacks(&self, what: &dyn fmt::Display) -> Failure {
        Failure::Recording(format!("{}: {what}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor, repeat};

    use super::*;

    impl Lines {
        pub(crate) fn of_text(name: &str, text: impl Into<Vec<u8>>) -> Self {
            Self::new(name.to_owned(), Box::new(Cursor::new(text.into())))
        }
    }

    fn lines(text: &[u8]) -> Lines {
        Lines::of_text("counts.csv", text)
    }

    #[test]
    fn lines_are_numbered_as_editors_number_them() {
        let mut lines = lines(b"\xef\xbb\xbfa,b\r\n\n  \nc\n");
        let mut next = || lines.next().unwrap().map(|line| (line.number, line.text));
        assert_eq!(next(), Some((1, "a,b".to_owned())));
        assert_eq!(next(), Some((4, "c".to_owned())));
        assert_eq!(next(), None);
    }

    #[test]
    fn what_is_no_text_is_told_by_line_and_column() {
        let mut lines = lines(b"time,good\n\xc3\xbcb\xff\n");
        assert!(lines.next().is_ok());
        let failure = lines.next().unwrap_err();
        assert_eq!(failure, Failure::Recording("counts.csv:2:3: not UTF-8: expected a recording in UTF-8".to_owned()));
    }

    #[test]
    fn a_line_without_an_end_is_left() {
        let mut lines = Lines::new("zero".to_owned(), Box::new(BufReader::new(repeat(b'0'))));
        let Failure::Recording(message) = lines.next().unwrap_err() else { panic!("no end is found") };
        assert!(message.starts_with("zero:1:65536: a line of more than 65,536 bytes"), "{message}");
    }
}
