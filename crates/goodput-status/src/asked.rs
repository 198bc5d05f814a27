//! What a request asks for: read from its method, path and query, of which nothing is ever repeated.

use goodput_core::{Change, ChangeKind, Risk};
use http::{Method, Uri};

/// The longest query. The longest that means anything is a fifth of it.
const MOST_QUERY: usize = 256;

/// A page, and what is to be known of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Asked {
    /// The status as JSON.
    Status,
    /// Prometheus text.
    Metrics,
    /// Whether a change may go out.
    Gate {
        /// Which.
        change: Change,
        /// Whether the status of the response is to say it too.
        by_status: bool,
    },
}

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// No page lies there.
    NotFound,
    /// The page can be read, and nothing else.
    Method,
    /// The query is longer than any that means something.
    LongQuery,
    /// The gate was asked about a change that it does not know.
    Query,
}

/// What is asked for below `prefix`.
pub(crate) fn read(method: &Method, uri: &Uri, prefix: &str) -> Result<Asked, Refused> {
    let page = uri.path().strip_prefix(prefix).filter(|page| ["/status", "/metrics", "/gate"].contains(page));
    let page = page.ok_or(Refused::NotFound)?;
    if method != Method::GET && method != Method::HEAD {
        return Err(Refused::Method);
    }
    let query = uri.query().unwrap_or_default();
    if query.len() > MOST_QUERY {
        return Err(Refused::LongQuery);
    }
    match page {
        "/status" => Ok(Asked::Status),
        "/metrics" => Ok(Asked::Metrics),
        _ => gate(query).ok_or(Refused::Query),
    }
}

/// `kind=feature&risk=low`, each at most once. Without them it is a feature of medium risk.
fn gate(query: &str) -> Option<Asked> {
    let (mut kind, mut risk, mut by_status) = (None, None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let is_second = match pair.split_once('=')? {
            ("kind", value) => kind.replace(ChangeKind::from_label(value)?).is_some(),
            ("risk", value) => risk.replace(Risk::from_label(value)?).is_some(),
            ("http_status", "0") => by_status.replace(false).is_some(),
            ("http_status", "1") => by_status.replace(true).is_some(),
            _ => return None,
        };
        if is_second {
            return None;
        }
    }
    let change = Change::new(kind.unwrap_or(ChangeKind::Feature), risk.unwrap_or(Risk::Medium));
    Some(Asked::Gate { change, by_status: by_status.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_asked_about_a_change_it_knows() {
        let asked = |kind, risk, by_status| Ok(Asked::Gate { change: Change::new(kind, risk), by_status });
        for (query, expected) in [
            ("?kind=config&risk=low", asked(ChangeKind::Config, Risk::Low, false)),
            ("?risk=medium&http_status=1", asked(ChangeKind::Feature, Risk::Medium, true)),
            ("?kind=rollback&http_status=0", asked(ChangeKind::Rollback, Risk::Medium, false)),
            ("", asked(ChangeKind::Feature, Risk::Medium, false)),
            ("?", asked(ChangeKind::Feature, Risk::Medium, false)),
            ("?kind=Feature", Err(Refused::Query)),
            ("?kind=fe%61ture", Err(Refused::Query)),
            ("?kind=", Err(Refused::Query)),
            ("?kind", Err(Refused::Query)),
            ("?kind=feature&kind=fix", Err(Refused::Query)),
            ("?http_status=1&http_status=1", Err(Refused::Query)),
            ("?http_status=yes", Err(Refused::Query)),
            ("?risk=none", Err(Refused::Query)),
            ("?on_no_data=approve", Err(Refused::Query)),
        ] {
            let uri = format!("/slo/gate{query}").parse().unwrap();
            assert_eq!(read(&Method::GET, &uri, "/slo"), expected, "{query}");
        }
    }
}
