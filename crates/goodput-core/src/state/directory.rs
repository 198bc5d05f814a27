//! A state file on a real disk: opened so that no link leads elsewhere, and locked for as long as the process lives.
//!
//! Beside `NAME` there are `NAME.lock`, which stays, `NAME.previous`, which is what the file was before, and `NAME.new` while the next
//! file is being written. The lock is one of its own, as
//! the file is another one after each rename. It is the operating system's (`flock`): it ends with the process, however that ends.
//!
//! Whoever may write to a directory may put other things in place of these, so one that everybody may write to is refused, a sticky one
//! as well: there, others can be first to take the names. One of root's is accepted, which is what a volume belongs to that a group
//! shares.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, Flock, FlockArg, OFlag, openat, renameat};
use nix::sys::stat::{FileStat, Mode, fstatat};
use nix::unistd::{UnlinkatFlags, geteuid, linkat, unlinkat};

use super::file::Refused;
use super::format::MAX_BYTES;
use super::storage::{StateTrouble, Storage};

/// See the module.
#[derive(Debug)]
pub(super) struct Directory {
    within: File,
    name: OsString,
    next: OsString,
    previous: OsString,
    writing: Option<File>,
    lock: Flock<File>,
    /// Which file was there when it was read, or was put there.
    own: Option<Which>,
    /// Whether the lock was gone for a while.
    is_doubtful: bool,
}

/// A file by its device, its number there, which is used again, and when it was written to.
type Which = (u64, u64, (i64, i64));

impl Directory {
    /// Opens the directory of a file and locks the file, which need not be there.
    pub(super) fn open(path: &Path) -> Result<Self, Refused> {
        let name = path.file_name().ok_or(StateTrouble::Path)?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let directory = File::from(openat(AT_FDCWD, parent, flags, Mode::empty()).map_err(io::Error::from)?);
        let about = directory.metadata()?;
        if about.uid() != geteuid().as_raw() && about.uid() != 0 {
            return Err(StateTrouble::ForeignDirectory.into());
        }
        if about.mode() & 0o002 != 0 {
            return Err(StateTrouble::OpenDirectory.into());
        }
        let lock = lock(&directory, name)?;
        let (next, previous) = (beside(name, ".new"), beside(name, ".previous"));
        Ok(Self {
            within: directory,
            name: name.to_owned(),
            next,
            previous,
            writing: None,
            lock,
            own: None,
            is_doubtful: false,
        })
    }

    fn read_file(&self, name: &OsStr) -> Result<Option<Vec<u8>>, StateTrouble> {
        let file = match open_own(&self.within, name, OFlag::O_RDONLY) {
            Ok(file) => file,
            Err(StateTrouble::Disk(io::ErrorKind::NotFound)) => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let length = file.metadata()?.len();
        if length > MAX_BYTES as u64 {
            return Err(StateTrouble::TooLarge);
        }
        let mut bytes = Vec::new();
        bytes.reserve_exact(length as usize); // at most 16 MiB
        file.take(length).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// What is known of the file of this name; nothing where there is none.
    fn stat(&self, name: &OsStr) -> io::Result<Option<FileStat>> {
        match fstatat(&self.within, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(about) => Ok(Some(about)),
            Err(Errno::ENOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn which(&self, name: &OsStr) -> io::Result<Option<Which>> {
        let about = self.stat(name)?;
        Ok(about.map(|about| (about.st_dev, about.st_ino, (about.st_mtime, about.st_mtime_nsec))))
    }

    fn remove(&self, name: &OsStr) -> io::Result<()> {
        match unlinkat(&self.within, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn lock(directory: &File, name: &OsStr) -> Result<Flock<File>, Refused> {
    let file = open_own(directory, &beside(name, ".lock"), OFlag::O_RDWR | OFlag::O_CREAT)?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| match error {
        Errno::EWOULDBLOCK => Refused::Locked,
        error => io::Error::from(error).into(),
    })
}

fn beside(name: &OsStr, ending: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(ending);
    name
}

/// Opens a file of this user, which nobody else's words are in: no link, no device, nothing that would have to be waited for.
fn open_own(directory: &File, name: &OsStr, flags: OFlag) -> Result<File, StateTrouble> {
    let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = match openat(directory, name, flags, Mode::S_IRUSR | Mode::S_IWUSR) {
        Ok(file) => File::from(file),
        // A link; a directory; a device without its driver, or a socket.
        Err(Errno::ELOOP | Errno::EISDIR | Errno::ENXIO) => return Err(StateTrouble::NoFile),
        Err(error) => return Err(io::Error::from(error).into()),
    };
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(StateTrouble::NoFile);
    }
    if about.uid() != geteuid().as_raw() {
        return Err(StateTrouble::ForeignFile);
    }
    if about.mode() & 0o002 != 0 {
        return Err(StateTrouble::OpenFile);
    }
    Ok(file)
}

impl Storage for Directory {
    fn read(&mut self) -> Result<Option<Vec<u8>>, StateTrouble> {
        self.own = self.which(&self.name)?;
        self.read_file(&self.name)
    }

    fn read_previous(&mut self) -> Result<Option<Vec<u8>>, StateTrouble> {
        self.read_file(&self.previous)
    }

    fn discard(&mut self) -> io::Result<()> {
        self.writing = None;
        self.remove(&self.next)
    }

    fn create(&mut self) -> io::Result<()> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = openat(&self.within, &*self.next, flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
        self.writing = Some(file.into());
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writing.as_mut().ok_or(io::ErrorKind::NotFound)?.write(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.writing.as_ref().ok_or(io::ErrorKind::NotFound)?.sync_all()
    }

    fn keep_previous(&mut self) -> io::Result<()> {
        self.remove(&self.previous)?;
        // A second name for the file: it is there under its own all the while.
        match linkat(&self.within, &*self.name, &self.within, &*self.previous, AtFlags::empty()) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn rename(&mut self) -> io::Result<()> {
        self.writing = None;
        renameat(&self.within, &*self.next, &self.within, &*self.name)?;
        self.own = self.which(&self.name)?;
        Ok(())
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        self.within.sync_all()
    }

    fn hold(&mut self) -> Result<(), Refused> {
        let held = self.lock.metadata()?;
        let there = self.stat(&beside(&self.name, ".lock"))?;
        if there.is_none_or(|there| (there.st_dev, there.st_ino) != (held.dev(), held.ino())) {
            self.lock = lock(&self.within, &self.name)?;
            self.is_doubtful = true;
        }
        if self.is_doubtful {
            // Somebody may have had it in between.
            let there = self.which(&self.name)?;
            if there.is_some() && there != self.own {
                return Err(StateTrouble::CameLater.into());
            }
            self.is_doubtful = false;
        }
        Ok(())
    }

    fn is_gone(&self) -> bool {
        self.within.metadata().is_ok_and(|about| about.nlink() == 0)
    }
}
