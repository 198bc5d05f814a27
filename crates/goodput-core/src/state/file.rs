//! The state file of a service: opened once, and kept from then on.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::format::MemoryError;
use super::health::Health;
use super::memory::Memory;
use super::storage::{Found, StateTrouble, Storage, find, persist};
use crate::goodput::Goodput;
use crate::read::Flag;

/// A file in which a service's memory outlives the process. Off unless one is opened.
///
/// ```no_run
/// use goodput_core::{Goodput, Slo, StateFile};
///
/// let (file, memory) = StateFile::open("/var/lib/checkout/slo.state");
/// let builder = Goodput::builder("checkout").slo(Slo::availability("checkout-ok", "99.9%"));
/// let goodput = builder.remember(memory).build()?.leak();
/// let ticker = goodput.start_ticker()?;
/// let state = file.keep(goodput); // until dropped
/// # drop((ticker, state));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// **Where it helps.** On machines, under systemd, in StatefulSets, and where a container restarts in its pod. A rolling Deployment
/// begins with an empty disk each time: there, windows are as young as the pod.
///
/// **Nothing about it stops a service.** Whatever is wrong with the file or its disk is a [flag](crate::Status::flags), and the
/// service goes on with what it has seen itself:
///
/// | flag | what happens |
/// |---|---|
/// | `state_failing` | tried again at the next interval, in a directory that was removed and made again, if nothing is in it, as well |
/// | `state_previous` | the file was damaged, and the one written before it was not: windows go on from that, and it is replaced |
/// | `state_lost` | the file was damaged, and so was that, or there is none: windows begin anew |
/// | `state_foreign`, `state_newer` | it is left as it is, and nothing is kept; one that begins with zeros is damaged, and none of these |
/// | `state_locked` | another process has it; nothing is kept |
///
/// **The directory** has to be there, to be this user's or root's, and not everybody's to write to: of a volume that is, make a
/// directory within. Three more names there belong to the file: `NAME.lock`, which stays, `NAME.previous`, which is what was written
/// before, and `NAME.new` while it is being written.
///
/// **What it does not remember**: latencies, traces of bad events, the routes and reasons of an alert and the numbers of a signal, what
/// guards let through, and how long requests have hung.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    place: Place,
    /// Whose memory is in it.
    service: Option<String>,
    pub(super) every: Duration,
    pub(super) health: Arc<Health>,
}

/// Where the next file goes.
enum Place {
    Ready {
        storage: Box<dyn Storage>,
        /// Whether what is there holds.
        holds: bool,
    },
    /// There is none yet, and may be later.
    Later,
    /// What is there is not ours to replace.
    Never,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ready { .. } => "Ready",
            Self::Later => "Later",
            Self::Never => "Never",
        })
    }
}

/// Why there is nowhere to keep a file.
#[derive(Debug)]
pub(super) enum Refused {
    /// Another process has it.
    Locked,
    /// Something else.
    Trouble(StateTrouble),
}

impl<T: Into<StateTrouble>> From<T> for Refused {
    fn from(trouble: T) -> Self {
        Self::Trouble(trouble.into())
    }
}

impl StateFile {
    /// How often it is written without [`every`](Self::every).
    pub const INTERVAL: Duration = Duration::from_secs(30);

    /// Opens, locks and reads the file of this path, and removes what an earlier process began to write and did not end. The memory
    /// is for [`remember`](crate::GoodputBuilder::remember); there is none where there is no file, or none that holds.
    ///
    /// Waits for the disk: call it before there are requests, not on an async runtime's thread.
    pub fn open(path: impl AsRef<Path>) -> (Self, Option<Memory>) {
        let path = path.as_ref().to_path_buf();
        let place = open_place(&path);
        Self::open_in(path, place)
    }

    pub(super) fn open_in(path: PathBuf, place: Result<Box<dyn Storage>, Refused>) -> (Self, Option<Memory>) {
        let health = Arc::default();
        let mut file = Self { path, place: Place::Never, service: None, every: Self::INTERVAL, health };
        let mut memory = None;
        file.place = match place.and_then(look) {
            Ok((storage, found)) => match found {
                Found::Fine(found) => {
                    memory = found;
                    Place::Ready { storage, holds: true }
                }
                Found::Lost(why, previous) => {
                    file.health.found(if previous.is_some() {
                        Flag::StatePrevious { why }
                    } else {
                        Flag::StateLost { why }
                    });
                    memory = previous;
                    Place::Ready { storage, holds: false }
                }
                Found::Foreign => file.never(Flag::StateForeign { service: None }),
                Found::Newer(version) => file.never(Flag::StateNewer { version }),
            },
            Err(Refused::Locked) => file.never(Flag::StateLocked),
            Err(Refused::Trouble(trouble)) => {
                file.health.end(Err(trouble));
                Place::Later
            }
        };
        file.service = memory.as_ref().map(|memory| memory.service().to_owned());
        (file, memory)
    }

    /// How often it is written: every 30 s without this call. So much is forgotten if the process is killed.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    fn never(&self, flag: Flag) -> Place {
        self.health.found(flag);
        Place::Never
    }

    /// What is the memory of another service stays that.
    fn belongs_to(&mut self, goodput: &Goodput) {
        if self.service.as_ref().is_some_and(|own| *own != goodput.in_force().definition.service) {
            self.place = Place::Never;
        }
    }

    /// Writes what the instance remembers now, for those who have a thread of their own for it; [`keep`](Self::keep) does it by
    /// itself. Whether that is on the disk. Waits for the disk.
    pub fn write(&mut self, goodput: &Goodput) -> bool {
        goodput.watch_state(&self.health);
        self.belongs_to(goodput);
        if matches!(self.place, Place::Never) {
            return false;
        }
        self.health.begin();
        let outcome = self.try_to_write(goodput);
        let written = outcome.is_ok();
        match outcome {
            Ok(()) => self.health.end(Ok(())),
            Err(Refused::Trouble(trouble)) => self.health.end(Err(trouble)),
            Err(Refused::Locked) => {
                self.health.end(Ok(()));
                self.place = self.never(Flag::StateLocked);
            }
        }
        written
    }

    fn try_to_write(&mut self, goodput: &Goodput) -> Result<(), Refused> {
        if let Place::Later = self.place {
            let (storage, found) = look(open_place(&self.path)?)?;
            match found {
                Found::Fine(None) | Found::Lost(_, None) => self.place = Place::Ready { storage, holds: false },
                _ => return Err(StateTrouble::CameLater.into()),
            }
        }
        let Place::Ready { storage, holds } = &mut self.place else { return Err(StateTrouble::Unsupported.into()) };
        let memory = goodput.memory().map_err(|error| match error {
            MemoryError::TooLarge { .. } | MemoryError::TooLong { .. } => StateTrouble::TooLarge,
            why => StateTrouble::Unsound(why),
        })?;
        let written = storage.hold().and_then(|()| Ok(persist(&mut **storage, memory.as_bytes(), *holds)?));
        *holds |= written.is_ok();
        if written.is_err() && storage.is_gone() {
            // So is the lock, which kept nobody from anything by now.
            self.place = Place::Later;
        }
        written
    }
}

/// Reads what is there, and clears away what an earlier process began.
fn look(mut storage: Box<dyn Storage>) -> Result<(Box<dyn Storage>, Found), Refused> {
    let found = find(&mut *storage)?;
    if matches!(found, Found::Fine(_) | Found::Lost(..)) {
        // What cannot be removed now is tried before the next file is begun.
        let _: io::Result<()> = storage.discard();
    }
    Ok((storage, found))
}

#[cfg(target_os = "linux")]
fn open_place(path: &Path) -> Result<Box<dyn Storage>, Refused> {
    Ok(Box::new(super::directory::Directory::open(path)?))
}

#[cfg(not(target_os = "linux"))]
fn open_place(_path: &Path) -> Result<Box<dyn Storage>, Refused> {
    Err(StateTrouble::Unsupported.into())
}
