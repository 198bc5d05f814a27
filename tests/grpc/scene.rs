//! One instance with its desk, and the lines that one call of it has to leave behind.

use std::sync::Arc;
use std::time::Duration;

use goodput::grpc::{Methods, SliLayer};
use goodput::{Goodput, GoodputBuilder, JudgedAt, ManualStopwatch, Slo, Stopwatch};
use tonic::Code;
use tonic::service::Routes;
use tonic::transport::Server;

use crate::desk::{CHAT, Desk, GET, LIST, SUM};
use crate::house::House;
use crate::raw::{Raw, Reply};

/// Longer than `fast` allows, shorter than a client is expected to wait: four times that, but a second at least.
pub(crate) const A_WHILE: Duration = Duration::from_millis(500);
/// Longer than a client is expected to wait.
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// An instance on a stopwatch that only the desk and the test move.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) goodput: Arc<Goodput>,
    pub(crate) hand: ManualStopwatch,
    pub(crate) desk: Desk,
    pub(crate) raw: Raw,
}

impl Scene {
    /// Two SLOs on every route: `available`, and `fast` for heads within 300 ms.
    pub(crate) fn new() -> Self {
        Self::with(|instance| instance)
    }

    /// A third one, `to-the-end`, which judges streams by how they end.
    pub(crate) fn following_streams() -> Self {
        let to_the_end = Slo::availability("to-the-end", "99.9%");
        Self::with(|instance| instance.slo(to_the_end.streams_judged_at(JudgedAt::End)))
    }

    /// The two, and more.
    pub(crate) fn with(more: impl FnOnce(GoodputBuilder) -> GoodputBuilder) -> Self {
        Self::of(more(Goodput::builder("house").slo(Slo::availability("available", "99.9%")).slo(fast())))
    }

    /// `fast` alone, which does not wait for the end of anything.
    pub(crate) fn judging_heads() -> Self {
        Self::of(Goodput::builder("house").slo(fast()))
    }

    fn of(instance: GoodputBuilder) -> Self {
        let (stopwatch, hand) = Stopwatch::manual();
        let goodput = Arc::new(instance.stopwatch(stopwatch).build().unwrap());
        Self { goodput, desk: Desk::new(hand.clone()), hand, raw: Raw(&[]) }
    }

    /// The raw service has these replies.
    pub(crate) fn replying(self, replies: &'static [Reply]) -> Self {
        Self { raw: Raw(replies), ..self }
    }

    pub(crate) fn routes(&self) -> Routes {
        Routes::new(self.desk.clone()).add_service(self.raw)
    }

    /// The layer, with the methods of the desk listed as what they are.
    pub(crate) fn layer(&self) -> SliLayer<Arc<Goodput>> {
        self.unlisted().methods(Methods::new().unary(GET).streaming(LIST).streaming(SUM).streaming(CHAT))
    }

    /// The layer without a list.
    pub(crate) fn unlisted(&self) -> SliLayer<Arc<Goodput>> {
        SliLayer::new(Arc::clone(&self.goodput))
    }

    /// A server that knows the desk's methods.
    pub(crate) async fn open(&self) -> House {
        self.open_with(self.layer()).await
    }

    /// A server with this layer.
    pub(crate) async fn open_with(&self, layer: SliLayer<Arc<Goodput>>) -> House {
        House::start(Server::builder().layer(layer), self.routes()).await
    }
}

fn fast() -> Slo {
    Slo::latency("fast", "99%", Duration::from_millis(300))
}

/// What a code counts as on a method that is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeRow {
    pub(crate) code: Code,
    pub(crate) outcome: &'static str,
    pub(crate) available: &'static str,
    pub(crate) fast: &'static str,
    /// The name of the code where the service failed.
    pub(crate) error: Option<&'static str>,
    /// Whether a response with this code shows that the method exists.
    pub(crate) admits: bool,
}

const fn fine(code: Code, outcome: &'static str) -> CodeRow {
    CodeRow { code, outcome, available: "good", fast: "good", error: None, admits: true }
}

const fn failed(code: Code, available: &'static str, error: &'static str) -> CodeRow {
    CodeRow { code, outcome: "server_error", available, fast: "excluded (failed)", error: Some(error), admits: true }
}

/// A layer in front may say this without knowing the method.
const fn before_the_method(row: CodeRow) -> CodeRow {
    CodeRow { admits: false, ..row }
}

/// All the codes there are.
pub(crate) const CODES: [CodeRow; 17] = [
    fine(Code::Ok, "success"),
    before_the_method(fine(Code::Cancelled, "client_error")),
    failed(Code::Unknown, "bad (server_error)", "UNKNOWN"),
    fine(Code::InvalidArgument, "client_error"),
    before_the_method(failed(Code::DeadlineExceeded, "bad (timeout)", "DEADLINE_EXCEEDED")),
    fine(Code::NotFound, "client_error"),
    fine(Code::AlreadyExists, "client_error"),
    before_the_method(fine(Code::PermissionDenied, "client_error")),
    before_the_method(failed(Code::ResourceExhausted, "bad (resource_exhausted)", "RESOURCE_EXHAUSTED")),
    fine(Code::FailedPrecondition, "client_error"),
    fine(Code::Aborted, "client_error"),
    fine(Code::OutOfRange, "client_error"),
    before_the_method(failed(Code::Unimplemented, "bad (server_error)", "UNIMPLEMENTED")),
    failed(Code::Internal, "bad (server_error)", "INTERNAL"),
    before_the_method(failed(Code::Unavailable, "bad (server_error)", "UNAVAILABLE")),
    failed(Code::DataLoss, "bad (server_error)", "DATA_LOSS"),
    before_the_method(fine(Code::Unauthenticated, "client_error")),
];

impl CodeRow {
    /// What one call leaves behind on `route` that has this code at its head.
    pub(crate) fn lines(&self, route: &str) -> Vec<String> {
        self.lines_with(route, self.fast)
    }

    /// The same with the code in its trailers: the head was in time, whatever came of it.
    pub(crate) fn lines_of_trailers(&self, route: &str) -> Vec<String> {
        self.lines_with(route, "good")
    }

    fn lines_with(&self, route: &str, fast: &str) -> Vec<String> {
        let error = self.error.map(|error| format!("{route} error {error}"));
        lines(route, self.outcome, self.available, fast).into_iter().chain(error).collect()
    }
}

/// What one call leaves behind that ended so on `route`; for a failure that has a code or the handler's word, but for that.
pub(crate) fn lines(route: &str, outcome: &str, available: &str, fast: &str) -> Vec<String> {
    let error = match outcome {
        "no_status" => Some("no_grpc_status"),
        "service_error" => Some("service_error"),
        "panicked" => Some("panic"),
        "body_failed" => Some("body_error"),
        _ => None,
    };
    let lines = [format!("{route} {outcome}"), format!("available: {available}"), format!("fast: {fast}")];
    lines.into_iter().chain(error.map(|error| format!("{route} error {error}"))).collect()
}
