//! The few things that are asked of a disk, so that tests can ask them of one that fails or loses power.

use std::fmt;
use std::io;

use super::file::Refused;
use super::format::MemoryError;
use super::memory::Memory;

/// One state file, and the place beside it where the next one is written.
pub(super) trait Storage: Send {
    /// What is in the file; nothing where there is none. One of more than 16 MiB is too large, and not read.
    fn read(&mut self) -> Result<Option<Vec<u8>>, StateTrouble>;
    /// The same of what the file was before.
    fn read_previous(&mut self) -> Result<Option<Vec<u8>>, StateTrouble>;
    /// Removes what an attempt has left that did not come to its end; no error where nothing is left.
    fn discard(&mut self) -> io::Result<()>;
    /// Begins the next file, where there was nothing.
    fn create(&mut self) -> io::Result<()>;
    /// Adds to it, and says how much it took.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Returns when what was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// What the file is now can be read as what it was before, from here on.
    fn keep_previous(&mut self) -> io::Result<()>;
    /// Puts the next file in the place of the one there is.
    fn rename(&mut self) -> io::Result<()>;
    /// Returns when that is on the disk.
    fn sync_directory(&mut self) -> io::Result<()>;
    /// Still keeps others from the file: takes the lock again if somebody has removed it, and refuses if the file was replaced meanwhile.
    fn hold(&mut self) -> Result<(), Refused>;
    /// Whether the directory itself was removed: nothing can be written in it any more, and another one of its name may be there.
    fn is_gone(&self) -> bool;
}

/// Puts `bytes` in the place of the file, so that at every moment one of the two is there, whole, whatever happens. What is there, if it
/// is `worth_keeping`, stays as the one before it where the disk can do that: for disks that do not keep what they say they do.
///
/// An error leaves the old file in force, or the new one if only the last step failed. What could not be synced is thrown away and
/// never synced again, since a disk that has failed to write may say next time that all is well
/// ([PostgreSQL's account](https://wiki.postgresql.org/wiki/Fsync_Errors)).
pub(super) fn persist(storage: &mut dyn Storage, bytes: &[u8], worth_keeping: bool) -> io::Result<()> {
    let mut written = write_next(storage, bytes);
    if written.is_ok() {
        if worth_keeping {
            let _ = storage.keep_previous();
        }
        written = storage.rename();
    }
    if let Err(error) = written {
        // It is tried again before the next attempt.
        let _ = storage.discard();
        return Err(error);
    }
    storage.sync_directory()
}

fn write_next(storage: &mut dyn Storage, mut bytes: &[u8]) -> io::Result<()> {
    storage.discard()?;
    storage.create()?;
    while !bytes.is_empty() {
        match storage.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => bytes = bytes.get(taken..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    storage.sync()
}

/// Why the state is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateTrouble {
    /// What the operating system said.
    Disk(io::ErrorKind),
    /// Nothing has come back from the disk for more than five seconds.
    Hangs,
    /// The state is [larger](crate::Goodput::memory) than is read or written.
    TooLarge,
    /// What was to be written could not be read back: an error in goodput.
    Unsound(MemoryError),
    /// The path names no file in a directory.
    Path,
    /// The directory belongs to another user who is not root.
    ForeignDirectory,
    /// Everybody may write to the directory.
    OpenDirectory,
    /// The file, or the lock beside it, is a symbolic link, a directory or a device.
    NoFile,
    /// The file, or the lock beside it, belongs to another user.
    ForeignFile,
    /// Everybody may write to the file, or to the lock beside it.
    OpenFile,
    /// There is a file that this process has not read. What was not read is not overwritten.
    CameLater,
    /// There is no thread to write it.
    NoThread,
    /// State files are kept on Linux only.
    Unsupported,
}

impl From<io::Error> for StateTrouble {
    fn from(error: io::Error) -> Self {
        Self::Disk(error.kind())
    }
}

impl fmt::Display for StateTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disk(kind) => return write!(f, "{kind}"),
            Self::Hangs => "the disk does not answer",
            Self::Unsound(why) => {
                return write!(f, "what was to be written cannot be read back ({why}): please report it");
            }
            Self::TooLarge => "it is larger than is read or written: expected fewer SLOs or slots",
            Self::Path => "its path names no file: expected one in a directory",
            Self::ForeignDirectory => "its directory is another user's: expected one of this user or root",
            Self::OpenDirectory => "everybody may write to its directory: expected one of its own within that",
            Self::NoFile => "its path leads to a link, a directory or a device: expected a file",
            Self::ForeignFile => "its file is another user's: expected one of this user",
            Self::OpenFile => "everybody may write to its file: expected one that only its user may write to",
            Self::CameLater => "there is a file that this process has not read: expected a restart",
            Self::NoThread => "there is no thread to write it",
            Self::Unsupported => "it is kept on Linux only",
        })
    }
}

/// What became of the attempt to read a state file.
#[derive(Debug)]
pub(super) enum Found {
    /// There was none, or one that holds; what is next can take its place.
    Fine(Option<Memory>),
    /// It is damaged, and can be replaced. What it was before may hold.
    Lost(MemoryError, Option<Memory>),
    /// Whatever it is, it stays.
    Foreign,
    /// So is one that a later version wrote.
    Newer(u16),
}

/// What is in the file.
pub(super) fn find(storage: &mut dyn Storage) -> Result<Found, StateTrouble> {
    let bytes = match storage.read() {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(Found::Fine(None)),
        Err(StateTrouble::TooLarge) => return Ok(Found::Foreign),
        Err(trouble) => return Err(trouble),
    };
    // What a disk has lost reads as zeros, which nobody writes there.
    let is_blank = bytes.len() >= 8 && bytes.iter().take(8).all(|byte| *byte == 0);
    Ok(match Memory::decode(bytes) {
        Ok(memory) => Found::Fine(Some(memory)),
        Err(MemoryError::Newer { version }) => Found::Newer(version),
        // What goodput never writes is none of its.
        Err(MemoryError::Foreign | MemoryError::TooLarge { .. }) if !is_blank => Found::Foreign,
        Err(error) => {
            let previous = storage.read_previous().ok().flatten();
            Found::Lost(error, previous.and_then(|bytes| Memory::decode(bytes).ok()))
        }
    })
}
