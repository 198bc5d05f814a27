//! The state file on real disks: what is kept, what is left alone, and that nothing about it stops a service.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

#[path = "state_file/held.rs"]
mod held;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use goodput_core::{Counts, Flag, Goodput, Memory, MemoryError, Period, Slo, StateFile, StateKeeper, StateTrouble};
use tempfile::TempDir;

/// Longer than any test: only the last write counts.
const NEVER: Duration = Duration::from_secs(3_600);
const SOON: Duration = Duration::from_millis(1);

struct Service {
    goodput: Arc<Goodput>,
    keeper: StateKeeper,
}

impl Service {
    fn start(path: &Path, every: Duration) -> Self {
        Self::named("shop", path, every)
    }

    fn named(name: &str, path: &Path, every: Duration) -> Self {
        let (file, memory) = StateFile::open(path);
        let builder = Goodput::builder(name).slo(Slo::availability("ok", "99%"));
        let goodput = Arc::new(builder.remember(memory).build().unwrap());
        Self { keeper: file.every(every).keep(Arc::clone(&goodput)), goodput }
    }

    fn count(&self, good: u64) {
        self.goodput.work("/orders").add(Counts { good, ..Counts::default() });
    }

    /// Good events of the period, those of earlier processes as well.
    fn remembered(&self) -> u64 {
        let status = self.goodput.status();
        let windows = &status.slo("ok").unwrap().windows;
        windows.iter().find(|window| window.seen.window == Period::D30.window()).unwrap().seen.counts.good
    }

    /// The words of the flags about the state.
    fn flags(&self) -> Vec<&'static str> {
        let status = self.goodput.status();
        let labels = status.flags.iter().map(Flag::label);
        labels.filter(|label| label.starts_with("state_")).collect()
    }

    fn trouble(&self) -> Option<StateTrouble> {
        let status = self.goodput.status();
        status.flags.iter().find_map(|flag| match flag {
            Flag::StateFailing { why, .. } => Some(*why),
            _ => None,
        })
    }

    /// Whether the last write is on the disk.
    fn stop(self) -> bool {
        self.keeper.shutdown(Duration::from_secs(10))
    }
}

fn home() -> (TempDir, PathBuf) {
    let home = TempDir::new().unwrap();
    let path = home.path().join("slo.state");
    (home, path)
}

/// Until something is so, at most ten seconds.
fn wait_until(so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it never came to be so");
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_one_process_counted_the_next_one_remembers() {
    let (home, path) = home();
    for round in 0..5 {
        let service = Service::start(&path, NEVER);
        assert_eq!((service.remembered(), service.flags()), (round * 100, vec![]));
        service.count(100);
        assert!(service.stop());
    }
    wait_until(|| names(home.path()) == ["slo.state", "slo.state.lock", "slo.state.previous"]);
    for name in names(home.path()) {
        assert_eq!(fs::metadata(home.path().join(name)).unwrap().mode() & 0o777, 0o600, "nobody else's to read");
    }
}

#[test]
fn it_is_written_at_its_interval_and_when_the_keeper_is_dropped() {
    let (_home, path) = home();
    let written = || Memory::decode(fs::read(&path).unwrap_or_default()).ok().map(|m| m.slos().next().unwrap().last());
    let service = Service::start(&path, SOON);
    service.count(7);
    wait_until(|| written().is_some_and(|counts| counts.good == 7));
    drop(service);
    let service = Service::start(&path, NEVER);
    service.count(1);
    drop(service.keeper);
    assert_eq!(written().unwrap().good, 8);
}

#[test]
fn a_second_process_runs_and_keeps_nothing_until_the_first_has_ended() {
    let (_home, path) = home();
    let first = Service::start(&path, NEVER);
    let second = Service::start(&path, SOON);
    assert_eq!((first.flags(), second.flags()), (vec![], vec!["state_locked"]));
    second.count(50);
    assert!(!second.stop());
    first.count(3);
    assert!(first.stop());
    let third = Service::start(&path, NEVER);
    assert_eq!((third.remembered(), third.flags()), (3, vec![]));
}

#[test]
fn what_is_not_this_services_is_left_as_it_is() {
    let (_home, path) = home();
    let sealed = |version: u16| {
        let mut bytes = b"goodput\0".to_vec();
        bytes.extend(version.to_le_bytes());
        bytes.extend(3_u32.to_le_bytes());
        let mut sum = crc32fast::Hasher::new();
        sum.update(&bytes);
        sum.update(b"abc");
        bytes.extend(sum.finalize().to_le_bytes());
        bytes.extend(b"abc");
        bytes
    };
    let of_another = Service::named("bakery", &path, NEVER);
    assert!(of_another.stop());
    let of_another = fs::read(&path).unwrap();
    for (bytes, flag) in [
        (b"somebody's notes".to_vec(), "state_foreign"),
        (of_another, "state_foreign"),
        (vec![0; (16 << 20) + 1], "state_foreign"),
        (sealed(2), "state_newer"),
        (sealed(65_535), "state_newer"),
    ] {
        fs::write(&path, &bytes).unwrap();
        let service = Service::start(&path, SOON);
        service.count(1);
        assert_eq!(service.flags(), [flag]);
        assert!(!service.stop());
        assert!(fs::read(&path).unwrap() == bytes, "{flag}");
    }
}

#[test]
fn a_damaged_file_is_reported_and_replaced() {
    let (_home, path) = home();
    assert!(Service::start(&path, NEVER).stop());
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[30] ^= 1;
    let mut longer = whole.clone();
    longer.push(0);
    for bytes in [&[][..], b"good", &whole[..whole.len() - 1], &flipped, &longer] {
        // There is one if the process before was not stopped before it had begun.
        drop(fs::remove_file(path.with_extension("state.previous")));
        fs::write(&path, bytes).unwrap();
        let service = Service::start(&path, NEVER);
        assert_eq!(service.flags(), ["state_lost"]);
        service.count(9);
        assert!(service.stop());
        let service = Service::start(&path, NEVER);
        assert_eq!((service.remembered(), service.flags()), (9, vec![]));
    }
    let flag = Flag::StateLost { why: MemoryError::Damaged };
    assert!(flag.to_string().contains("damaged"), "{flag}");
}

#[test]
fn a_damaged_file_is_no_loss_where_the_one_before_it_holds() {
    let (_home, path) = home();
    let previous = path.with_extension("state.previous");
    let read = |path: &Path| {
        let memory = Memory::decode(fs::read(path).unwrap()).ok();
        memory.map(|memory| memory.slos().next().unwrap().last().good)
    };
    // Written once for each of these; and what was found, with its flags.
    let live = |counts: &[u64]| {
        let (mut file, memory) = StateFile::open(&path);
        let builder = Goodput::builder("shop").slo(Slo::availability("ok", "99%"));
        let goodput = builder.remember(memory).build().unwrap();
        for good in counts {
            goodput.work("/orders").add(Counts { good: *good, ..Counts::default() });
            assert!(file.write(&goodput));
        }
        let flags: Vec<_> = goodput.status().flags.iter().map(Flag::label).collect();
        (flags, read(&path), read(&previous))
    };
    assert_eq!(live(&[3, 4]), (vec![], Some(7), Some(3)));
    fs::write(&path, b"good").unwrap();
    assert_eq!(live(&[1]), (vec!["state_previous"], Some(4), Some(3)), "what did not hold never stood in its place");
    assert_eq!(live(&[1]), (vec![], Some(5), Some(4)));
    // A disk that has lost the beginning of the file.
    let mut blank = fs::read(&path).unwrap();
    blank.iter_mut().take(100).for_each(|byte| *byte = 0);
    fs::write(&path, blank).unwrap();
    assert_eq!(live(&[1]), (vec!["state_previous"], Some(5), Some(4)));
    fs::write(&path, b"good").unwrap();
    fs::write(&previous, b"good").unwrap();
    assert_eq!(live(&[9]), (vec!["state_lost"], Some(9), None));
}

#[test]
fn it_is_written_at_once_so_that_a_process_that_dies_young_is_known() {
    let (_home, path) = home();
    let service = Service::start(&path, NEVER);
    wait_until(|| path.exists());
    drop(service);
}

#[test]
fn a_file_that_somebody_has_removed_is_not_brought_back() {
    let (_home, path) = home();
    for _ in 0..2 {
        let service = Service::start(&path, NEVER);
        service.count(5);
        assert!(service.stop());
    }
    fs::remove_file(&path).unwrap();
    let service = Service::start(&path, NEVER);
    assert_eq!((service.remembered(), service.flags()), (0, vec![]));
}

#[test]
fn a_disk_without_second_names_keeps_the_file_all_the_same() {
    let (home, path) = home();
    // A directory is in the way of the name.
    fs::create_dir(home.path().join("slo.state.previous")).unwrap();
    for round in 0..3 {
        let service = Service::start(&path, NEVER);
        assert_eq!((service.remembered(), service.flags()), (round, vec![]));
        service.count(1);
        assert!(service.stop());
    }
}

#[test]
fn what_another_attempt_has_left_is_cleared_away_and_nothing_else_is() {
    let (home, path) = home();
    let others = ["slo.state.new.bak", "other.new", "slo.state.old", ".slo.state.new"];
    for name in ["slo.state.new"].iter().chain(&others) {
        fs::write(home.path().join(name), "half").unwrap();
    }
    let opened = StateFile::open(&path);
    assert!(!home.path().join("slo.state.new").exists());
    drop(opened);
    assert!(Service::start(&path, NEVER).stop());
    for name in others {
        assert!(home.path().join(name).exists(), "{name}");
    }
}

/// A service that has this trouble answers all the same, and keeps nothing.
fn has_trouble(path: &Path, trouble: StateTrouble) {
    let service = Service::start(path, SOON);
    service.count(5);
    assert_eq!((service.trouble(), service.remembered()), (Some(trouble), 5), "{}", path.display());
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(service.trouble(), Some(trouble), "{}", path.display());
    assert!(!service.stop());
}

#[test]
fn a_path_that_is_not_safe_is_refused() {
    let (home, path) = home();
    let at = |name: &str| home.path().join(name);
    fs::write(at("target"), "precious").unwrap();
    symlink(at("target"), at("link")).unwrap();
    symlink(at("target"), at("locked.lock")).unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    fs::create_dir(at("directory")).unwrap();
    let made = Command::new("mkfifo").arg(at("fifo")).status();
    for name in ["link", "locked", "dangling", "directory"] {
        has_trouble(&at(name), StateTrouble::NoFile);
    }
    if made.is_ok_and(|status| status.success()) {
        has_trouble(&at("fifo"), StateTrouble::NoFile);
    }
    assert_eq!(fs::read_to_string(at("target")).unwrap(), "precious");
    for mode in [0o777, 0o1777, 0o702] {
        fs::create_dir_all(at("open")).unwrap();
        fs::set_permissions(at("open"), fs::Permissions::from_mode(mode)).unwrap();
        has_trouble(&at("open/slo.state"), StateTrouble::OpenDirectory);
        assert_eq!(names(&at("open")), [""; 0]);
    }
    for name in ["slo.state", "slo.state.lock"] {
        fs::create_dir_all(at("shared")).unwrap();
        fs::write(at("shared").join(name), "anybody's").unwrap();
        fs::set_permissions(at("shared").join(name), fs::Permissions::from_mode(0o666)).unwrap();
        has_trouble(&at("shared/slo.state"), StateTrouble::OpenFile);
        assert_eq!(fs::read_to_string(at("shared").join(name)).unwrap(), "anybody's");
        fs::remove_dir_all(at("shared")).unwrap();
    }
    has_trouble(&at("missing/slo.state"), StateTrouble::Disk(std::io::ErrorKind::NotFound));
    has_trouble(&at("target/slo.state"), StateTrouble::Disk(std::io::ErrorKind::NotADirectory));
    has_trouble(Path::new("/"), StateTrouble::Path);
    // A volume that a group shares is fine.
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o2775)).unwrap();
    assert!(Service::start(&path, NEVER).stop());
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    let (home, path) = home();
    fs::create_dir(home.path().join("theirs")).unwrap();
    if chown(home.path().join("theirs"), Some(12_345), None).is_err() {
        return skipped("another user's files: only root can give files away");
    }
    has_trouble(&home.path().join("theirs/slo.state"), StateTrouble::ForeignDirectory);
    for name in ["slo.state", "slo.state.lock"] {
        fs::write(home.path().join(name), "theirs").unwrap();
        chown(home.path().join(name), Some(12_345), None).unwrap();
        has_trouble(&path, StateTrouble::ForeignFile);
        assert_eq!(fs::read_to_string(home.path().join(name)).unwrap(), "theirs");
        fs::remove_file(home.path().join(name)).unwrap();
    }
}

#[test]
fn a_directory_that_comes_later_is_used_unless_there_is_something_in_it_that_was_not_read() {
    let (home, path) = home();
    assert!(Service::start(&path, NEVER).stop());
    let later = home.path().join("later");
    let service = Service::start(&later.join("slo.state"), SOON);
    assert_eq!(service.trouble(), Some(StateTrouble::Disk(std::io::ErrorKind::NotFound)));
    // It comes with the file in it.
    let prepared = home.path().join("prepared");
    fs::create_dir(&prepared).unwrap();
    fs::copy(&path, prepared.join("slo.state")).unwrap();
    fs::rename(&prepared, &later).unwrap();
    wait_until(|| service.trouble() == Some(StateTrouble::CameLater));
    fs::remove_file(later.join("slo.state")).unwrap();
    wait_until(|| service.trouble().is_none());
    service.count(4);
    assert!(service.stop());
    assert_eq!(Service::start(&later.join("slo.state"), NEVER).remembered(), 4);
}

#[test]
fn a_damaged_file_that_comes_later_is_not_written_over_where_the_one_before_it_holds() {
    let (home, path) = home();
    assert!(Service::start(&path, NEVER).stop());
    let whole = fs::read(&path).unwrap();
    let (later, prepared) = (home.path().join("later"), home.path().join("prepared"));
    let service = Service::start(&later.join("slo.state"), SOON);
    fs::create_dir(&prepared).unwrap();
    fs::write(prepared.join("slo.state"), b"good").unwrap();
    fs::write(prepared.join("slo.state.previous"), &whole).unwrap();
    fs::rename(&prepared, &later).unwrap();
    wait_until(|| service.trouble() == Some(StateTrouble::CameLater));
    assert!(!service.stop());
    assert!(fs::read(later.join("slo.state.previous")).unwrap() == whole);
}

/// Says why a test is skipped, past the harness, which would keep it to itself.
fn skipped(why: &str) {
    writeln!(std::io::stdout().lock(), "SKIPPED {why}").unwrap();
}

/// A file system of its own, gone when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn new(at: &Path, options: &str) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
        mount.is_ok_and(|output| output.status.success()).then(|| Self(at.to_path_buf()))
    }

    fn remount(&self, options: &str) -> bool {
        let mount = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(&self.0).status();
        mount.is_ok_and(|status| status.success())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_keeps_the_old_state_and_takes_the_new_one_when_there_is_room() {
    let (home, _) = home();
    let Some(disk) = Mounted::new(&home.path().join("disk"), "size=64k,mode=700") else {
        return skipped("a full disk: mounting one is not permitted");
    };
    let path = disk.0.join("slo.state");
    let service = Service::start(&path, NEVER);
    service.count(10);
    assert!(service.stop());
    let service = Service::start(&path, SOON);
    // All there is, to the last page.
    let mut filler = File::create(disk.0.join("filler")).unwrap();
    let outcome = std::io::copy(&mut std::io::repeat(1), &mut filler);
    assert_eq!(outcome.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    service.count(5);
    wait_until(|| service.trouble() == Some(StateTrouble::Disk(std::io::ErrorKind::StorageFull)));
    assert_eq!(service.remembered(), 15);
    let kept = Memory::decode(fs::read(&path).unwrap()).unwrap();
    assert_eq!(kept.slos().next().unwrap().last().good, 10);
    drop(filler);
    fs::remove_file(disk.0.join("filler")).unwrap();
    wait_until(|| service.trouble().is_none());
    assert!(service.stop());
    assert_eq!(Service::start(&path, NEVER).remembered(), 15);
}

#[test]
fn a_disk_that_becomes_read_only_is_reported_and_harms_nothing() {
    let (home, _) = home();
    let Some(disk) = Mounted::new(&home.path().join("disk"), "size=1m,mode=700") else {
        return skipped("a read-only disk: mounting one is not permitted");
    };
    let path = disk.0.join("slo.state");
    let service = Service::start(&path, NEVER);
    service.count(10);
    assert!(service.stop());
    assert!(disk.remount("ro"));
    // The lock cannot be taken, so nobody says that the file is this process's.
    has_trouble(&path, StateTrouble::Disk(std::io::ErrorKind::ReadOnlyFilesystem));
    assert!(disk.remount("rw"));
    assert_eq!(Service::start(&path, NEVER).remembered(), 10);
}
