//! The ways a request can end, as data: what the service does, what the client does, and how that has to be counted.

use std::time::Duration;

use goodput::{Outcome, Verdict};
use http::Method;

use crate::clients::{Client, Protocol};
use crate::house::{Ended, Latency};
use crate::script::{Plan, Step, Word};
use crate::servers::Server;

use Client::{GetsNoAnswer, LeavesAfter, LeavesBeforeTheHead, Reads};
use Step::{Arrive, Data, Fail, Filled, Forever, Panic, Pass, Yield};

/// One way a request ends.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) plan: Plan,
    pub(crate) client: Client,
    pub(crate) ended: Ended,
    /// Where this way exists.
    pub(crate) servers: &'static [Server],
    pub(crate) protocols: &'static [Protocol],
    /// How often the server asks the body, where that is what the row is about.
    pub(crate) body_polls: Option<usize>,
}

/// Longer than `fast` allows, shorter than `good-and-fast` does.
pub(crate) const A_WHILE: Duration = Duration::from_secs(1);
/// Longer than anything allows, or than any client is expected to wait.
pub(crate) const LONG: Duration = Duration::from_secs(10);
const VERY_LONG: Duration = Duration::from_secs(30);

pub(crate) fn row(name: &'static str, plan: Plan, client: Client, ended: Ended) -> Row {
    let (servers, protocols) = (&Server::BOTH, &Protocol::BOTH);
    Row { name, method: Method::GET, plan, client, ended, servers, protocols, body_polls: None }
}

impl Row {
    pub(crate) fn head(self) -> Self {
        Self { method: Method::HEAD, ..self }
    }

    fn on_hyper(self) -> Self {
        Self { servers: &[Server::Hyper], ..self }
    }

    pub(crate) fn over_http1(self) -> Self {
        Self { protocols: &[Protocol::Http1], ..self }
    }

    pub(crate) fn over_http2(self) -> Self {
        Self { protocols: &[Protocol::Http2], ..self }
    }

    pub(crate) fn body_polls(self, times: usize) -> Self {
        Self { body_polls: Some(times), ..self }
    }
}

pub(crate) fn text(status: u16, text: &'static str) -> Plan {
    Plan::text(status, text)
}

pub(crate) fn stream(body: impl IntoIterator<Item = Step>) -> Plan {
    Plan::stream(200, body)
}

/// Answers that arrive whole, quick and slow, of every class of status and with every word of the handler.
pub(crate) fn answered() -> Vec<Row> {
    let failure = |bad| Ended::failure(Outcome::ServerError, bad);
    let slow = ["good", "bad (slow)", "bad (slow)", "good"];
    let degraded = Ended { verdicts: ["good", "good", "good", "bad (degraded)"], ..Ended::SUCCESS };
    let limited = Ended::excluded(Outcome::ClientError, "excluded (rate_limited)");
    vec![
        row("served", text(200, "hello"), Reads(200, "hello"), Ended::SUCCESS),
        row("served after three awaits", text(200, "hello").first([Yield; 3]), Reads(200, "hello"), Ended::SUCCESS),
        row(
            "served late",
            text(200, "hello").first([Pass(A_WHILE)]),
            Reads(200, "hello"),
            Ended::slow_success(A_WHILE),
        ),
        row(
            "news at last for a long poll",
            text(200, "news").first([Pass(VERY_LONG)]),
            Reads(200, "news"),
            Ended::new(Outcome::Success, slow, Latency::OfSuccess(VERY_LONG)),
        ),
        row(
            "no news for a long poll",
            text(204, "").first([Pass(VERY_LONG)]),
            Reads(204, ""),
            Ended::new(Outcome::Success, slow, Latency::OfSuccess(VERY_LONG)),
        ),
        row("redirected", text(303, "").with("location", "/"), Reads(303, ""), Ended::SUCCESS),
        row("item not found", text(404, "no item"), Reads(404, "no item"), Ended::CLIENT_ERROR),
        row("rate limited", text(429, "wait"), Reads(429, "wait"), limited),
        row("server error", text(500, "broken"), Reads(500, "broken"), failure("bad (server_error)")),
        row("overloaded", text(503, ""), Reads(503, ""), failure("bad (server_error)")),
        row("gateway timeout", text(504, "late"), Reads(504, "late"), failure("bad (timeout)")),
        row("gave up waiting", text(408, "slow you"), Reads(408, "slow you"), failure("bad (timeout)")),
        row(
            "late server error",
            text(500, "broken").first([Pass(A_WHILE)]),
            Reads(500, "broken"),
            Ended::slow_failure(Outcome::ServerError, "bad (server_error)", A_WHILE),
        ),
        row("degraded", Plan { says: Some(Word::Degraded), ..text(200, "old") }, Reads(200, "old"), degraded),
        row(
            "a late refusal that the handler calls fine",
            saying(Verdict::Good, text(503, "fine").first([Pass(A_WHILE)])),
            Reads(503, "fine"),
            Ended::slow_success(A_WHILE),
        ),
        row(
            "a success that the handler calls wrong",
            saying(Verdict::bad("wrong_total"), text(200, "7")),
            Reads(200, "7"),
            Ended::failure(Outcome::SaidBad, "bad (wrong_total)"),
        ),
        row(
            "a refusal that the handler calls the client's own",
            saying(Verdict::excluded("card_declined"), text(402, "no")),
            Reads(402, "no"),
            Ended::excluded(Outcome::SaidExcluded, "excluded (card_declined)"),
        ),
    ]
}

fn saying(verdict: Verdict, plan: Plan) -> Plan {
    Plan { says: Some(Word::Verdict(verdict)), ..plan }
}

/// Requests that get no answer, since the service fails in place of one.
pub(crate) fn unanswered() -> Vec<Row> {
    let unanswered = |name, plan, ended| row(name, plan, GetsNoAnswer, ended);
    let refused = Ended::failure(Outcome::ServiceError, "bad (service_error)");
    let panicked = Ended::failure(Outcome::Panicked, "bad (panic)");
    vec![
        // In axum a service cannot fail.
        unanswered("refused", text(200, "").first([Fail]), refused).on_hyper(),
        unanswered("refused after an await", text(200, "").first([Yield, Fail]), refused).on_hyper(),
        unanswered(
            "refused late",
            text(200, "").first([Pass(A_WHILE), Fail]),
            Ended::slow_failure(Outcome::ServiceError, "bad (service_error)", A_WHILE),
        )
        .on_hyper(),
        unanswered("panicked in the call", Plan { panics_in_call: true, ..text(200, "") }, panicked),
        unanswered("panicked in the first poll", text(200, "").first([Panic]), panicked),
        unanswered("panicked after an await", text(200, "").first([Yield, Panic]), panicked),
        unanswered(
            "panicked late",
            text(200, "").first([Yield, Pass(LONG), Yield, Panic]),
            Ended::slow_failure(Outcome::Panicked, "bad (panic)", LONG),
        ),
    ]
}

/// Clients that go away: over HTTP/1.1 they close, over HTTP/2 they reset their stream.
pub(crate) fn left() -> Vec<Row> {
    let (excluded, bad) = ("excluded (cancelled)", "bad (cancelled)");
    let waited = |verdicts| Ended { verdicts, ..Ended::CANCELLED };
    let unanswered = |name, head: &[Step], ended| {
        let head = head.iter().copied().chain([Arrive, Forever]);
        row(name, text(200, "").first(head), LeavesBeforeTheHead, ended)
    };
    let late = Ended { verdicts: ["good", "good", "bad (slow)", "good"], ..Ended::BODY_DROPPED };
    // A failure is one whether or not somebody reads about it.
    let after_500 = Ended::failure(Outcome::ServerError, "bad (server_error)");
    let one = || LeavesAfter("one");
    vec![
        unanswered("at once", &[], Ended::CANCELLED),
        unanswered("after three awaits", &[Yield; 3], Ended::CANCELLED),
        unanswered("after a while", &[Pass(A_WHILE)], waited([excluded, bad, excluded, excluded])),
        unanswered("after a long time", &[Pass(LONG)], waited([bad, bad, bad, excluded])),
        row("with the head alone", stream([Arrive, Forever]), LeavesAfter(""), Ended::BODY_DROPPED),
        row("with some bytes", stream([Data("one"), Arrive, Forever]), one(), Ended::BODY_DROPPED),
        row("with some bytes, late", stream([Data("one"), Pass(LONG), Arrive, Forever]), one(), late),
        row("with some bytes of a server error", Plan::stream(500, [Data("one"), Arrive, Forever]), one(), after_500),
        row(
            "with some bytes after a late head",
            stream([Data("one"), Arrive, Forever]).first([Pass(LONG)]),
            one(),
            Ended::new(Outcome::BodyDropped, ["good", "bad (slow)", "bad (slow)", "good"], Latency::OfSuccess(LONG)),
        ),
        row(
            "with some of the declared length",
            stream([Data("one"), Arrive, Forever]).with("content-length", "6"),
            one(),
            Ended::BODY_DROPPED,
        ),
        // All that was promised is delivered, and only trailers are missing.
        row(
            "with all of the declared length and no trailers",
            stream([Data("one"), Arrive, Forever]).with("content-length", "3").with("trailer", "checksum"),
            one(),
            Ended::SUCCESS,
        )
        .over_http2(),
        row(
            "with all bytes and no trailers",
            stream([Data("one"), Arrive, Forever]).with("trailer", "checksum"),
            one(),
            Ended::BODY_DROPPED,
        ),
        // The server cannot know that the client did not take what it had been given.
        row(
            "with everything on its way",
            Plan { knows_its_end: true, ..stream([Arrive, Filled(10_000)]) },
            LeavesAfter(""),
            Ended::SUCCESS,
        ),
        // So much does not go out to a client that reads nothing.
        row(
            "with more to come than it ever reads",
            stream([Arrive].into_iter().chain([Filled(1 << 20); 64])),
            LeavesAfter(""),
            Ended::BODY_DROPPED,
        ),
        row(
            "an event stream",
            stream([Data("data: 1\n\n"), Pass(LONG), Arrive, Forever]).with("content-type", "text/event-stream"),
            LeavesAfter("data: 1\n\n"),
            Ended::SUCCESS,
        ),
    ]
}
