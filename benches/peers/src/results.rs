//! What was measured, as it is kept in `results.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::peer::Group;

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Results {
    /// Raised when the meaning of a field changes.
    pub schema: u32,
    /// Of the command `table`.
    pub table: Option<Table>,
    /// Of the command `http`.
    pub http: Option<Http>,
}

/// Costs per request in one process.
#[derive(Debug, Serialize, Deserialize)]
pub struct Table {
    /// Where and when.
    pub machine: Machine,
    /// Of every package that was measured.
    pub versions: BTreeMap<String, String>,
    /// Processes, one after the other.
    pub runs: usize,
    /// Turns of every case in each of them.
    pub rounds: usize,
    /// One for each case, as in [`peers::ALL`](crate::peers::ALL).
    pub rows: Vec<Row>,
    /// How many times cheaper goodput was to be, and was.
    pub goals: Vec<Goal>,
    /// What peers lost of what they were sent.
    pub losses: Vec<String>,
    /// The largest share of the processors that others used during a run.
    pub foreign: f64,
}

/// What one case costs.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    /// The case.
    pub id: String,
    /// As tables call it.
    pub name: String,
    /// What it is compared with.
    pub group: Group,
    /// Nanoseconds per request, by number of threads.
    pub nanos: BTreeMap<usize, Spread>,
    /// Nanoseconds over the bare case of its group, by number of threads.
    pub over_bare: BTreeMap<usize, Spread>,
    /// Instructions per request, where valgrind is there to count them.
    pub instructions: Option<f64>,
    /// Allocations per request.
    pub allocations: Option<f64>,
    /// What to know about how it ran.
    pub note: Option<String>,
}

/// The middle of what was measured, and the tenth from below and from above.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// The tenth percentile.
    pub p10: f64,
    /// The median.
    pub p50: f64,
    /// The ninetieth percentile.
    pub p90: f64,
}

impl Spread {
    /// Of these values.
    pub fn of(values: &[f64]) -> Self {
        let [p10, p50, p90] = [0.1, 0.5, 0.9].map(|share| round(goodput_bench::stats::quantile(values, share)));
        Self { p10, p50, p90 }
    }
}

/// To four digits after the point: enough for nanoseconds and for ratios.
pub fn round(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// A peer was to cost so many times what goodput costs.
#[derive(Debug, Serialize, Deserialize)]
pub struct Goal {
    /// The peer.
    pub peer: String,
    /// The case of goodput.
    pub goodput: String,
    /// On how many threads.
    pub threads: usize,
    /// At least this many times as much.
    pub at_least: f64,
    /// As it was, in each run.
    pub times: Vec<f64>,
    /// Whether most runs reached it.
    pub met: bool,
}

/// Throughput over real connections.
#[derive(Debug, Serialize, Deserialize)]
pub struct Http {
    /// Where and when.
    pub machine: Machine,
    /// Of every package that was measured.
    pub versions: BTreeMap<String, String>,
    /// One for each load generator.
    pub protocols: Vec<Protocol>,
}

/// Throughput under one load generator.
#[derive(Debug, Serialize, Deserialize)]
pub struct Protocol {
    /// `HTTP/1.1` or `HTTP/2`.
    pub name: String,
    /// The command that made the load.
    pub load: String,
    /// One for each case.
    pub rows: Vec<HttpRow>,
    /// Pairs that were measured again because somebody else used the processor.
    pub repeated: usize,
    /// Pairs that were kept although somebody else used the processor, because they had been repeated often enough.
    pub disturbed: usize,
}

impl Protocol {
    /// Whether others kept out of most pairs: only then does a missed goal mean anything.
    pub fn is_quiet(&self) -> bool {
        let pairs: usize = self.rows.iter().filter(|row| row.id != crate::peers::ROUTER).map(|row| row.pairs).sum();
        self.disturbed * 2 <= pairs
    }
}

/// Throughput of one case.
#[derive(Debug, Serialize, Deserialize)]
pub struct HttpRow {
    /// The case.
    pub id: String,
    /// As tables call it.
    pub name: String,
    /// Requests per second.
    pub rate: Spread,
    /// Of that of the bare router before and after it.
    pub to_bare: Spread,
    /// Of that of the layer that does nothing, in the same pass.
    pub to_nothing: Spread,
    /// Measurements.
    pub pairs: usize,
    /// The ratio to the layer that does nothing that it must have.
    pub goal: Option<f64>,
}

impl HttpRow {
    /// Whether it is as fast as it must be, if it must.
    pub fn met(&self) -> Option<bool> {
        self.goal.map(|goal| self.to_nothing.p50 >= goal)
    }
}

const SCHEMA: u32 = 1;

impl Results {
    /// Where they are kept.
    pub fn path() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("results.json")
    }

    /// What is kept; nothing if there is no file.
    pub fn read() -> Result<Self> {
        let path = Self::path();
        if !path.exists() {
            return Ok(Self { schema: SCHEMA, ..Self::default() });
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let results: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is not as expected: delete it to begin anew", path.display()))?;
        anyhow::ensure!(
            results.schema == SCHEMA,
            "{} has schema {}, expected {SCHEMA}",
            path.display(),
            results.schema
        );
        Ok(results)
    }

    /// Keeps them.
    pub fn write(&self) -> Result<()> {
        let path = Self::path();
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
    }
}
