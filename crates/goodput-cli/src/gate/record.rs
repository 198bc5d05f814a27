//! Adds an override to a record: one line of JSON, on the disk before it holds.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::read::{kind, shown};

/// Adds one line. It goes to the end of the file in one piece, whoever else adds to it.
pub(crate) fn append(path: &Path, entry: &impl Serialize) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", shown(path));
    // Before it is opened: opening a pipe nobody reads from would wait for ever.
    if let Ok(meta) = fs::metadata(path)
        && !meta.is_file()
    {
        return Err(format!("{}: is {}: expected a file, or a name for a new one", shown(path), kind(&meta)));
    }
    let mut line = serde_json::to_vec(entry).map_err(|error| failed(&error))?;
    line.push(b'\n');
    let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(|error| failed(&error))?;
    file.write_all(&line).and_then(|()| file.sync_all()).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_is_a_line_after_those_that_were_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("overrides.jsonl");
        fs::write(&path, "before\n").unwrap();
        append(&path, &"one\ntwo").unwrap();
        append(&path, &3).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before\n\"one\\ntwo\"\n3\n");
        let message = append(folder.path(), &1).unwrap_err();
        assert!(message.ends_with("is a directory: expected a file, or a name for a new one"), "{message}");
        assert!(append(&folder.path().join("missing/overrides.jsonl"), &1).is_err());
    }
}
