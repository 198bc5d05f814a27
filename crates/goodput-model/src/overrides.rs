//! How an SLO may judge differently from the defaults: where it decides, who went away, what a status means.

use std::time::Duration;

/// Where in a response's life an SLO decides. A request adds one count for each point its route's SLOs use.
///
/// Exhaustive on purpose: an event is decided when its head is there or when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JudgedAt {
    /// At the response head, whatever becomes of the body.
    Head,
    /// At the end of the response: complete, failed or dropped.
    End,
}

/// What a client that goes away before the response head counts as.
///
/// A disconnect after 10 ms says nothing about the service; one after 10 s does
/// ([tower-rs/tower-http#396](https://github.com/tower-rs/tower-http/issues/396)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CancelPolicy {
    /// Always excluded.
    Exclude,
    /// Bad when the request was older than this, else excluded.
    BadIfOlder(Duration),
    /// Always bad.
    Bad,
    /// Always good.
    Good,
}

/// What one status means to one SLO. Exhaustive on purpose: a status and its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatusRule {
    /// The HTTP status, 100 to 999.
    pub status: u16,
    /// What it means.
    pub meaning: StatusMeaning,
}

/// What one gRPC code means to one SLO. Exhaustive on purpose: a code and its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GrpcRule {
    /// The code, 0 to 16.
    pub code: u8,
    /// What it means.
    pub meaning: StatusMeaning,
}

impl GrpcRule {
    /// The names of the codes 0 to 16 (<https://grpc.github.io/grpc/core/md_doc_statuscodes.html>).
    pub const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
}

/// The three meanings a status can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusMeaning {
    /// The request was served.
    Success,
    /// The service failed it.
    Failure,
    /// It says nothing about the service.
    Excluded,
}
