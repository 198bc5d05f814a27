//! Every way a call over HTTP can end, one row each: what is called, what its caller does, and what has to be counted.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use goodput::{ManualStopwatch, Outcome, Slo, Stopwatch};
use http_body_util::BodyExt;
use tokio::time::timeout;
use tower::timeout::Timeout;
use tower::{BoxError, ServiceExt};

use crate::clients::{Answer, Client, PATIENCE, boxed, get};
use crate::counted::{built, check, shop};
use crate::upstreams::Upstream;

/// One way a call ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    name: &'static str,
    at: At,
    path: &'static str,
    caller: Does,
    outcome: Outcome,
    /// What `payments-ok` and `payments-fast` make of it.
    verdicts: [&'static str; 2],
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Serving,
    HangingUp,
    Refusing,
}

/// What the caller does and has to see. Times are on the stopwatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// Reads an answer of this status to its end.
    Reads(u16),
    /// The same, after the server has taken this long.
    ReadsAfter(Duration),
    /// Looks at the status and no further.
    LooksAt(u16),
    /// Gets an error in place of an answer.
    GetsNone,
    /// Reads a head and some bytes, and then an error.
    SeesItTorn,
    /// Goes away after the first bytes.
    LeavesMidBody,
    /// Goes away while it waits for the head.
    LeavesAfter(Duration),
    /// A timeout inside the layer ends the call.
    HasADeadline,
    /// A timeout outside the layer ends the call.
    IsGivenUpAfter(Duration),
}

/// A tower timeout, which runs on tokio's clock.
const DEADLINE: Duration = Duration::from_secs(20);
/// Longer than `payments-fast` allows, and not long enough to be held against anybody.
const A_WHILE: Duration = Duration::from_secs(1);
/// Longer than four times what `payments-fast` allows.
const LONG: Duration = Duration::from_secs(10);

/// The rows.
pub(crate) fn ways() -> Vec<Way> {
    use At::{HangingUp, Refusing, Serving};
    use Does::{
        GetsNone, HasADeadline, IsGivenUpAfter, LeavesAfter, LeavesMidBody, LooksAt, Reads, ReadsAfter, SeesItTorn,
    };
    use Outcome::{BodyDropped, BodyFailed, Cancelled, ClientError, ServerError, ServiceError, Success};
    let way = |name, at, path, caller, outcome, verdicts| Way { name, at, path, caller, outcome, verdicts };
    let good = ["good"; 2];
    let failed = |bad| [bad, "excluded (failed)"];
    let left = ["excluded (cancelled)"; 2];
    let left_late = ["excluded (cancelled)", "bad (cancelled)"];
    let left_too_late = ["bad (cancelled)"; 2];
    vec![
        // Answered.
        way("read", Serving, "/status/200", Reads(200), Success, good),
        way("read to the end of a stream", Serving, "/stream", Reads(200), Success, good),
        way("nothing to read", Serving, "/status/204", Reads(204), Success, good),
        way("slow", Serving, "/slow", ReadsAfter(A_WHILE), Success, ["good", "bad (slow)"]),
        way("our own fault", Serving, "/status/400", Reads(400), ClientError, good),
        way("not allowed", Serving, "/status/403", Reads(403), ClientError, good),
        way("not found", Serving, "/status/404", Reads(404), ClientError, good),
        way("conflict", Serving, "/status/409", Reads(409), ClientError, good),
        way("too many", Serving, "/status/429", Reads(429), ClientError, ["excluded (rate_limited)"; 2]),
        way("failed", Serving, "/status/500", Reads(500), ServerError, failed("bad (server_error)")),
        way("overloaded", Serving, "/status/503", Reads(503), ServerError, failed("bad (server_error)")),
        way("timed out there", Serving, "/status/504", Reads(504), ServerError, failed("bad (timeout)")),
        way("failed, unread", Serving, "/status/503", LooksAt(503), ServerError, failed("bad (server_error)")),
        way("unread", Serving, "/status/200", LooksAt(200), BodyDropped, good),
        way("left mid-body", Serving, "/endless", LeavesMidBody, BodyDropped, good),
        way("torn", Serving, "/torn", SeesItTorn, BodyFailed, ["bad (body_error)", "good"]),
        // Not answered.
        way("nobody there", Refusing, "/status/200", GetsNone, ServiceError, failed("bad (service_error)")),
        way("hung up", HangingUp, "/status/200", GetsNone, ServiceError, failed("bad (service_error)")),
        way("deadline", Serving, "/waits", HasADeadline, ServiceError, failed("bad (service_error)")),
        // Given up.
        way("left", Serving, "/waits", LeavesAfter(Duration::ZERO), Cancelled, left),
        way("left after a while", Serving, "/waits", LeavesAfter(A_WHILE), Cancelled, left_late),
        way("left after a long time", Serving, "/waits", LeavesAfter(LONG), Cancelled, left_too_late),
        way("given up", Serving, "/waits", IsGivenUpAfter(Duration::ZERO), Cancelled, left),
        way("given up after a while", Serving, "/waits", IsGivenUpAfter(A_WHILE), Cancelled, left_late),
        way("given up after a long time", Serving, "/waits", IsGivenUpAfter(LONG), Cancelled, left_too_late),
    ]
}

impl Way {
    /// Makes one call this way, sees what there has to be to see, and checks what was counted: one event of the dependency's,
    /// and nothing of the server's.
    pub(crate) async fn check(&self, client: Client) {
        let what = format!("{} with {client:?}", self.name);
        let (stopwatch, hand) = Stopwatch::manual();
        let fast = Slo::latency("payments-fast", "99%", Duration::from_millis(300)).of_dependency("payments");
        let goodput = built(shop(&["payments"]).slo(fast).stopwatch(stopwatch));
        let upstream = match self.at {
            At::Serving => Upstream::serves().await,
            At::HangingUp => Upstream::hangs_up().await,
            At::Refusing => Upstream::refuses(),
        };
        let deadline = (self.caller == Does::HasADeadline).then_some(DEADLINE);
        let caller = client.calling("payments", &goodput, deadline);
        let caller = match self.caller {
            Does::IsGivenUpAfter(_) => boxed(Timeout::new(caller, DEADLINE)),
            _ => caller,
        };
        let call = caller.oneshot(get(upstream.uri(self.path)));
        timeout(PATIENCE, self.perform(&what, call, &upstream, &hand)).await.unwrap();

        let outcome = format!("dependency:payments: {}", self.outcome);
        let [ok, fast] = self.verdicts;
        let verdicts = [format!("payments-ok: {ok}"), format!("payments-fast: {fast}")];
        check(&goodput, &what, &[(&outcome, 1), (&verdicts[0], 1), (&verdicts[1], 1)]);
        assert_eq!(Arc::strong_count(&goodput), 1, "{what}: the handle is given back");
    }

    async fn perform(
        &self,
        what: &str,
        call: impl Future<Output = Result<Answer, BoxError>>,
        upstream: &Upstream,
        hand: &ManualStopwatch,
    ) {
        let mut call = pin!(call);
        if ["/slow", "/waits"].contains(&self.path) {
            upstream.takes(call.as_mut()).await;
        }
        match self.caller {
            // The call is dropped with this function.
            Does::LeavesAfter(age) => return hand.advance(age),
            Does::IsGivenUpAfter(age) | Does::ReadsAfter(age) => hand.advance(age),
            _ => {}
        }
        match self.caller {
            Does::ReadsAfter(_) => upstream.lets_go(),
            Does::HasADeadline | Does::IsGivenUpAfter(_) => {
                tokio::time::pause();
                tokio::time::advance(DEADLINE + A_WHILE).await;
                tokio::time::resume();
            }
            _ => {}
        }
        let answer = call.await;
        if matches!(self.caller, Does::GetsNone | Does::HasADeadline | Does::IsGivenUpAfter(_)) {
            assert!(answer.is_err(), "{what}: {answer:?}");
            return;
        }
        let answer = answer.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let status = if let Does::Reads(status) | Does::LooksAt(status) = self.caller { status } else { 200 };
        assert_eq!(answer.status(), status, "{what}");
        let mut body = answer.into_body();
        if matches!(self.caller, Does::SeesItTorn | Does::LeavesMidBody) {
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one", "{what}");
        }
        if matches!(self.caller, Does::LooksAt(_) | Does::LeavesMidBody) {
            return;
        }
        upstream.lets_go();
        assert_eq!(body.collect().await.is_err(), self.caller == Does::SeesItTorn, "{what}");
    }
}
