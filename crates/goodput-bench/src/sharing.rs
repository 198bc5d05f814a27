//! Requests on one thread and then on another, for whoever watches which memory they write.
//!
//! What it costs when two threads write the same cache line depends on where two virtual processors happen to be: on one
//! machine, minutes apart, an `Arc` cloned into every future cost twice as much as the rest of a request, and nothing. Whether
//! there is such a line does not depend on that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::interleave::Case;

/// Stores to it divide what is watched.
#[repr(align(128))]
#[derive(Debug)]
struct Mark(AtomicU64);

static MARK: Mark = Mark(AtomicU64::new(0));

/// Runs so many requests on one thread, and then on another. Both live until both are done, so that neither takes over the
/// memory of the other. Says first where the mark is: each of them stores to it before its requests and after them.
#[expect(clippy::print_stdout, reason = "whoever watches has to know")]
pub(crate) fn one_then_other(case: &Case, times: u64) {
    println!("{:p}", &raw const MARK.0);
    thread::scope(|scope| {
        let start = || {
            let mut run = case.runner();
            let (order, orders) = mpsc::channel();
            let (done, all_done) = mpsc::channel();
            scope.spawn(move || {
                while let Ok(marked) = orders.recv() {
                    let mark = || {
                        if marked {
                            // Relaxed: nobody reads it.
                            MARK.0.fetch_add(1, Ordering::Relaxed);
                        }
                    };
                    mark();
                    run(times);
                    mark();
                    if done.send(()).is_err() {
                        return;
                    }
                }
            });
            move |marked| order.send(marked).is_ok() && all_done.recv().is_ok()
        };
        let threads = [start(), start()];
        // What is allocated once is there after the first time.
        for marked in [false, true] {
            for run in &threads {
                run(marked);
            }
        }
    });
}
