//! The ways a body can end, as rows of the table: unasked, whole, with trailers, and broken.

use goodput::{Outcome, Verdict};

use crate::clients::Client::{Reads, ReadsToTheTrailers, SeesItBreak};
use crate::house::{Ended, Latency};
use crate::script::Step::{Data, Fail, Forever, Panic, Pass, Trailers, Yield};
use crate::script::{Plan, Word};
use crate::table::{A_WHILE, LONG, Row, row, stream, text};

/// Responses without a body on the wire, whose bodies nobody asks for a frame.
pub(crate) fn unasked() -> Vec<Row> {
    let unasked = |name, plan, status| row(name, plan, Reads(status, ""), Ended::SUCCESS).body_polls(0);
    vec![
        unasked("HEAD of a text", text(200, "hello"), 200).head(),
        unasked("HEAD of a stream", stream([Data("hello")]), 200).head(),
        unasked("HEAD of an endless stream", stream([Data("hello"), Forever]), 200).head(),
        unasked("HEAD of a stream of declared length", stream([Data("hello")]).with("content-length", "5"), 200).head(),
        unasked("HEAD of what would have failed", stream([Fail]), 200).head(),
        unasked("empty", text(200, ""), 200),
        // Over HTTP/2, hyper asks any body that does not say that it is over.
        unasked("204 with a body", Plan::stream(204, [Data("hello")]), 204).over_http1(),
        unasked("304 with a body", Plan::stream(304, [Data("hello")]), 304).over_http1(),
        unasked("304 of a declared length", Plan::stream(304, []).with("content-length", "5"), 304).over_http1(),
        unasked("declared empty", stream([]).with("content-length", "0"), 200).over_http1(),
        row("204 with an empty stream", Plan::stream(204, []), Reads(204, ""), Ended::SUCCESS),
        row("304 with an empty stream", Plan::stream(304, []), Reads(304, ""), Ended::SUCCESS),
        row(
            "HEAD of an error",
            text(500, "broken"),
            Reads(500, ""),
            Ended::failure(Outcome::ServerError, "bad (server_error)"),
        )
        .head()
        .body_polls(0),
    ]
}

/// Bodies that arrive whole, each with an end of its own kind.
pub(crate) fn whole() -> Vec<Row> {
    let whole = |name, plan, text| row(name, plan, Reads(200, text), Ended::SUCCESS);
    let ends_itself = |plan| Plan { knows_its_end: true, ..plan };
    let sized = |plan| Plan { knows_its_size: true, ..plan };
    let one_two = || stream([Data("one"), Data("two")]);
    let slow = Ended { verdicts: ["good", "good", "bad (slow)", "good"], ..Ended::SUCCESS };
    vec![
        whole("until there is no more", one_two(), "onetwo").body_polls(3),
        whole("until the frame that says so", ends_itself(one_two()), "onetwo").body_polls(2),
        whole("of its own size", sized(one_two()), "onetwo").over_http1().body_polls(2),
        whole("of its own size over HTTP/2", sized(one_two()), "onetwo").over_http2().body_polls(3),
        whole("of a declared length", one_two().with("content-length", "6"), "onetwo").over_http1().body_polls(2),
        whole("of a declared length over HTTP/2", one_two().with("content-length", "6"), "onetwo")
            .over_http2()
            .body_polls(3),
        whole("empty without saying so", stream([]), "").body_polls(1),
        whole("with empty frames", stream([Data(""), Data("one"), Data(""), Data("two"), Data("")]), "onetwo"),
        whole(
            "with awaits between its frames",
            stream([Yield, Data("one"), Yield, Yield, Data("two"), Yield]),
            "onetwo",
        ),
        row("slow body", stream([Data("one"), Pass(LONG), Data("two")]), Reads(200, "onetwo"), slow),
        row("slow end", stream([Data("one"), Pass(LONG)]), Reads(200, "one"), slow),
        // The end was the last byte, and nobody waits for what a body does after that.
        whole("slow after its end", ends_itself(stream([Data("one"), Pass(LONG)])), "one"),
        whole("slow after its declared length", stream([Data("one"), Pass(LONG)]).with("content-length", "3"), "one")
            .over_http1(),
        // HTTP/1.1 stops at the declared length, even within a frame.
        whole("longer than declared", one_two().with("content-length", "3"), "one").over_http1().body_polls(1),
        whole("longer than declared in one frame", stream([Data("onetwo")]).with("content-length", "3"), "one")
            .over_http1(),
        whole("failing after its declared length", stream([Data("one"), Fail]).with("content-length", "3"), "one")
            .over_http1(),
    ]
}

/// Bodies with trailers, announced or not, to clients that take them or not.
pub(crate) fn trailers() -> Vec<Row> {
    let announced = |plan: Plan| plan.with("trailer", "checksum");
    let one = || stream([Data("one"), Trailers]);
    let taken = |name, plan| row(name, plan, ReadsToTheTrailers(200, "one"), Ended::SUCCESS);
    let untaken = |name, plan| row(name, plan, Reads(200, "one"), Ended::SUCCESS);
    let slow = Ended { verdicts: ["good", "good", "bad (slow)", "good"], ..Ended::SUCCESS };
    vec![
        taken("announced", announced(one())),
        row(
            "announced, with nothing before them",
            announced(stream([Trailers])),
            ReadsToTheTrailers(200, ""),
            Ended::SUCCESS,
        ),
        untaken("announced to a client that takes none", announced(one())),
        // HTTP/1.1 sends only what was announced.
        taken("not announced", one()).over_http2(),
        untaken("not announced over HTTP/1.1", one()).over_http1(),
        // There is no place for trailers after a declared length over HTTP/1.1: the body is dropped with them in it.
        taken("after a declared length", announced(one()).with("content-length", "3")).over_http2(),
        untaken("after a declared length over HTTP/1.1", announced(one()).with("content-length", "3")).over_http1(),
        untaken("announced and never sent", announced(stream([Data("one")]))),
        untaken(
            "announced after a declared length and never sent",
            announced(stream([Data("one")])).with("content-length", "3"),
        ),
        row("slow", announced(stream([Data("one"), Pass(LONG), Trailers])), ReadsToTheTrailers(200, "one"), slow),
    ]
}

/// Bodies that break off on our side.
pub(crate) fn broken() -> Vec<Row> {
    let broken = |name, plan| row(name, plan, SeesItBreak(200), Ended::BODY_FAILED);
    let panicked = |name, plan| row(name, plan, SeesItBreak(200), Ended::BODY_PANICKED);
    let after_500 =
        Ended { outcome: Outcome::BodyFailed, ..Ended::failure(Outcome::ServerError, "bad (server_error)") };
    let after_404 = Ended { latency: Latency::InNeither, ..Ended::BODY_FAILED };
    let after_429 = Ended::excluded(Outcome::BodyFailed, "excluded (rate_limited)");
    let after_a_while = Ended {
        verdicts: ["bad (body_error)", "bad (slow)", "bad (body_error)", "excluded (failed)"],
        latency: Latency::OfSuccess(A_WHILE),
        ..Ended::BODY_FAILED
    };
    let said_good = Plan { says: Some(Word::Verdict(Verdict::Good)), ..Plan::stream(503, [Data("one"), Yield, Fail]) };
    let said_excluded =
        Plan { says: Some(Word::Verdict(Verdict::excluded("theirs"))), ..stream([Data("one"), Yield, Fail]) };
    vec![
        broken("failed after some bytes", stream([Data("one"), Yield, Fail])),
        broken("failed late", stream([Data("one"), Pass(LONG), Yield, Fail])),
        broken("failed within its declared length", stream([Data("one"), Yield, Fail]).with("content-length", "6")),
        broken("short of its declared length", stream([Data("one"), Yield]).with("content-length", "6")),
        broken(
            "late and short of its declared length",
            stream([Data("one"), Pass(LONG), Yield]).with("content-length", "6"),
        ),
        // HTTP/1.1 cuts it; see `whole`.
        broken("longer than declared", stream([Data("one"), Yield, Data("two")]).with("content-length", "5"))
            .over_http2(),
        // From HTTP/2 on a body is asked for more after its declared length, and may still break its stream.
        broken("failing after its declared length", stream([Data("one"), Yield, Fail]).with("content-length", "3"))
            .over_http2(),
        broken("more after its declared length", stream([Data("one"), Yield, Data("two")]).with("content-length", "3"))
            .over_http2(),
        panicked("panicked after its declared length", stream([Data("one"), Yield, Panic]).with("content-length", "3"))
            .over_http2(),
        broken("failing after no declared bytes", stream([Yield, Fail]).with("content-length", "0")).over_http2(),
        broken("bytes after no declared ones", stream([Yield, Data("one")]).with("content-length", "0")).over_http2(),
        broken("a header that promises more than the body has", text(200, "hello").with("content-length", "7"))
            .over_http2(),
        broken("a header that promises less than the body has", text(200, "hello").with("content-length", "3"))
            .over_http2(),
        broken("failing after its exact size", Plan { knows_its_size: true, ..stream([Data("one"), Yield, Fail]) })
            .over_http2(),
        panicked("panicked after some bytes", stream([Data("one"), Yield, Panic])),
        panicked("panicked late", stream([Data("one"), Pass(LONG), Yield, Panic])),
        panicked(
            "panicked within its declared length",
            stream([Data("one"), Yield, Panic]).with("content-length", "6"),
        ),
        row("of a server error", Plan::stream(500, [Data("one"), Yield, Fail]), SeesItBreak(500), after_500),
        row("of a refusal", Plan::stream(404, [Data("one"), Yield, Fail]), SeesItBreak(404), after_404),
        row(
            "of a refusal that is excluded",
            Plan::stream(429, [Data("one"), Yield, Fail]),
            SeesItBreak(429),
            after_429,
        ),
        row(
            "after a late head",
            stream([Data("one"), Yield, Fail]).first([Pass(A_WHILE)]),
            SeesItBreak(200),
            after_a_while,
        ),
        row("of what was called good", said_good, SeesItBreak(503), Ended::BODY_FAILED),
        row(
            "of what was called excluded",
            said_excluded,
            SeesItBreak(200),
            Ended::excluded(Outcome::BodyFailed, "excluded (theirs)"),
        ),
    ]
}
