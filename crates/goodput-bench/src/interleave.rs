//! Cases in turn: in every round each of them runs a short batch on one thread, then on two at once.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use http::{Request, Response};
use http_body::Body;
use tower::Service;

use crate::drive::{Driver, Payload};
use crate::stats::{median, quantile};

/// Does the measured thing so many times.
pub type Runner = Box<dyn FnMut(u64) + Send>;

/// One thing to measure. Every thread gets a runner of its own, as every connection gets a clone of its service.
pub struct Case {
    name: String,
    runner: Box<dyn Fn() -> Runner + Sync>,
}

impl Case {
    /// A case by what makes its runners.
    pub fn new(name: impl Into<String>, runner: impl Fn() -> Runner + Sync + 'static) -> Self {
        Self { name: name.into(), runner: Box::new(runner) }
    }

    /// Requests through clones of a service.
    pub fn service<S, B>(name: impl Into<String>, service: S) -> Self
    where
        S: Service<Request<Payload>, Response = Response<B>> + Clone + Send + 'static,
        B: Body + Unpin,
    {
        let service = Mutex::new(service);
        Self::new(name, move || {
            let mut service = service.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let mut driver = Driver::default();
            Box::new(move |times| (0..times).for_each(|_| driver.send(&mut service)))
        })
    }

    /// What it is called in tables.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A runner for one thread.
    pub fn runner(&self) -> Runner {
        (self.runner)()
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long a batch takes, about.
    pub batch: Duration,
    /// How often every case has its turn.
    pub rounds: usize,
    /// The numbers of threads, in the order of their turns. Each is pinned to a core of its own where there are as many.
    pub threads: &'static [usize],
}

impl Plan {
    /// Batches of a millisecond and 41 rounds, on one thread and on two if there are two cores.
    pub fn standard() -> Self {
        let cores = core_affinity::get_core_ids().map_or(1, |cores| cores.len());
        Self { batch: Duration::from_millis(1), rounds: 41, threads: if cores < 2 { &[1] } else { &[1, 2] } }
    }
}

/// The nanoseconds one case took on some number of threads, by round.
#[derive(Clone, Debug)]
pub struct Series {
    /// The case.
    pub case: String,
    /// How many threads ran it at once.
    pub threads: usize,
    /// Nanoseconds for one time, by round.
    pub nanos: Vec<f64>,
}

impl Series {
    /// The median over the rounds of the difference to another case in the same round.
    pub fn over(&self, other: &Self) -> f64 {
        median(&self.differences(other))
    }

    /// The tenth, fiftieth and ninetieth percentile of that difference.
    pub fn spread_over(&self, other: &Self) -> [f64; 3] {
        let differences = self.differences(other);
        [0.1, 0.5, 0.9].map(|share| quantile(&differences, share))
    }

    fn differences(&self, other: &Self) -> Vec<f64> {
        self.nanos.iter().zip(&other.nanos).map(|(this, other)| this - other).collect()
    }
}

/// Runs all cases by plan. The answer has a series for each case and number of threads.
pub fn interleave(cases: &[Case], plan: Plan) -> Vec<Series> {
    let most = plan.threads.iter().copied().max().unwrap_or(1);
    let mut batches: Vec<u64> = cases.iter().map(|case| calibrate(case, plan.batch)).collect();
    batches.iter_mut().for_each(|batch| *batch = (*batch).max(1));
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let gate = Gate::default();
    let turns: Vec<(usize, usize)> =
        plan.threads.iter().flat_map(|threads| (0..cases.len()).map(move |case| (*threads, case))).collect();

    let work = |thread: usize| {
        if let Some(core) = cores.get(thread) {
            core_affinity::set_for_current(*core);
        }
        let mut runners: Vec<Runner> = cases.iter().map(Case::runner).collect();
        for (runner, batch) in runners.iter_mut().zip(&batches) {
            runner(*batch); // what is allocated once is there from here on
        }
        let mut nanos = vec![Vec::with_capacity(plan.rounds); turns.len()];
        for _ in 0..plan.rounds {
            for (&(threads, case), nanos) in turns.iter().zip(&mut nanos) {
                gate.pass(most);
                if thread >= threads {
                    continue;
                }
                if let (Some(runner), Some(batch)) = (runners.get_mut(case), batches.get(case)) {
                    let begun = Instant::now();
                    runner(*batch);
                    nanos.push(begun.elapsed().as_nanos() as f64 / *batch as f64);
                }
            }
        }
        nanos
    };
    let by_thread: Vec<Vec<Vec<f64>>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..most).map(|thread| scope.spawn(move || work(thread))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });

    let series = turns.iter().enumerate().filter_map(|(turn, &(threads, case))| {
        let of_threads: Vec<&Vec<f64>> = by_thread.iter().take(threads).filter_map(|nanos| nanos.get(turn)).collect();
        let mean = |round: usize| of_threads.iter().filter_map(|nanos| nanos.get(round)).sum::<f64>() / threads as f64;
        let nanos = (0..plan.rounds).map(mean).collect();
        Some(Series { case: cases.get(case)?.name().to_owned(), threads, nanos })
    });
    series.collect()
}

/// How many times fit into a batch.
fn calibrate(case: &Case, batch: Duration) -> u64 {
    let mut runner = case.runner();
    let mut times = 16;
    loop {
        let begun = Instant::now();
        runner(times);
        let took = begun.elapsed();
        if took * 4 >= batch || times > 1 << 40 {
            return (times as f64 * batch.as_secs_f64() / took.as_secs_f64()) as u64;
        }
        times *= 2;
    }
}

/// Where the threads wait for one another before each turn. It spins: a thread that sleeps begins late.
#[derive(Debug, Default)]
struct Gate {
    waiting: AtomicUsize,
    opened: AtomicU64,
}

impl Gate {
    fn pass(&self, threads: usize) {
        let opened = self.opened.load(Ordering::Acquire);
        if self.waiting.fetch_add(1, Ordering::AcqRel) + 1 == threads {
            self.waiting.store(0, Ordering::Relaxed);
            self.opened.store(opened + 1, Ordering::Release);
        } else {
            while self.opened.load(Ordering::Acquire) == opened {
                thread::yield_now();
            }
        }
    }
}
