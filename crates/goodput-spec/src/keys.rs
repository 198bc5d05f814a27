//! Every key of the native format, in one table: the reader's suggestions, the JSON Schema and the order of printing come from
//! it.

/// A mapping with known keys.
#[derive(Debug)]
pub(crate) struct Section {
    /// For messages and the schema.
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) keys: &'static [Key],
}

#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// One line: what it means, with its default.
    pub(crate) doc: &'static str,
    pub(crate) required: bool,
}

/// What may stand as a value.
#[derive(Debug)]
pub(crate) enum Kind {
    Version,
    /// Any text for people.
    Text,
    /// Letters, digits and `-_.:`.
    Name,
    /// An address of the web.
    Link,
    TimeZone,
    Objective,
    Share,
    /// A percentage without an upper end.
    Percent,
    /// A whole number.
    Count,
    /// A plain decimal number.
    Factor,
    Rate,
    Duration,
    Window,
    Period,
    /// A status or a gRPC code.
    Code,
    Route,
    /// One of these.
    Words(&'static [&'static str]),
    List(&'static Kind),
    /// Keys of the user's own; each value is of this kind.
    Table(&'static Kind),
    /// Objectives, each with a latency threshold.
    Thresholds,
    Section(&'static Section),
    Either(&'static [Kind]),
}

impl Section {
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Kind {
    /// In messages, after "expected".
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Version => "1".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Name => "a name of letters, digits and - _ . :".to_owned(),
            Self::Link => "an address such as https://runbooks.example/checkout".to_owned(),
            Self::TimeZone => "a name of the IANA database, such as Europe/Berlin".to_owned(),
            Self::Objective => "a percentage such as 99.9%".to_owned(),
            Self::Share => "a percentage from 0% to 100%, such as 80%".to_owned(),
            Self::Percent => "a percentage such as 2%".to_owned(),
            Self::Count => "a whole number".to_owned(),
            Self::Factor => "a plain number such as 14.4".to_owned(),
            Self::Rate => "a rate such as 50/s or 10/h".to_owned(),
            Self::Duration => "a length of time such as 300ms or 1.5s".to_owned(),
            Self::Window => "a length of time such as 5m or 3d".to_owned(),
            Self::Period => "a period: 30d, 4w, month or quarter".to_owned(),
            Self::Code => "a status such as 404 or a gRPC code such as NOT_FOUND".to_owned(),
            Self::Route => "a route: /path/{id}, {grpc: pkg.Service/Method} or {work: name}".to_owned(),
            Self::Words(words) => one_of(words),
            Self::List(Self::Section(section)) => format!("a list, each a mapping with {}", keys_of(section)),
            Self::List(each) => format!("a list, each {}", each.expected()),
            Self::Table(each) => format!("a mapping of names, each to {}", each.expected()),
            Self::Thresholds => "a mapping such as {95%: 500ms, 99%: 1s}".to_owned(),
            Self::Section(section) => format!("a mapping with {}", keys_of(section)),
            Self::Either(kinds) => kinds.iter().map(Self::expected).collect::<Vec<_>>().join(", or "),
        }
    }
}

/// `one of a, b, c`, or the word if there is one.
pub(crate) fn one_of(words: &[&str]) -> String {
    match words {
        [word] => (*word).to_owned(),
        words => format!("one of {}", words.join(", ")),
    }
}

/// The names of a section's keys, as far as a line holds them.
fn keys_of(section: &Section) -> String {
    const SHOWN: usize = 6;
    let names: Vec<&str> = section.keys.iter().map(|key| key.name).take(SHOWN).collect();
    let more = if section.keys.len() > SHOWN { ", .." } else { "" };
    format!("{}{more}", names.join(", "))
}

const fn key(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, doc, required: false }
}

const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, doc, required: true }
}

const TIERS: &[&str] = &["critical", "essential", "standard", "best-effort"];
const JUDGED: &[&str] = &["head", "end"];
const NAMES: Kind = Kind::List(&Kind::Name);
const ROUTES: Kind = Kind::List(&Kind::Route);
const CODES: Kind = Kind::List(&Kind::Code);
const TEXTS: Kind = Kind::Table(&Kind::Text);

/// The whole file.
pub(crate) static FILE: Section = Section {
    name: "definition",
    doc: "The SLOs of one service, in goodput's own format.",
    keys: &[
        required("version", Kind::Version, "The version of this format: 1."),
        required("service", Kind::Name, "The service's name: the `service` label of everything exported."),
        key("description", Kind::Text, "What the service is for."),
        key("owner", Kind::Text, "Who answers for it."),
        key("tier", Kind::Words(TIERS), "How good it has to be; gives SLOs that name no objective the tier's."),
        key("labels", TEXTS, "Labels that tell it from other services, on everything generated for it."),
        key("selector", TEXTS, "Which of the fleet's series are its own: labels and their values."),
        key("time_zone", Kind::TimeZone, "The time zone of calendar periods. Default: UTC."),
        key(
            "role",
            Kind::Words(&["observe", "notify"]),
            "Whether a process tells anybody by itself. Default: observe.",
        ),
        key(
            "instances",
            Kind::Words(&["single", "many"]),
            "`single`: no other instance exists, so it may page. Default: many.",
        ),
        key("classes", NAMES, "Request classes that SLOs may select, at most 8."),
        key("reasons", NAMES, "Words that handlers give as reasons, each with a series of its own."),
        key("dependencies", NAMES, "Services that this one calls, beyond those that SLOs name."),
        key("server_deadline", Kind::Duration, "The deadline the server itself puts on a request."),
        key("routes", Kind::Section(&ROUTE_TABLE), "How routes are told apart and treated."),
        key("error_budget", Kind::Section(&ERROR_BUDGET), "What the rest of the error budget permits."),
        key("defaults", Kind::Section(&DEFAULTS), "What every SLO has that does not say otherwise."),
        key("journeys", Kind::List(&Kind::Section(&JOURNEY)), "What users come to do: names for groups of routes."),
        required(
            "slos",
            Kind::List(&Kind::Section(&SLO)),
            "The service level objectives, in the order they are shown.",
        ),
    ],
};

pub(crate) static ROUTE_TABLE: Section = Section {
    name: "routes",
    doc: "How routes are told apart and treated.",
    keys: &[
        key("max", Kind::Count, "How many routes are told apart; more are counted as `other`. Default: 1000."),
        key("exclude", ROUTES, "Routes whose requests count for no SLO: health checks, metrics."),
        key("stream", ROUTES, "Routes whose responses are streams, whatever their content type."),
        key("classes", Kind::Table(&ROUTES), "The class of requests to these routes, by class."),
    ],
};

pub(crate) static ERROR_BUDGET: Section = Section {
    name: "error_budget",
    doc: "What the rest of the error budget permits.",
    keys: &[
        key(
            "bands",
            Kind::Either(&[Kind::Words(&goodput_model::BudgetBands::PRESETS), Kind::List(&Kind::Section(&BAND))]),
            "From the fullest band to the last: a preset, or bands of one's own. Default: 50/10/0.",
        ),
        key("hysteresis", Kind::Share, "How far the budget recovers beyond a line before a better band. Default: 2%."),
    ],
};

pub(crate) static BAND: Section = Section {
    name: "band",
    doc: "A band of the remaining error budget.",
    keys: &[
        key("above", Kind::Share, "More than this share is left. The last band has no line."),
        required("name", Kind::Name, "What people call it."),
        required("action", Kind::Words(&["approve", "review", "defer", "block"]), "What may be released there."),
    ],
};

pub(crate) static JOURNEY: Section = Section {
    name: "journey",
    doc: "What users come to do.",
    keys: &[
        required("name", Kind::Name, "The name, unique within the file."),
        key("description", Kind::Text, "What users do there."),
        key("owner", Kind::Text, "Who answers for it."),
        key("criticality", Kind::Words(&["critical", "high", "medium", "low"]), "How much depends on it."),
        key("tier", Kind::Words(TIERS), "How good it has to be; gives its SLOs that name no objective the tier's."),
        key("routes", ROUTES, "Its routes: those of every SLO of the journey that names none."),
    ],
};

/// What an SLO may say and the defaults may say for all of them.
pub(crate) static DEFAULTS: Section = Section {
    name: "defaults",
    doc: "What every SLO has that does not say otherwise.",
    keys: &[SLA, PERIOD, BUDGETING, CLASSIFICATION_KEY, ALERTS, MIN_BAD, UNSEEN, LINKS_KEY],
};

const SLA: Key = key("sla", Kind::Objective, "What was promised to customers, weaker than the objective.");
const PERIOD: Key = key("period", Kind::Period, "What it is judged over. Default: 30d.");
const METHODS: &[Kind] = &[Kind::Words(&["occurrences"]), Kind::Section(&TIMESLICES), Kind::Section(&RATIO_TIMESLICES)];
const BUDGETING: Key = key(
    "budgeting",
    Kind::Either(METHODS),
    "What the budget is a share of. Default: occurrences; for freshness, throughput and saturation {timeslices: 1m}.",
);
const CLASSIFICATION_KEY: Key =
    key("classification", Kind::Section(&CLASSIFICATION), "Where it judges differently from the defaults.");
const ALERT_KIND: &Kind = &Kind::Section(&ALERT);
const ALERTS: Key = key("alerts", Kind::List(ALERT_KIND), "Rows of one's own in place of the default ones.");
const MIN_BAD: Key = key(
    "min_bad",
    Kind::Either(&[Kind::Words(&["auto"]), Kind::Count]),
    "The least number of bad events before a condition holds. Default: auto.",
);
const UNSEEN: Key = key(
    "unseen",
    Kind::Words(&["scaled", "partial", "freeze"]),
    "What conditions make of time nobody saw: it adds no burn, what was seen speaks for it, or they wait. Default: scaled.",
);
const LINKS_KEY: Key = key("links", Kind::Section(&LINKS), "Where somebody who is paged finds what to do.");

pub(crate) static SLO: Section = Section {
    name: "SLO",
    doc: "A service level objective: which events, what makes one good, what share has to be.",
    keys: &[
        required("name", Kind::Name, "The name, unique within the file: the `slo` label."),
        key("description", Kind::Text, "What it is about."),
        key("journey", Kind::Name, "The journey it belongs to; its routes are the SLO's unless it names its own."),
        required(
            "sli",
            Kind::Either(&[Kind::Words(INDICATORS), Kind::Section(&SLI)]),
            "What makes an event, or a slice of time, good.",
        ),
        key("objective", Kind::Objective, "The share that has to be good. Needed unless a tier gives it."),
        SLA,
        PERIOD,
        key("routes", ROUTES, "The routes, gRPC methods and work it looks at. Default: all, or the journey's."),
        key("dependency", Kind::Name, "The dependency whose calls it looks at, in place of requests."),
        key("classes", NAMES, "The request classes it looks at. Default: all."),
        BUDGETING,
        key("traffic", Kind::Rate, "The traffic that is usual."),
        CLASSIFICATION_KEY,
        ALERTS,
        MIN_BAD,
        UNSEEN,
        LINKS_KEY,
        key("annotations", TEXTS, "Texts for whatever reads its alerts."),
    ],
};

/// The indicators that need no more than their name; `latency` and `good_and_fast` where a tier gives the threshold.
pub(crate) const INDICATORS: &[&str] =
    &["availability", "error_rate", "quality", "correctness", "completeness", "custom", "latency", "good_and_fast"];

pub(crate) static SLI: Section = Section {
    name: "SLI",
    doc: "An indicator with a limit: one of `latency`, `good_and_fast`, `freshness`, `throughput`, `saturation`.",
    keys: &[
        key(
            "latency",
            Kind::Either(&[Kind::Duration, Kind::Thresholds]),
            "Successes within it are good; with several thresholds, one SLO for each.",
        ),
        key("good_and_fast", Kind::Duration, "What neither failed nor took longer is good."),
        key("freshness", Kind::Duration, "Data at most so old is good."),
        key("throughput", Kind::Rate, "A slice with at least so many events is good."),
        key("saturation", Kind::Share, "A slice with at most so much in use is good."),
        key("measure", Kind::Words(&["head", "first_byte", "end"]), "The point latency is measured to. Default: head."),
    ],
};

pub(crate) static TIMESLICES: Section = Section {
    name: "timeslices",
    doc: "Slices of time, each good or bad.",
    keys: &[
        required("timeslices", Kind::Window, "How long a slice is."),
        key("target", Kind::Objective, "The share of a slice's events that has to be good, where events are judged."),
    ],
};

pub(crate) static RATIO_TIMESLICES: Section = Section {
    name: "ratio_timeslices",
    doc: "The mean of the slices' own ratios.",
    keys: &[required("ratio_timeslices", Kind::Window, "How long a slice is.")],
};

pub(crate) static CLASSIFICATION: Section = Section {
    name: "classification",
    doc: "Where an SLO judges differently from the defaults.",
    keys: &[
        key("good", CODES, "Statuses and gRPC codes that count as successes."),
        key("bad", CODES, "Statuses and gRPC codes that count as failures."),
        key("excluded", CODES, "Statuses and gRPC codes that do not count."),
        key(
            "client_gone",
            Kind::Either(&[Kind::Words(&["exclude", "bad", "good"]), Kind::Section(&CLIENT_GONE)]),
            "What a client that goes away before the head counts as.",
        ),
        key(
            "judged_at",
            Kind::Words(JUDGED),
            "Where the verdict falls. Default: end; head for latency measured there.",
        ),
        key("streams_judged_at", Kind::Words(JUDGED), "Where the verdict on a stream falls. Default: head."),
    ],
};

pub(crate) static CLIENT_GONE: Section = Section {
    name: "client_gone",
    doc: "Bad when the request was older than this, else excluded.",
    keys: &[required("bad_after", Kind::Duration, "How old it has to be.")],
};

pub(crate) static ALERT: Section = Section {
    name: "alert",
    doc: "An alert row. It fires while its burn is exceeded over both windows.",
    keys: &[
        required("severity", Kind::Words(&["page", "ticket", "log"]), "Whom it is for."),
        required("long", Kind::Window, "The window that says it matters."),
        required("short", Kind::Window, "The window that says it still goes on."),
        key("factor", Kind::Factor, "The burn rate it takes. Either this or `budget`."),
        key("budget", Kind::Percent, "The share of the period's budget, spent within the long window."),
        key("for", Kind::Duration, "How long its condition has to hold before it fires. Default: 0s."),
        key(
            "keep_firing",
            Kind::Duration,
            "How long its condition has not to hold before it resolves. Default: 15m for a page, else 1h.",
        ),
    ],
};

pub(crate) static LINKS: Section = Section {
    name: "links",
    doc: "Addresses that alerts carry. In the defaults, {slo} stands for the SLO's name.",
    keys: &[
        key("runbook", Kind::Link, "What to do."),
        key("dashboard", Kind::Link, "What it looks like."),
        key("traces", Kind::Link, "The requests it happened to."),
    ],
};

#[cfg(test)]
pub(crate) static ALL: [&Section; 14] = [
    &FILE,
    &ROUTE_TABLE,
    &ERROR_BUDGET,
    &BAND,
    &JOURNEY,
    &DEFAULTS,
    &SLO,
    &SLI,
    &TIMESLICES,
    &RATIO_TIMESLICES,
    &CLASSIFICATION,
    &CLIENT_GONE,
    &ALERT,
    &LINKS,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use goodput_model::{Action, Criticality, Role, Tier, UnseenTime};

    use super::*;

    #[test]
    fn words_are_those_of_the_model() {
        let words = |section: &Section, name: &str| match section.key(name).map(|key| &key.kind) {
            Some(Kind::Words(words)) => words.iter().copied().collect::<BTreeSet<_>>(),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(words(&FILE, "tier"), Tier::ALL.map(Tier::label).into());
        assert_eq!(words(&FILE, "role"), Role::ALL.map(Role::label).into());
        assert_eq!(words(&JOURNEY, "criticality"), Criticality::ALL.map(Criticality::label).into());
        assert_eq!(words(&SLO, "unseen"), UnseenTime::ALL.map(UnseenTime::label).into());
        assert_eq!(words(&BAND, "action"), Action::ALL.map(Action::label).into());
    }
}
