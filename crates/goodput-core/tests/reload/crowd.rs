//! Threads that record while others reload and read: every event is counted once, and nothing ever falls.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use goodput_core::{Code, Counts, Ending, Goodput, Request, Slo, Window};

use super::{fast, ok, shop};

const RELOADS: u64 = 100;

#[test]
fn while_two_threads_record_and_a_third_reloads_every_event_is_counted_once() {
    let goodput = Goodput::builder("").definition(shop([ok(), fast(3_600_000)])).build().unwrap();
    let (over, recorded) = (AtomicBool::new(false), AtomicU64::new(0));
    let record = || {
        let route = goodput.route(Some("/a"));
        while !over.load(Ordering::Relaxed) {
            // Some live through several reloads.
            let open: Vec<Request> = (0..99).map(|_| Request::begin(&goodput, route)).collect();
            for (number, mut request) in open.into_iter().enumerate() {
                request.respond(&goodput, Code::http(if number.is_multiple_of(3) { 500 } else { 200 }));
                request.end(&goodput, Ending::Completed);
            }
            recorded.fetch_add(99, Ordering::Relaxed);
        }
    };
    let read = || {
        let mut highest = [Counts::default(); 2];
        while !over.load(Ordering::Relaxed) {
            let status = goodput.status();
            for (name, highest) in ["ok", "fast"].into_iter().zip(&mut highest) {
                let now = status.slo(name).unwrap().counts;
                assert!(!now.went_backwards(*highest), "{name}: {now:?} after {highest:?}");
                *highest = now;
            }
            // It judges as it always has, and all of the past is within five minutes: the window is that of no other SLO.
            let ok = status.slo("ok").unwrap();
            assert_eq!(ok.window(Window::M5).unwrap().seen.counts, ok.counts);
            let route = status.routes.first();
            assert!(route.is_none_or(|route| route.finished <= route.begun));
            goodput.tick(goodput.now());
        }
    };
    let met = thread::scope(|scope| {
        scope.spawn(record);
        scope.spawn(record);
        scope.spawn(read);
        let mut reloads = 0;
        let mut met = 0;
        // 31 sets of rules, then the same again.
        for version in (0..31).cycle() {
            let in_flight = goodput.status().in_flight;
            let before = recorded.load(Ordering::Relaxed);
            let more = Slo::quality(format!("q{version}"), "99%");
            let slos = [fast(3_600_000 + version), ok(), more];
            // Positions change with every reload.
            let mut definition = shop(slos);
            definition.slos.rotate_left(version as usize % 3);
            goodput.reload(definition).unwrap();
            met += u64::from(in_flight > 0);
            reloads += 1;
            // Until requests have gone on through most of them.
            while recorded.load(Ordering::Relaxed) < before + 500 {
                thread::yield_now();
            }
            if (reloads >= RELOADS && met >= RELOADS / 2) || reloads == 10 * RELOADS {
                break;
            }
        }
        over.store(true, Ordering::Relaxed);
        met
    });
    assert!(met >= RELOADS / 2, "{met} reloads met requests in flight");
    let (status, recorded) = (goodput.status(), recorded.into_inner());
    let counts = status.slo("ok").unwrap().counts;
    assert_eq!((counts.good, counts.bad, counts.excluded), (recorded / 3 * 2, recorded / 3, 0));
    let slow = status.slo("fast").unwrap().counts;
    assert_eq!((slow.good, slow.bad, slow.excluded), (recorded / 3 * 2, 0, recorded / 3));
    let route = status.route("/a").unwrap();
    let timed = route.success.count() + route.error.count();
    assert_eq!((route.begun, route.finished, timed), (recorded, recorded, recorded));
    assert!(route.in_flight == 0 && route.overdue == 0);
}
