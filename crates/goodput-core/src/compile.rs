//! From a definition to the tables its routes are judged by, and what of them is there already from an earlier one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use goodput_model::{Definition, Reason, RouteClass, Slo};

use crate::builder::BuildError;
use crate::classify::{Fingerprint, Fingerprints, RuleSet, SloId, Table};
use crate::looks_at::{LooksAt, looks_at};
use crate::record::{ByClass, ClassId, Known, Plan, RouteRules};

/// Everything an instance has compiled so far, kept so that a route that returns to rules it has had finds its table again.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    fingerprints: Fingerprints,
    tables: HashMap<TableKey, RouteRules>,
    /// How much memory reloads have taken here.
    bytes_of_reloads: usize,
}

/// All that a table follows from: the rules of its SLOs, by their numbers, what it is for, and the limit of its routes.
type TableKey = (Vec<SloId>, Subject, Duration);

/// A definition, compiled.
#[derive(Debug)]
pub(crate) struct Compilation {
    pub(crate) plan: Plan,
    /// Of the SLOs, in their order.
    pub(crate) ids: Vec<SloId>,
    pub(crate) news: News,
}

/// What a compilation adds to the ledger, once it is taken up.
#[derive(Debug)]
pub(crate) struct News {
    /// All of them, former ones as well.
    pub(crate) fingerprints: Fingerprints,
    tables: HashMap<TableKey, RouteRules>,
    /// How much memory the new ones take.
    pub(crate) bytes: usize,
}

impl Ledger {
    /// The ledger of an instance that begins.
    pub(crate) fn begin(news: News) -> Self {
        Self { fingerprints: news.fingerprints, tables: news.tables, bytes_of_reloads: 0 }
    }

    /// Takes up what a reload has compiled.
    pub(crate) fn adopt(&mut self, news: News) {
        self.fingerprints = news.fingerprints;
        self.tables.extend(news.tables);
        self.bytes_of_reloads = self.bytes_of_reloads.saturating_add(news.bytes);
    }

    pub(crate) fn bytes_of_reloads(&self) -> usize {
        self.bytes_of_reloads
    }

    /// Compiles a definition that holds. Nothing is kept of it here until it is taken up.
    ///
    /// Cost: a table for each distinct set of SLOs that has none yet.
    pub(crate) fn compile(&self, definition: &Definition) -> Result<Compilation, BuildError> {
        let mut fingerprints = self.fingerprints.clone();
        let ids = definition.slos.iter().map(|slo| fingerprints.id_of(Fingerprint::new(slo, definition)));
        let ids: Vec<SloId> = ids.collect();
        let mut tables = Tables { definition, ids: &ids, ledger: self, chosen: HashMap::new(), new: HashMap::new() };
        let plan = plan(definition, &mut tables)?;
        let tables = tables.new;
        let bytes = tables.values().map(|rules| rules.table.bytes()).sum::<usize>();
        let bytes = bytes.saturating_add(fingerprints.bytes_from(self.fingerprints.len()));
        Ok(Compilation { plan, ids, news: News { fingerprints, tables, bytes } })
    }
}

fn plan(definition: &Definition, tables: &mut Tables<'_>) -> Result<Plan, BuildError> {
    let excluded: BTreeSet<&str> = definition.excluded_routes.iter().map(String::as_str).collect();
    let streams: BTreeSet<&str> = definition.stream_routes.iter().map(String::as_str).collect();
    let classes = class_numbers(definition);
    let mut selected_by: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut everywhere = Vec::new();
    let mut things: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (index, slo) in definition.slos.iter().enumerate() {
        match looks_at(definition, slo) {
            LooksAt::Everything => everywhere.push(index),
            LooksAt::Routes(routes) => {
                for route in routes.iter().map(String::as_str).collect::<BTreeSet<_>>() {
                    selected_by.entry(route).or_default().push(index);
                }
            }
            LooksAt::Things { prefix, names } => {
                for name in names {
                    things.entry(format!("{prefix}{name}")).or_default().insert(index);
                }
            }
            LooksAt::Dependency | LooksAt::Values(_) => {}
        }
    }
    let named = selected_by.keys().copied().chain(classes.keys().copied());
    let named: BTreeSet<&str> = named.chain(excluded.iter().copied()).chain(streams.iter().copied()).collect();
    let mut known = HashMap::new();
    for route in named {
        let mut slos = selected_by.get(route).cloned().unwrap_or_default();
        slos.extend(&everywhere);
        slos.sort_unstable();
        let subject = if excluded.contains(route) { Subject::Excluded } else { Subject::Route };
        let rules = tables.by_class(&slos, subject)?;
        let class = classes.get(route).copied().unwrap_or_default();
        known.insert(route.to_owned(), Known { rules, class, streams: streams.contains(route) });
    }
    for dependency in definition.all_dependencies() {
        let named = |(_, slo): &(usize, &Slo)| slo.dependency_name() == Some(dependency);
        let slos = definition.slos.iter().enumerate().filter(named).map(|(index, _)| index).collect();
        things.insert(format!("{}{dependency}", Reason::DEPENDENCY), slos);
    }
    let others = things.len();
    for (template, slos) in things {
        let rules = tables.of(slos.into_iter().collect(), Subject::Other)?;
        let rules = vec![rules; definition.classes.len() + 1].into();
        known.insert(template, Known { rules, class: ClassId::NONE, streams: false });
    }
    Ok(Plan {
        bound: definition.max_routes.saturating_add(others),
        known,
        newcomers: tables.by_class(&everywhere, Subject::Route)?,
        unmatched: tables.by_class(&everywhere, Subject::Unmatched)?,
        dependency: tables.of(Vec::new(), Subject::Other)?,
        classes: definition.classes.len(),
    })
}

/// The class of each route that has one.
fn class_numbers(definition: &Definition) -> HashMap<&str, ClassId> {
    let number = |rule: &RouteClass| definition.classes.iter().position(|class| *class == rule.class);
    let rules = definition.route_classes.iter();
    rules.filter_map(|rule| Some((rule.route.as_str(), ClassId::numbered(number(rule)? + 1)))).collect()
}

/// What a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Route,
    /// A route that every SLO excludes.
    Excluded,
    /// Where no route matched.
    Unmatched,
    /// The calls to another service, records that were to come, reads of data: the server's own deadline is none of theirs.
    Other,
}

/// The tables of one definition: routes with the same SLOs share one.
struct Tables<'a> {
    definition: &'a Definition,
    ids: &'a [SloId],
    ledger: &'a Ledger,
    /// By the positions of the SLOs.
    chosen: HashMap<(Vec<usize>, Subject), RouteRules>,
    new: HashMap<TableKey, RouteRules>,
}

impl Tables<'_> {
    /// The rules of these SLOs for requests of no class, then for each class.
    fn by_class(&mut self, slos: &[usize], subject: Subject) -> Result<ByClass, BuildError> {
        let classes = std::iter::once(None).chain(self.definition.classes.iter().map(Some));
        let selected = |class: Option<&String>| {
            let selects = |slo: &Slo| {
                slo.selected_classes().is_empty() || class.is_some_and(|class| slo.selected_classes().contains(class))
            };
            slos.iter().copied().filter(|index| self.definition.slos.get(*index).is_some_and(selects)).collect()
        };
        let by_class: Vec<Vec<usize>> = classes.map(selected).collect();
        by_class.into_iter().map(|slos| self.of(slos, subject)).collect()
    }

    fn of(&mut self, slos: Vec<usize>, subject: Subject) -> Result<RouteRules, BuildError> {
        let chosen = (slos, subject);
        if let Some(rules) = self.chosen.get(&chosen) {
            return Ok(rules.clone());
        }
        let own = |index: &usize| Some((*self.ids.get(*index)?, self.definition.slos.get(*index)?));
        let mut members: Vec<(SloId, &Slo)> = chosen.0.iter().filter_map(own).collect();
        // However a definition orders its SLOs, the same ones have the same table.
        members.sort_unstable_by_key(|(id, _)| *id);
        let deadline = self.definition.server_deadline.filter(|_| subject != Subject::Other);
        let (excluded, unmatched) = (subject == Subject::Excluded, subject == Subject::Unmatched);
        let set = RuleSet::new(members.iter().map(|(_, slo)| *slo), deadline, excluded, unmatched);
        let key: TableKey = (members.iter().map(|(id, _)| *id).collect(), subject, set.grace);
        let known = self.ledger.tables.get(&key).or_else(|| self.new.get(&key));
        let rules = if let Some(rules) = known {
            rules.clone()
        } else {
            let names = || members.iter().map(|(_, slo)| slo.name().to_owned()).collect();
            let table = Table::compile(&set).map_err(|error| BuildError::Table { slos: names(), error })?;
            let rules = RouteRules { table: Arc::new(table), slos: key.0.as_slice().into() };
            self.new.insert(key, rules.clone());
            rules
        };
        self.chosen.insert(chosen, rules.clone());
        Ok(rules)
    }
}
