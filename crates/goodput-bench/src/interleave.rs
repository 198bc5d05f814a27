//! Cases in turn: in every round each of them runs a short batch on one thread, then on two at once.

use std::fmt;
use std::thread;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use parking_lot::Mutex;
use tower::Service;

use crate::clock::Reading;
use crate::drive::{Driver, Payload};
use crate::stats::quantile;
use crate::together::{Together, Turn};

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
            let mut service = service.lock().clone();
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
        Self { batch: Duration::from_millis(1), rounds: 41, threads: if cores() < 2 { &[1] } else { &[1, 2] } }
    }
}

/// On how many cores this process may run.
pub fn cores() -> usize {
    core_affinity::get_core_ids().map_or(1, |cores| cores.len())
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
    /// The tenth, fiftieth and ninetieth percentile of the difference to another case in the same round.
    pub fn spread_over(&self, other: &Self) -> [f64; 3] {
        let differences = self.differences(other);
        [0.1, 0.5, 0.9].map(|share| quantile(&differences, share))
    }

    fn differences(&self, other: &Self) -> Vec<f64> {
        self.nanos.iter().zip(&other.nanos).map(|(this, other)| this - other).collect()
    }
}

/// Runs all cases by plan. The answer has a series for each case and number of threads. A round in which a batch was disturbed
/// at every try is missing from all of them.
pub fn interleave(cases: &[Case], plan: Plan) -> Vec<Series> {
    let most = plan.threads.iter().copied().max().unwrap_or(1);
    let batches: Vec<u64> = cases.iter().map(|case| calibrate(case, plan.batch)).collect();
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let together = Together::of(most);
    let turns: Vec<(usize, usize)> =
        plan.threads.iter().flat_map(|threads| (0..cases.len()).map(move |case| (*threads, case))).collect();

    let work = |thread: usize| {
        if let Some(core) = cores.get(thread) {
            core_affinity::set_for_current(*core);
        }
        let mut place = together.place(thread);
        let mut runners: Vec<(Runner, u64)> = cases.iter().map(Case::runner).zip(batches.iter().copied()).collect();
        for (runner, batch) in &mut runners {
            runner(*batch); // what is allocated once is there from here on
        }
        let mut turn = |&(threads, case): &(usize, usize)| {
            let (runner, batch) = runners.get_mut(case)?;
            match place.run(threads, || runner(*batch)) {
                Turn::Took(took) => Some(took.map_or(0.0, |took| took.as_nanos() as f64 / *batch as f64)),
                Turn::Disturbed => None,
            }
        };
        (0..plan.rounds).filter_map(|_| turns.iter().map(&mut turn).collect()).collect()
    };
    let by_thread: Vec<Vec<Vec<f64>>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..most).map(|thread| scope.spawn(move || work(thread))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });

    let rounds = by_thread.iter().map(Vec::len).min().unwrap_or(0);
    let series = turns.iter().enumerate().filter_map(|(turn, &(threads, case))| {
        // Threads without a part have put in 0.
        let of_round = |round: usize| by_thread.iter().filter_map(|rounds| rounds.get(round)?.get(turn)).sum::<f64>();
        let nanos = (0..rounds).map(|round| of_round(round) / threads as f64).collect();
        Some(Series { case: cases.get(case)?.name().to_owned(), threads, nanos })
    });
    series.collect()
}

/// How many times fit into a batch, by the fastest of some tries: an interrupted one would make it too few to be timed.
fn calibrate(case: &Case, batch: Duration) -> u64 {
    let mut runner = case.runner();
    let mut times = 16;
    loop {
        let mut once = || {
            let begun = Reading::now();
            runner(times);
            begun.elapsed()
        };
        let took = [once(), once(), once()].into_iter().min().unwrap_or(batch);
        if took * 4 >= batch || times > 1 << 40 {
            return ((times as f64 * batch.as_secs_f64() / took.as_secs_f64()) as u64).max(1);
        }
        times *= 2;
    }
}
