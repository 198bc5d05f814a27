//! Somebody removes the directory, or the lock, under a service that writes: it goes on where it can, and never over what others wrote.

use std::fs;
use std::path::Path;

use goodput_core::{Goodput, Slo, StateFile, StateTrouble};

use crate::{NEVER, SOON, Service, home, wait_until};

#[test]
fn a_directory_that_is_removed_and_made_again_is_used_again() {
    let (home, _) = home();
    let within = home.path().join("within");
    fs::create_dir(&within).unwrap();
    let path = within.join("slo.state");
    let service = Service::start(&path, SOON);
    wait_until(|| path.exists());
    // It may be written to just then.
    wait_until(|| fs::remove_dir_all(&within).is_ok() || !within.exists());
    wait_until(|| service.trouble().is_some());
    fs::create_dir(&within).unwrap();
    wait_until(|| service.trouble().is_none());
    service.count(4);
    // The lock is there as well.
    assert_eq!(Service::start(&path, NEVER).flags(), ["state_locked"]);
    assert!(service.stop());
    assert_eq!(Service::start(&path, NEVER).remembered(), 4);
}

/// A service that writes when it is told to.
struct Writer {
    file: StateFile,
    goodput: Goodput,
}

impl Writer {
    fn start(path: &Path) -> Self {
        let (file, memory) = StateFile::open(path);
        let builder = Goodput::builder("shop").slo(Slo::availability("ok", "99%"));
        Self { file, goodput: builder.remember(memory).build().unwrap() }
    }

    /// Whether it could, and what it says of the state.
    fn write(&mut self) -> (bool, Vec<String>) {
        let written = self.file.write(&self.goodput);
        let flags = self.goodput.status().flags;
        let of_state = flags.iter().filter(|flag| flag.label().starts_with("state_"));
        (written, of_state.map(ToString::to_string).collect())
    }
}

#[test]
fn a_lock_that_somebody_removed_is_taken_again() {
    let (home, path) = home();
    let (lock, aside) = (home.path().join("slo.state.lock"), home.path().join("aside"));
    let mut service = Writer::start(&path);
    assert_eq!(service.write(), (true, vec![]));
    let remove: [&dyn Fn(); 2] = [&|| fs::remove_file(&lock).unwrap(), &|| fs::rename(&lock, &aside).unwrap()];
    for remove in remove {
        remove();
        assert_eq!(service.write(), (true, vec![]));
        assert_eq!(Service::start(&path, NEVER).flags(), ["state_locked"]);
    }
    // Somebody else was quicker: one of two writes, and it is known which.
    fs::remove_file(&lock).unwrap();
    let mut other = Writer::start(&path);
    let locked = vec!["another process has the state file, and nothing of this one is kept".to_owned()];
    assert_eq!(service.write(), (false, locked));
    assert_eq!(other.write(), (true, vec![]));
}

#[test]
fn what_another_process_wrote_while_the_lock_was_gone_is_not_written_over() {
    let (home, path) = home();
    let mut service = Writer::start(&path);
    assert_eq!(service.write(), (true, vec![]));
    fs::remove_file(home.path().join("slo.state.lock")).unwrap();
    // However often: the numbers of files are used again.
    for _ in 0..5 {
        let mut other = Writer::start(&path);
        other.goodput.work("/orders").good();
        assert_eq!(other.write(), (true, vec![]));
    }
    for _ in 0..2 {
        let (written, flags) = service.write();
        assert!(!written && flags[0].ends_with(&StateTrouble::CameLater.to_string()), "{flags:?}");
    }
    // It has the lock, and so keeps others from what it will not write to.
    drop(service);
    assert_eq!(Service::start(&path, NEVER).remembered(), 5);
}
