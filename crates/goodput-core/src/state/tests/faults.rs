//! Whatever call fails, in whichever way: one of the states is there, the service answers, and the next attempt begins afresh.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::thread;

use goodput_model::Slo;
use parking_lot::Mutex;

use super::super::file::Refused;
use super::super::storage::{StateTrouble, Storage, persist};
use super::disk::{Disk, Done, Fault, images};
use super::*;
use crate::goodput::Goodput;
use crate::read::Flag;
use crate::state::{Memory, StateFile};

const FAULTS: [Fault; 8] = [
    Fault::Error(ErrorKind::Other), // EIO
    Fault::Error(ErrorKind::StorageFull),
    Fault::Error(ErrorKind::ReadOnlyFilesystem),
    Fault::Error(ErrorKind::PermissionDenied),
    Fault::Error(ErrorKind::NotFound),
    Fault::Error(ErrorKind::Interrupted),
    Fault::Short,
    Fault::Nothing,
];

fn state(generation: u64) -> Vec<u8> {
    let mut past = small();
    past.slos[0].last.good = 1_000 + generation;
    past.write().unwrap().as_bytes().to_vec()
}

#[test]
fn after_any_fault_at_any_call_a_state_is_there_and_the_next_attempt_begins_afresh() {
    let (old, new, newest) = (state(1), state(2), state(3));
    let mut tried = 0;
    for fault in FAULTS {
        for call in 0.. {
            let mut disk = Disk::new(200);
            persist(&mut disk, &old, true).unwrap();
            let before = disk.done().len();
            disk.fail_at(call, fault);
            let outcome = persist(&mut disk, &new, true);
            if disk.calls() <= call {
                break; // There are no more calls to fail.
            }
            tried += 1;
            let there = disk.content().unwrap();
            assert!(there == if outcome.is_ok() { new.clone() } else { there.clone() }, "{fault:?} at {call}");
            assert!(there == old || there == new, "{fault:?} at {call}");
            let failed = disk.done().len();
            persist(&mut disk, &newest, true).unwrap();
            assert_eq!(disk.content().unwrap(), newest, "{fault:?} at {call}");
            // What did not come to its end is thrown away: no file from before the failure is synced or put in place after it.
            let done = disk.done();
            let made_before = done[..failed].iter().filter(|done| matches!(done, Done::Created(_))).count();
            for done in &done[failed..] {
                if let Done::Synced(file) | Done::Renamed(file) = done {
                    assert!(*file >= made_before, "{fault:?} at {call}: {done:?}");
                }
            }
            // Nor does a loss of power find anything else, at any moment of all that.
            images(Some(&old), &done[before..], |image| {
                let image = image.unwrap();
                assert!([&old, &new, &newest].contains(&&image.to_vec()), "{fault:?} at {call}");
            });
        }
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn whatever_fails_the_service_answers_and_the_flag_goes_when_the_fault_does() {
    for fault in FAULTS {
        for call in 0..14 {
            let disk = Disk::new(100);
            disk.fail_at(call, fault);
            let boxed: Box<dyn Storage> = Box::new(disk.clone());
            let (mut file, memory) = StateFile::open_in(PathBuf::from("/nowhere/at/all"), Ok(boxed));
            let builder = Goodput::builder("shop").slo(Slo::availability("ok", "99%"));
            let goodput = builder.remember(memory).build().unwrap();
            let mut kept = false;
            // The first two attempts take 16 calls, so that one of them fails.
            for _ in 0..3 {
                goodput.work("/orders").good();
                kept = file.write(&goodput);
                let status = goodput.status();
                let failing = status.flags.iter().any(|flag| matches!(flag, Flag::StateFailing { .. }));
                assert_eq!(failing, !kept, "{fault:?} at {call}: {:?}", status.flags);
            }
            assert_eq!(goodput.status().slo("ok").unwrap().counts.good, 3);
            // What could not be read at the start is asked for at its path again, and that is none.
            let unread = call == 0 && matches!(fault, Fault::Error(_));
            assert_eq!(kept, !unread, "{fault:?} at {call}");
            if kept {
                let memory = Memory::decode(disk.content().unwrap()).unwrap();
                assert_eq!(memory.slos().next().unwrap().last().good, 3, "{fault:?} at {call}");
            }
        }
    }
}

/// A disk that does not come back from a sync while somebody holds its gate.
struct Hanging(Disk, Arc<Mutex<()>>);

impl Storage for Hanging {
    fn read(&mut self) -> Result<Option<Vec<u8>>, StateTrouble> {
        self.0.read()
    }
    fn read_previous(&mut self) -> Result<Option<Vec<u8>>, StateTrouble> {
        self.0.read_previous()
    }
    fn keep_previous(&mut self) -> io::Result<()> {
        self.0.keep_previous()
    }
    fn discard(&mut self) -> io::Result<()> {
        self.0.discard()
    }
    fn create(&mut self) -> io::Result<()> {
        self.0.create()
    }
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        drop(self.1.lock());
        self.0.sync()
    }
    fn rename(&mut self) -> io::Result<()> {
        self.0.rename()
    }
    fn sync_directory(&mut self) -> io::Result<()> {
        self.0.sync_directory()
    }
    fn hold(&mut self) -> Result<(), Refused> {
        self.0.hold()
    }
    fn is_gone(&self) -> bool {
        self.0.is_gone()
    }
}

/// Until something is so, at most ten seconds.
fn wait_until(so: impl Fn() -> bool) {
    let waited = (0..1_000).find(|_| {
        thread::sleep(Duration::from_millis(10));
        so()
    });
    assert!(waited.is_some(), "it never came to be so");
}

#[test]
fn a_disk_that_hangs_keeps_nobody_waiting_and_is_written_when_it_comes_back() {
    let (disk, gate) = (Disk::new(100), Arc::new(Mutex::new(())));
    let closed = gate.lock();
    let storage: Box<dyn Storage> = Box::new(Hanging(disk.clone(), Arc::clone(&gate)));
    let (file, memory) = StateFile::open_in(PathBuf::new(), Ok(storage));
    let builder = Goodput::builder("shop").slo(Slo::availability("ok", "99%"));
    let goodput = Arc::new(builder.remember(memory).build().unwrap());
    let keeper = file.every(Duration::from_millis(1)).keep(Arc::clone(&goodput));
    wait_until(|| disk.done().iter().any(|done| matches!(done, Done::Wrote(..))));
    goodput.work("/orders").good();
    goodput.tick(goodput.now());
    assert_eq!(goodput.status().slo("ok").unwrap().counts.good, 1);
    assert!(!keeper.shutdown(Duration::from_millis(20)), "nothing is on the disk, and nobody waits for it");
    assert_eq!(disk.content(), None);
    drop(closed);
    wait_until(|| Arc::strong_count(&goodput) == 1);
    let memory = Memory::decode(disk.content().unwrap()).unwrap();
    assert_eq!(memory.slos().next().unwrap().last().good, 1);
}

#[test]
fn a_state_that_is_too_large_is_reported_and_the_old_one_stays() {
    let disk = Disk::new(usize::MAX);
    let (mut file, memory) = StateFile::open_in(PathBuf::new(), Ok(Box::new(disk.clone())));
    let small = Goodput::builder("shop").remember(memory).build().unwrap();
    assert!(file.write(&small));
    let there = disk.content().unwrap();
    // What an SLO says about each status is part of its key.
    let mut builder = Goodput::builder("shop").max_routes(2_000);
    for number in 0..1_000 {
        let slo = Slo::availability(format!("slo-{number}"), "99%").routes([format!("/{number}")]);
        builder = builder.slo(slo.bad_statuses(100..=999).excluded_statuses((100..=999).step_by(2)));
    }
    let large = builder.remember(None).build().unwrap();
    assert!(!file.write(&large));
    let why = large.status().flags.iter().find_map(|flag| match flag {
        Flag::StateFailing { why, .. } => Some(*why),
        _ => None,
    });
    assert_eq!(why, Some(StateTrouble::TooLarge));
    assert_eq!(disk.content().unwrap(), there);
}
