//! Writes a file whole or not at all, and over another one only when told to.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;
use crate::read::{kind, shown};

/// Whether a file that is there already may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    Keep,
    Replace,
}

/// Writes `text` to `path`. Whoever looks sees the old file, or none, or all of the new one; on failure nothing is left
/// behind.
pub(crate) fn file(path: &Path, text: &str, existing: Existing) -> Result<(), Failure> {
    let fail = |what: String| Failure::input(format!("{}: {what}", shown(path)));
    let former = former(path).map_err(fail)?;
    let folder = folder(path);
    let temporary = filled(&folder, text, former.as_ref())
        .map_err(|error| Failure::input(format!("{}: {}", shown(&folder), unwritable(&error))))?;
    match existing {
        Existing::Replace => temporary.persist(path),
        // The system itself looks whether something is there, so that nothing can come in between.
        Existing::Keep => temporary.persist_noclobber(path),
    }
    .map_err(|failed| match failed.error.kind() {
        ErrorKind::AlreadyExists => fail(EXISTS.to_owned()),
        _ => fail(failed.error.to_string()),
    })?;
    // The name lies in the folder, and is as durable as that. Not every file system lets folders be synchronised.
    let _ = File::open(&folder).and_then(|folder| folder.sync_all());
    Ok(())
}

const EXISTS: &str = "exists already and is left as it is: expected a new name, or --force to replace it";

/// What is at `path` now, if it is something that a file may replace.
fn former(path: &Path) -> Result<Option<fs::Metadata>, String> {
    match fs::symlink_metadata(path) {
        // Whether the folder is one shows when something is to be written to it.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error.to_string()),
        // A link is not followed: it may lead anywhere.
        Ok(meta) if !meta.is_file() => Err(format!("is {}: expected a file, or a name for a new one", kind(&meta))),
        Ok(meta) => Ok(Some(meta)),
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A file in the same folder, hence on the same file system, that is gone when dropped.
fn filled(folder: &Path, text: &str, former: Option<&fs::Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".goodput-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666)); // less the user's mask, as for any file
    }
    let mut temporary = builder.tempfile_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    if let Some(meta) = former {
        temporary.as_file().set_permissions(meta.permissions())?;
    }
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

fn unwritable(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "does not exist: expected the folder of the new file".to_owned(),
        ErrorKind::PermissionDenied => "may not be written to: permission denied".to_owned(),
        ErrorKind::NotADirectory => "is no directory: expected the folder of the new file".to_owned(),
        _ => format!("no file can be written there: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::MOST;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_is_there_alone_and_readable_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slo.yaml");
        file(&path, "text", Existing::Keep).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
        assert_eq!(names(folder.path()), ["slo.yaml"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let plain = folder.path().join("plain");
            fs::write(&plain, "").unwrap();
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(&path), mode(&plain));
        }
    }

    #[test]
    fn a_file_that_is_there_is_kept_unless_it_may_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slo.yaml");
        fs::write(&path, "old").unwrap();
        assert_eq!(file(&path, "new", Existing::Keep), Err(Failure::input(format!("{}: {EXISTS}", path.display()))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        file(&path, "new", Existing::Replace).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["slo.yaml"]);
    }

    #[cfg(unix)]
    #[test]
    fn neither_a_link_nor_a_folder_is_written_to_or_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (link, inner) = (folder.path().join("link"), folder.path().join("inner"));
        std::os::unix::fs::symlink(folder.path().join("target"), &link).unwrap();
        fs::create_dir(&inner).unwrap();
        for (path, what) in [(&link, "a symbolic link"), (&inner, "a directory")] {
            for existing in [Existing::Keep, Existing::Replace] {
                let Err(Failure::Input(message)) = file(path, "new", existing) else {
                    panic!("{} was written to", path.display())
                };
                assert!(message.contains(what), "{message}");
            }
        }
        assert_eq!(names(folder.path()), ["inner", "link"]);
    }

    #[test]
    fn a_folder_that_is_missing_or_no_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plain"), "").unwrap();
        for (inner, what) in [("missing", "does not exist"), ("plain", "is no directory")] {
            let path = folder.path().join(inner).join("slo.yaml");
            let Err(Failure::Input(message)) = file(&path, &"x".repeat(MOST), Existing::Keep) else {
                panic!("{} was written", path.display())
            };
            assert!(message.contains(inner) && message.contains(what), "{message}");
        }
        assert_eq!(names(folder.path()), ["plain"]);
    }
}
