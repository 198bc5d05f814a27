//! A disk in memory that fails when it is told to, and of which everything can be imagined that a loss of power may leave.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::super::file::Refused;
use super::super::storage::{StateTrouble, Storage};

/// One thing that was done to the disk. Files are numbered as they are made.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Done {
    Removed,
    Created(usize),
    Wrote(usize, Vec<u8>),
    Synced(usize),
    KeptPrevious(usize),
    Renamed(usize),
    SyncedDirectory,
}

/// What a call comes to that does not come to what it should.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Error(io::ErrorKind),
    /// A write takes one byte.
    Short,
    /// A write takes nothing.
    Nothing,
}

#[derive(Debug, Default)]
struct State {
    done: Vec<Done>,
    files: Vec<Vec<u8>>,
    next: Option<usize>,
    file: Option<usize>,
    previous: Option<usize>,
    calls: usize,
    fault: Option<(usize, Fault)>,
    /// Bytes a write takes at most.
    at_once: usize,
}

/// See the module. Its clones are the same disk.
#[derive(Clone, Debug)]
pub(super) struct Disk(Arc<Mutex<State>>);

impl Disk {
    pub(super) fn new(at_once: usize) -> Self {
        Self(Arc::new(Mutex::new(State { at_once, ..State::default() })))
    }

    /// The call of this number from now on comes to this.
    pub(super) fn fail_at(&self, call: usize, fault: Fault) {
        let mut state = self.0.lock();
        (state.calls, state.fault) = (0, Some((call, fault)));
    }

    /// Calls since it was last told to fail, or ever.
    pub(super) fn calls(&self) -> usize {
        self.0.lock().calls
    }

    pub(super) fn done(&self) -> Vec<Done> {
        self.0.lock().done.clone()
    }

    pub(super) fn content(&self) -> Option<Vec<u8>> {
        let state = self.0.lock();
        state.file.map(|file| state.files[file].clone())
    }

    fn call(&self) -> Result<Option<Fault>, io::Error> {
        let mut state = self.0.lock();
        state.calls += 1;
        let now = state.calls - 1;
        match state.fault.filter(|(call, _)| *call == now) {
            Some((_, Fault::Error(kind))) => Err(kind.into()),
            fault => Ok(fault.map(|(_, fault)| fault)),
        }
    }
}

impl Storage for Disk {
    fn read(&mut self) -> Result<Option<Vec<u8>>, StateTrouble> {
        self.call()?;
        Ok(self.content())
    }

    fn read_previous(&mut self) -> Result<Option<Vec<u8>>, StateTrouble> {
        self.call()?;
        let state = self.0.lock();
        Ok(state.previous.map(|file| state.files[file].clone()))
    }

    fn discard(&mut self) -> io::Result<()> {
        self.call()?;
        let mut state = self.0.lock();
        if state.next.take().is_some() {
            state.done.push(Done::Removed);
        }
        Ok(())
    }

    fn create(&mut self) -> io::Result<()> {
        self.call()?;
        let mut state = self.0.lock();
        if state.next.is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.files.len();
        state.files.push(Vec::new());
        state.next = Some(file);
        state.done.push(Done::Created(file));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fault = self.call()?;
        let mut state = self.0.lock();
        let most = match fault {
            Some(Fault::Nothing) => return Ok(0),
            Some(_) => 1,
            None => state.at_once,
        };
        let taken = &bytes[..bytes.len().min(most)];
        let file = state.next.unwrap();
        state.files[file].extend_from_slice(taken);
        state.done.push(Done::Wrote(file, taken.to_vec()));
        Ok(taken.len())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.call()?;
        let mut state = self.0.lock();
        let file = state.next.unwrap();
        state.done.push(Done::Synced(file));
        Ok(())
    }

    fn keep_previous(&mut self) -> io::Result<()> {
        self.call()?;
        let mut state = self.0.lock();
        state.previous = state.file;
        let kept = state.file.map(Done::KeptPrevious);
        state.done.extend(kept);
        Ok(())
    }

    fn rename(&mut self) -> io::Result<()> {
        self.call()?;
        let mut state = self.0.lock();
        let file = state.next.take().unwrap();
        state.file = Some(file);
        state.done.push(Done::Renamed(file));
        Ok(())
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        self.call()?;
        self.0.lock().done.push(Done::SyncedDirectory);
        Ok(())
    }

    fn hold(&mut self) -> Result<(), Refused> {
        Ok(())
    }

    fn is_gone(&self) -> bool {
        false
    }
}

/// Everything that the file may be after a loss of power at any moment of what was done: of what was not synced, any part may be on
/// the disk, and any of it in part, with nothing or with zeros behind it.
pub(super) fn images(before: Option<&[u8]>, done: &[Done], mut see: impl FnMut(Option<&[u8]>)) {
    for length in 0..=done.len() {
        let done = &done[..length];
        let unsure: Vec<usize> = (0..length).filter(|at| !is_synced(done, *at)).collect();
        assert!(unsure.len() < 16, "too many to try them all");
        for kept in 0..1_u32 << unsure.len() {
            let lost: BTreeSet<usize> =
                unsure.iter().enumerate().filter(|(bit, _)| kept >> bit & 1 == 0).map(|(_, at)| *at).collect();
            image(before, done, &lost, None, &mut see);
            // Tearing one of them is enough: two torn ones are no better than one torn and one lost.
            for at in unsure.iter().filter(|at| !lost.contains(at)) {
                if let Done::Wrote(_, bytes) = &done[*at] {
                    for length in 0..bytes.len() {
                        image(before, done, &lost, Some((*at, length)), &mut see);
                    }
                }
            }
        }
    }
}

fn is_synced(done: &[Done], at: usize) -> bool {
    let later = &done[at..];
    match &done[at] {
        Done::Wrote(file, _) => later.contains(&Done::Synced(*file)),
        Done::Removed | Done::Created(_) | Done::Renamed(_) => later.contains(&Done::SyncedDirectory),
        // A second name changes nothing about the first.
        Done::Synced(_) | Done::KeptPrevious(_) | Done::SyncedDirectory => true,
    }
}

fn image(
    before: Option<&[u8]>,
    done: &[Done],
    lost: &BTreeSet<usize>,
    torn: Option<(usize, usize)>,
    see: &mut impl FnMut(Option<&[u8]>),
) {
    let mut file = None;
    for (at, done) in done.iter().enumerate().filter(|(at, _)| !lost.contains(at)) {
        if let Done::Renamed(number) = done {
            file = Some(*number);
        }
        let _ = at;
    }
    let Some(file) = file else { return see(before) };
    // What was written lies where it was written, and zeros where that was lost.
    let (mut content, mut end) = (Vec::new(), 0);
    for (at, done) in done.iter().enumerate() {
        let Done::Wrote(number, bytes) = done else { continue };
        if *number != file {
            continue;
        }
        let begin = end;
        end += bytes.len();
        let there = match torn {
            Some((torn, length)) if torn == at => &bytes[..length],
            _ if lost.contains(&at) => &[],
            _ => bytes,
        };
        if !there.is_empty() {
            content.resize(begin, 0);
            content.extend_from_slice(there);
        }
    }
    see(Some(&content));
    content.resize(end, 0);
    see(Some(&content));
}
