//! One SLO as the lints see it: with its rows, and the places it was written at.

use goodput_model::{Budgeting, Definition, Objective, Policy, Row, Severity, Slo, Window};

use crate::route::{self, Form};
use crate::{Diagnostic, Document, Places, Span};

/// One SLO, its rows and its places.
#[derive(Debug)]
pub(super) struct Site<'d> {
    pub(super) definition: &'d Definition,
    pub(super) slo: &'d Slo,
    pub(super) objective: Objective,
    /// Its own rows, or the default ones. Empty if its own do not suit it, which is an error and no lint.
    pub(super) rows: Vec<Row>,
    places: &'d Places,
    index: usize,
}

/// Each SLO whose objective could be read.
pub(super) fn all(document: &Document) -> impl Iterator<Item = Site<'_>> {
    document.definition.slos.iter().enumerate().filter_map(|(index, slo)| Site::new(document, index, slo))
}

impl<'d> Site<'d> {
    fn new(document: &'d Document, index: usize, slo: &'d Slo) -> Option<Self> {
        let objective = slo.objective().ok()?;
        let policy = if slo.alert_rows().is_empty() {
            Some(Policy::default_for(objective, slo.judged_over()))
        } else {
            Policy::from_rows(objective, slo.judged_over(), slo.alert_rows()).ok()
        };
        let rows = policy.map(|policy| policy.rows().to_vec()).unwrap_or_default();
        Some(Self { definition: &document.definition, slo, objective, rows, places: &document.places, index })
    }

    /// Its place among the SLOs of the definition.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Whether somebody wrote the rows.
    pub(super) fn has_own_rows(&self) -> bool {
        !self.slo.alert_rows().is_empty()
    }

    pub(super) fn pages(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.severity() == Severity::Page)
    }

    /// The routes it looks at; empty for all.
    pub(super) fn routes(&self) -> &'d [String] {
        self.definition.routes_of(self.slo)
    }

    /// Whether there are requests among what it looks at, rather than work and dependencies only.
    pub(super) fn looks_at_requests(&self) -> bool {
        let routes = self.routes();
        let is_request = |route: &String| !matches!(route::form(route), Form::Work(_));
        self.slo.dependency_name().is_none() && (routes.is_empty() || routes.iter().any(is_request))
    }

    /// How long a slice is, if it is budgeted by slices.
    pub(super) fn slice(&self) -> Option<Window> {
        self.slo.budgeting_method().slice()
    }

    pub(super) fn counts_events(&self) -> bool {
        self.slo.budgeting_method() == Budgeting::Occurrences
    }

    /// `SLO "checkout-ok": ` and what is to be said of it.
    pub(super) fn says(&self, what: impl std::fmt::Display) -> String {
        format!("SLO {:?}: {what}", self.slo.name())
    }

    /// Where the SLO itself stands: at its name.
    pub(super) fn own_place(&self) -> Option<Span> {
        self.places.get(&format!("slos.{}.name", self.index)).or_else(|| self.places.slo(self.index, ""))
    }

    /// Where what is at `path`, such as `alerts.1.factor`, was written: by the SLO, else in the defaults. The nearest place
    /// where it was written by neither.
    pub(super) fn place(&self, path: &str) -> Option<Span> {
        let mut path = path;
        loop {
            if let Some(span) = self.exact_place(path) {
                return Some(span);
            }
            match path.rsplit_once('.') {
                Some((holder, _)) => path = holder,
                None => return self.own_place(),
            }
        }
    }

    /// Where just this was written, by the SLO or in the defaults.
    fn exact_place(&self, path: &str) -> Option<Span> {
        let own = self.places.get(&format!("slos.{}.{path}", self.index));
        own.or_else(|| self.places.get(&format!("defaults.{path}")))
    }

    /// Points at `path`, and with a label at the other where that was written as well.
    pub(super) fn at_both(&self, diagnostic: Diagnostic, path: &str, other: &str, label: &str) -> Diagnostic {
        let place = self.place(path);
        let diagnostic = diagnostic.at_place(place, "");
        match self.exact_place(other).filter(|other| place.is_some_and(|place| place != *other)) {
            Some(other) => diagnostic.also(other, label),
            None => diagnostic,
        }
    }
}
