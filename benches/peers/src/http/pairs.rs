//! Every case between two measurements of the bare router: bare, case, bare, case, and so on. What counts is the ratio.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use super::generator::{Generator, IN_FLIGHT, Load};
use super::server::{Cores, Server};
use crate::peers::{self, ROUTER, ROUTER_NOTHING};
use crate::processor::{FOREIGN, Use};
use crate::results::{HttpRow, Protocol, Spread};

/// How often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) starts: usize,
    pub(super) passes: usize,
    /// How many pairs may be measured again, in all.
    pub(super) most_repeats: usize,
}

/// What is measured in every pass, with the ratio to the layer that does nothing that it must have. The first is the bare
/// router once more: it shows how much of a ratio is noise.
const EVERY_PASS: [(&str, &str, Option<f64>); 5] = [
    ("again", "bare router again", None),
    (ROUTER_NOTHING, "layer that does nothing", None),
    ("router-goodput", "goodput", Some(0.96)),
    ("router-goodput-fast", "goodput, fast clock", Some(0.97)),
    ("router-goodput-end", "goodput, judged at the end", None),
];

/// What is measured in every other pass: these differ by more than the noise.
const EVERY_OTHER_PASS: [(&str, &str, Option<f64>); 4] = [
    ("router-trace-layer", "tower-http TraceLayer, no subscriber", None),
    ("router-tower-otel", "tower-otel, metrics only", None),
    ("router-axum-prometheus", "axum-prometheus", None),
    ("router-otel-tower", "opentelemetry-instrumentation-tower, metrics only", None),
];

/// How often one pair may be measured again.
const MOST_REPEATS_OF_ONE: usize = 2;

/// The measurements of one case.
#[derive(Debug, Default)]
struct Measured {
    rates: Vec<f64>,
    to_bare: Vec<f64>,
    to_nothing: Vec<f64>,
}

/// A second of load, and whether others used the processor meanwhile.
struct Second {
    rate: f64,
    foreign: f64,
}

pub(super) fn measure(generator: Generator, plan: Plan, cores: &Cores) -> Result<Protocol> {
    let mut measured: BTreeMap<&str, Measured> = BTreeMap::new();
    let (mut bare_rates, mut repeated, mut disturbed) = (Vec::new(), 0, 0);
    for start in 0..plan.starts {
        let mut servers = Servers::start(cores)?;
        for pass in 0..plan.passes {
            let others = if (start * plan.passes + pass).is_multiple_of(2) { EVERY_OTHER_PASS.as_slice() } else { &[] };
            let mut of_nothing = None;
            let mut before = servers.load(generator, ROUTER, cores)?;
            for (id, _, _) in EVERY_PASS.iter().chain(others) {
                let mut tries = 0;
                let (to_bare, rate) = loop {
                    tries += 1;
                    let case = servers.load(generator, id, cores)?;
                    let after = servers.load(generator, ROUTER, cores)?;
                    let foreign = before.foreign.max(case.foreign).max(after.foreign);
                    let was_disturbed = foreign > FOREIGN;
                    let to_bare = 2.0 * case.rate / (before.rate + after.rate);
                    let name = generator.protocol();
                    eprintln!("{name} start {start} pass {pass} {id}: {to_bare:.3}, foreign {:.0} %", foreign * 100.0);
                    before = after;
                    if !was_disturbed || tries > MOST_REPEATS_OF_ONE || repeated >= plan.most_repeats {
                        disturbed += usize::from(was_disturbed);
                        break (to_bare, case.rate);
                    }
                    repeated += 1;
                };
                bare_rates.push(before.rate);
                if *id == ROUTER_NOTHING {
                    of_nothing = Some(to_bare);
                }
                let case = measured.entry(id).or_default();
                case.rates.push(rate);
                case.to_bare.push(to_bare);
                case.to_nothing.extend(of_nothing.map(|nothing| to_bare / nothing));
            }
        }
    }
    let bare = Measured { rates: bare_rates, ..Measured::default() };
    let rows = EVERY_PASS.iter().chain(&EVERY_OTHER_PASS).filter_map(|(id, name, goal)| {
        let Measured { rates, to_bare, to_nothing } = measured.get(id)?;
        Some(HttpRow {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            rate: Spread::of(rates),
            to_bare: Spread::of(to_bare),
            to_nothing: Spread::of(to_nothing),
            pairs: to_bare.len(),
            goal: *goal,
        })
    });
    let one = Spread::of(&[1.0]);
    let bare = HttpRow {
        id: ROUTER.to_owned(),
        name: "bare router".to_owned(),
        rate: Spread::of(&bare.rates),
        to_bare: one,
        to_nothing: Spread::of(&[]),
        pairs: bare.rates.len(),
        goal: None,
    };
    Ok(Protocol {
        name: generator.protocol().to_owned(),
        load: generator.command(),
        rows: std::iter::once(bare).chain(rows).collect(),
        repeated,
        disturbed,
    })
}

/// One server for every case. Those that nobody calls wait and cost nothing.
struct Servers(BTreeMap<&'static str, Server>);

impl Servers {
    fn start(cores: &Cores) -> Result<Self> {
        let mut servers = BTreeMap::new();
        servers.insert(ROUTER, Server::start(ROUTER, cores)?);
        for (id, _, _) in EVERY_PASS.iter().chain(&EVERY_OTHER_PASS) {
            // A second process of the same: two of them differ as any two cases do.
            let case = if *id == "again" { ROUTER } else { peers::find(id)?.id };
            servers.insert(*id, Server::start(case, cores)?);
        }
        Ok(Self(servers))
    }

    fn load(&mut self, generator: Generator, id: &str, cores: &Cores) -> Result<Second> {
        let server = self.0.get_mut(id).with_context(|| format!("{id} was not started"))?;
        let counted = server.counted()?;
        let before = Use::now(Some(server.process()))?;
        let load = generator.run(&server.url(), cores.load)?;
        let foreign = Use::now(Some(server.process()))?.foreign_since(before);
        counted_what_was_served(id, generator, load, counted, server.counted()?)?;
        Ok(Second { rate: load.rate, foreign })
    }
}

/// What the layer counted is what the load generator saw, and what was on its way when that ended.
fn counted_what_was_served(
    id: &str,
    generator: Generator,
    load: Load,
    before: Option<u64>,
    after: Option<u64>,
) -> Result<()> {
    let Some((before, after)) = before.zip(after) else { return Ok(()) };
    let counted = after.saturating_sub(before);
    let served = load.responses..=load.responses + IN_FLIGHT;
    ensure!(
        served.contains(&counted),
        "{id} counted {counted}, but {} saw {} responses",
        generator.command(),
        load.responses
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_has_counted_what_was_seen_and_at_most_what_was_in_flight() {
        let load = Load { responses: 1_000, rate: 1_000.0 };
        let rows = [(5, 1_005, true), (5, 1_037, true), (5, 1_038, false), (5, 1_004, false), (5, 2_005, false)];
        for (before, after, is_right) in rows {
            let checked = counted_what_was_served("case", Generator::Wrk, load, Some(before), Some(after));
            assert_eq!(checked.is_ok(), is_right, "{before} {after}");
        }
        assert!(counted_what_was_served("case", Generator::Wrk, load, None, None).is_ok());
    }
}
