//! After a loss of power at any moment, one of the two states is there, whole.

use super::super::storage::persist;
use super::disk::{Disk, Done, images};
use super::*;
use crate::state::Memory;

fn state(generation: u64) -> Vec<u8> {
    let mut past = small();
    past.slos[0].last.good = 1_000 + generation;
    past.write().unwrap().as_bytes().to_vec()
}

fn written(generations: &[u64]) -> Disk {
    let mut disk = Disk::new(64);
    for generation in generations {
        persist(&mut disk, &state(*generation), true).unwrap();
    }
    disk
}

/// How many images there are, and how many of them hold no state that was ever written.
fn count(before: Option<&[u8]>, done: &[Done], states: &[Vec<u8>]) -> (u32, u32) {
    let (mut all, mut torn) = (0, 0);
    images(before, done, |image| {
        all += 1;
        match image {
            None => assert!(before.is_none(), "what was there is gone"),
            Some(bytes) if Memory::decode(bytes.to_vec()).is_ok() => {
                assert!(states.iter().any(|state| state == bytes), "a state that never was");
            }
            Some(_) => torn += 1,
        }
    });
    (all, torn)
}

#[test]
fn every_image_of_a_crash_loads_the_old_state_or_the_new_one() {
    let (old, new) = (state(1), state(2));
    let first = written(&[1]);
    let (all, torn) = count(None, &first.done(), std::slice::from_ref(&old));
    let mut disk = first.clone();
    let before = first.done().len();
    persist(&mut disk, &new, true).unwrap();
    let (more, torn_later) = count(Some(&old), &disk.done()[before..], &[old.clone(), new.clone()]);
    println!("{} images of crashes, all of them whole", all + more);
    assert!(all > 1_000 && more > 1_000, "{all} {more}");
    assert_eq!((torn, torn_later), (0, 0));
}

#[test]
fn without_a_sync_some_images_are_torn_and_every_one_of_them_is_reported() {
    let (old, new) = (state(1), state(2));
    let disk = written(&[2]);
    let unsynced: Vec<_> = disk.done().into_iter().filter(|done| !matches!(done, Done::Synced(_))).collect();
    let (all, torn) = count(Some(&old), &unsynced, &[old.clone(), new.clone()]);
    println!("{torn} of {all} images torn, and reported");
    assert!(torn > 100);
    // The directory's sync says when the new state is there for good.
    let at_the_end = |done: &[Done]| {
        let mut olds = 0;
        images(Some(&old), done, |image| olds += u32::from(image == Some(&old)));
        olds
    };
    let (mut whole, done) = (0, disk.done());
    assert_eq!(done.last(), Some(&Done::SyncedDirectory));
    let lost: Vec<_> = (0..done.len()).map(|length| at_the_end(&done[..length])).collect();
    images(Some(&old), &done, |_| whole += 1);
    assert!(lost.windows(2).all(|pair| pair[0] <= pair[1]) && whole > 0);
}
