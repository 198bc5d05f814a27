//! One SLO.

use std::time::Duration;

use goodput_model::{
    AlertRow, Budgeting, CancelPolicy, Indicator, JudgedAt, Measure, MinBad, Period, Slo, StatusMeaning, Timing,
    Trigger, UnseenTime,
};

use super::emit::Tree;
use super::service::{Map, list, routes, texts};
use crate::codes::{self, Code};
use crate::duration;

pub(super) fn slo(slo: &Slo) -> Tree {
    let mut map = Map::default();
    map.put("name", Tree::text(slo.name()));
    map.put_if("description", slo.purpose().map(Tree::text));
    map.put_if("journey", slo.journey_name().map(Tree::text));
    map.put("sli", sli(slo.indicator()));
    // An objective that could not be read holds in no definition; its absence says so.
    map.put_if("objective", slo.objective().ok().map(Tree::plain));
    map.put_if("sla", slo.promised().and_then(Result::ok).map(Tree::plain));
    let period = slo.judged_over();
    map.put_if("period", (period != Period::default()).then(|| Tree::plain(period)));
    map.put_if("routes", routes(slo.selected_routes()));
    map.put_if("dependency", slo.dependency_name().map(Tree::text));
    map.put_if("classes", list(slo.selected_classes()));
    map.put_if("budgeting", budgeting(slo));
    map.put_if("traffic", slo.expected_traffic().map(Tree::plain));
    map.put_if("classification", classification(slo));
    let alerts: Vec<Tree> = slo.alert_rows().iter().map(|row| alert(*row)).collect();
    map.put_if("alerts", (!alerts.is_empty()).then_some(Tree::List(alerts)));
    map.put_if("min_bad", min_bad(slo.least_bad()));
    let unseen = slo.unseen_time();
    map.put_if("unseen", (unseen != UnseenTime::default()).then(|| Tree::text(unseen.label())));
    let links: Vec<_> = slo.links().iter().map(|(name, link)| (name.to_owned(), Tree::text(link))).collect();
    map.put_if("links", (!links.is_empty()).then_some(Tree::Map(links)));
    map.put_if("annotations", texts(slo.annotations()));
    map.tree()
}

fn sli(indicator: Indicator) -> Tree {
    let limit = match indicator {
        Indicator::Latency { threshold, .. }
        | Indicator::GoodAndFast { threshold, .. }
        | Indicator::Freshness { threshold } => Tree::plain(duration::print(threshold)),
        Indicator::Throughput { at_least } => Tree::plain(at_least),
        Indicator::Saturation { at_most } => Tree::plain(at_most),
        plain => return Tree::text(plain.label()),
    };
    let mut map = Map::default();
    map.put(indicator.label(), limit);
    let measure = indicator.threshold().and_then(|(_, measure)| match measure {
        Measure::Head => None,
        Measure::FirstByte => Some("first_byte"),
        Measure::End => Some("end"),
    });
    map.put_if("measure", measure.map(Tree::text));
    map.tree()
}

fn budgeting(slo: &Slo) -> Option<Tree> {
    let plain = crate::native::plain_slo(slo.indicator());
    let method = slo.budgeting_method();
    if method == plain.budgeting_method() {
        return None;
    }
    let mut map = Map::default();
    match method {
        Budgeting::Timeslices { slice, target } => {
            map.put("timeslices", Tree::plain(slice));
            map.put_if("target", target.map(Tree::plain));
        }
        Budgeting::RatioTimeslices { slice } => map.put("ratio_timeslices", Tree::plain(slice)),
        method => return Some(Tree::text(method.label())),
    }
    map.any()
}

fn classification(slo: &Slo) -> Option<Tree> {
    let plain = crate::native::plain_slo(slo.indicator());
    let mut map = Map::default();
    let statuses = slo.status_overrides().map(|rule| (Code::Status(rule.status), rule.meaning));
    let grpc = slo.grpc_overrides().map(|rule| (Code::Grpc(rule.code), rule.meaning));
    let codes: Vec<_> = statuses.chain(grpc).collect();
    for (name, meaning) in
        [("good", StatusMeaning::Success), ("bad", StatusMeaning::Failure), ("excluded", StatusMeaning::Excluded)]
    {
        let of_meaning = codes.iter().filter(|(_, other)| *other == meaning);
        let named: Vec<Tree> = of_meaning.map(|(code, _)| Tree::plain(codes::print(*code))).collect();
        map.put_if(name, (!named.is_empty()).then_some(Tree::List(named)));
    }
    map.put_if("client_gone", slo.cancel_policy().and_then(client_gone));
    let point = slo.decision_point();
    map.put_if("judged_at", (point != plain.decision_point()).then(|| Tree::text(word(point))));
    map.put_if("streams_judged_at", slo.follows_streams().then(|| Tree::text(word(JudgedAt::End))));
    map.any()
}

fn client_gone(policy: CancelPolicy) -> Option<Tree> {
    Some(match policy {
        CancelPolicy::Exclude => Tree::text("exclude"),
        CancelPolicy::Bad => Tree::text("bad"),
        CancelPolicy::Good => Tree::text("good"),
        CancelPolicy::BadIfOlder(limit) => {
            Tree::Map(vec![("bad_after".to_owned(), Tree::plain(duration::print(limit)))])
        }
        _ => return None,
    })
}

fn word(point: JudgedAt) -> &'static str {
    match point {
        JudgedAt::Head => "head",
        JudgedAt::End => "end",
    }
}

fn alert(row: AlertRow) -> Tree {
    let mut map = Map::default();
    map.put("severity", Tree::text(&row.severity()));
    map.put("long", Tree::plain(row.long()));
    map.put("short", Tree::plain(row.short()));
    match row.trigger() {
        Trigger::Factor { milli } => map.put("factor", Tree::plain(thousandths(milli))),
        Trigger::BudgetPercent { milli } => map.put("budget", Tree::plain(format!("{}%", thousandths(milli)))),
        _ => {}
    }
    let (timing, usual) = (row.timing(), Timing::of(row.severity()));
    let told = |is: Duration, usual: Duration| (is != usual).then(|| Tree::plain(duration::print(is)));
    map.put_if("for", told(timing.wait, usual.wait));
    map.put_if("keep_firing", told(timing.keep_firing, usual.keep_firing));
    map.tree()
}

/// `14.4` of 14,400.
fn thousandths(milli: u32) -> String {
    let text = format!("{}.{:03}", milli / 1_000, milli % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn min_bad(min_bad: MinBad) -> Option<Tree> {
    match min_bad {
        MinBad::AtLeast(count) => Some(Tree::plain(count)),
        _ => None,
    }
}
