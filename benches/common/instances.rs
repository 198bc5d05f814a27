//! Instances of a given size, and load on them from as many threads as there are to be shards in use.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use goodput::{Code, Ending, Goodput, GoodputBuilder, JudgedAt, Moment, Request, Slo, Verdict};

/// So many SLOs, availability and latency in turn, and so many routes: each SLO has routes of its own, or neighbours share
/// one.
pub(crate) fn slos_on(slos: usize, routes: usize) -> GoodputBuilder {
    let slo = |n: usize| {
        let first = n * routes / slos;
        let selected = (first..first + (routes / slos).max(1)).map(|route| format!("/service/{route}/{{id}}"));
        if n.is_multiple_of(2) {
            Slo::availability(format!("ok-{n}"), "99.9%").routes(selected)
        } else {
            Slo::latency(format!("fast-{n}"), "99%", Duration::from_millis(4 << (n % 8))).routes(selected)
        }
    };
    (0..slos).fold(Goodput::builder("sized").max_routes(routes), |builder, n| builder.slo(slo(n)))
}

/// Four SLOs, and so many routes that all of them select.
pub(crate) fn four_slos_on_all(routes: usize) -> GoodputBuilder {
    Goodput::builder("sized")
        .slo(Slo::availability("ok", "99.9%").judged_at(JudgedAt::Head))
        .slo(Slo::latency("fast", "99%", Duration::from_millis(100)))
        .slo(Slo::latency("faster", "95%", Duration::from_millis(30)))
        .slo(Slo::latency("fastest", "90%", Duration::from_millis(10)))
        .max_routes(routes)
}

pub(crate) fn templates(routes: usize) -> Vec<String> {
    (0..routes).map(|n| format!("/resource/{n}/{{id}}")).collect()
}

pub(crate) fn built(builder: GoodputBuilder) -> Goodput {
    match builder.build() {
        Ok(goodput) => goodput,
        Err(error) => unreachable!("the definition holds: {error}"),
    }
}

/// The templates that the definition names.
pub(crate) fn named(goodput: &Goodput) -> Vec<String> {
    let mut templates: Vec<_> = goodput.definition().slos.iter().flat_map(Slo::selected_routes).cloned().collect();
    templates.dedup();
    templates
}

/// Load on every route from so many shards, of the 16 that there are on up to 16 cores: each is leased by a thread for as long as
/// that lives, so all threads live until the last has recorded. To use all 16 takes a few threads more, which share the quarter
/// that is not leased. Every route has latencies of 1 ms to 128 ms on each shard, as a route in service has, and one in fifty has
/// an error.
pub(crate) fn spread(goodput: &Goodput, templates: &[String], shards: usize) {
    let threads = if shards < 12 { shards } else { shards + shards / 2 };
    let all_done = Barrier::new(threads);
    thread::scope(|scope| {
        let load = || {
            for (position, template) in templates.iter().enumerate() {
                let work = goodput.work(template);
                (0..7).for_each(|octave| work.record(Verdict::Good, Duration::from_micros(1_500 << octave)));
                if position.is_multiple_of(50) {
                    let mut request = Request::begin(goodput, goodput.route(Some(template)));
                    request.respond(goodput, Code::http(500));
                    request.end(goodput, Ending::Completed);
                }
            }
            all_done.wait();
        };
        (0..threads).for_each(|_| drop(scope.spawn(load)));
    });
}

/// Ticks of an instance, ten seconds apart.
pub(crate) struct Ticks {
    goodput: Goodput,
    now: Duration,
}

impl Ticks {
    pub(crate) fn of(goodput: Goodput) -> Self {
        Self { goodput, now: Duration::ZERO }
    }

    pub(crate) fn goodput(&self) -> &Goodput {
        &self.goodput
    }

    /// A month's worth of history in as many ticks as it has slots: coarse ones first, as old history is coarse.
    pub(crate) fn fill_history(&mut self) {
        for (width, ticks) in [(7_200, 362), (900, 290), (60, 362), (10, 362)] {
            (0..ticks).for_each(|_| self.after(Duration::from_secs(width)));
        }
    }

    /// A tick at its time.
    pub(crate) fn next(&mut self) {
        self.after(Duration::from_secs(10));
    }

    /// A tick long before its time, which reads all counts and keeps nothing.
    pub(crate) fn read(&mut self) {
        self.after(Duration::from_nanos(1));
    }

    fn after(&mut self, width: Duration) {
        self.now += width;
        self.goodput.tick(Moment::at(self.now));
    }
}
