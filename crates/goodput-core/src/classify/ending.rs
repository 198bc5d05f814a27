//! The ways an event can end, what is reported of it, and what the handler said about it.

use std::fmt;

use goodput_model::{Reason, Verdict};

use super::code::Code;

/// How an event ended. Every event ends in exactly one of these ways, which mean one thing before the response head and
/// another after it.
///
/// The first four are all a service can do: come to its end, fail, panic, or have nobody wait for it. The other two are what
/// a layer around it can do instead, where one of ours stands outside of that layer as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// The response is complete. Without a head there is nothing to complete: it counts as [`Ending::Failed`].
    Completed,
    /// The service returned `Err` in place of a head, or the body failed on our side.
    Failed,
    /// The service panicked, or its body did.
    Panicked,
    /// The caller went away: the future was dropped before there was a head, or the body before its end.
    Dropped,
    /// A layer around the service gave up waiting for the head, and answered in its place. After the head it counts as
    /// [`Ending::Failed`].
    TimedOut,
    /// A layer around the service refused the request before it came there. After the head it counts as
    /// [`Ending::Failed`].
    Refused,
}

/// What is reported of an event on its route, independent of any SLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Outcome {
    /// Served; for HTTP, a status below 400.
    Success,
    /// A status of the 4xx class but for 408, or a gRPC code that blames nobody but the caller.
    ClientError,
    /// A status of 500 or above, 408, by which a service says that it gave up waiting, or a 1xx that is no answer. In gRPC:
    /// `UNKNOWN`, `DEADLINE_EXCEEDED`, `RESOURCE_EXHAUSTED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS`.
    ServerError,
    /// A gRPC response that ended without a status.
    NoStatus,
    /// The handler called it bad.
    SaidBad,
    /// The handler called it excluded.
    SaidExcluded,
    /// The service returned `Err`.
    ServiceError,
    /// The service or the body panicked.
    Panicked,
    /// The caller went away before the head.
    Cancelled,
    /// The body failed on our side.
    BodyFailed,
    /// The caller dropped the body.
    BodyDropped,
    /// A layer around the service gave up waiting for the head.
    TimedOut,
    /// A layer around the service refused the request.
    Refused,
}

impl Outcome {
    /// Every outcome, in the order they are shown.
    pub const ALL: &'static [Self] = &[
        Self::Success,
        Self::ClientError,
        Self::ServerError,
        Self::NoStatus,
        Self::SaidBad,
        Self::SaidExcluded,
        Self::ServiceError,
        Self::Panicked,
        Self::Cancelled,
        Self::BodyFailed,
        Self::BodyDropped,
        Self::TimedOut,
        Self::Refused,
    ];

    /// Whether the service failed, as the default rules have it.
    pub const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::ServerError
                | Self::NoStatus
                | Self::SaidBad
                | Self::ServiceError
                | Self::Panicked
                | Self::BodyFailed
                | Self::TimedOut
                | Self::Refused
        )
    }

    /// What went wrong, for outcomes that say so alone.
    pub(crate) const fn error_type(self) -> Option<Reason> {
        match self {
            Self::NoStatus => Some(Reason::NO_GRPC_STATUS),
            Self::ServiceError => Some(Reason::SERVICE_ERROR),
            Self::Panicked => Some(Reason::PANIC),
            Self::BodyFailed => Some(Reason::BODY_ERROR),
            Self::TimedOut => Some(Reason::TIMEOUT),
            Self::Refused => Some(Reason::SHED),
            _ => None,
        }
    }

    /// One word for tables and labels.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
            Self::NoStatus => "no_status",
            Self::SaidBad => "said_bad",
            Self::SaidExcluded => "said_excluded",
            Self::ServiceError => "service_error",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
            Self::BodyFailed => "body_failed",
            Self::BodyDropped => "body_dropped",
            Self::TimedOut => "timed_out",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// What the handler said about its response, without the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Word {
    Nothing,
    Good,
    Bad,
    Excluded,
    Degraded,
    GoodButDegraded,
}

impl Word {
    pub(crate) const ALL: [Self; 6] =
        [Self::Nothing, Self::Good, Self::Bad, Self::Excluded, Self::Degraded, Self::GoodButDegraded];

    /// `degraded` is heard only on responses that are otherwise good.
    #[inline]
    pub(crate) fn heard(verdict: Option<Verdict>, degraded: bool) -> Self {
        match verdict {
            None if degraded => Self::Degraded,
            None => Self::Nothing,
            Some(Verdict::Good) if degraded => Self::GoodButDegraded,
            Some(Verdict::Good) => Self::Good,
            Some(Verdict::Bad(_)) => Self::Bad,
            Some(Verdict::Excluded(_)) => Self::Excluded,
        }
    }

    /// Whether the response counts as served: as the handler has it, else by its code.
    pub(crate) const fn is_served(self, code: Code) -> bool {
        match self {
            Self::Good | Self::GoodButDegraded => true,
            Self::Bad | Self::Excluded => false,
            Self::Nothing | Self::Degraded => code.is_success(),
        }
    }

    pub(crate) const fn is_degraded(self) -> bool {
        matches!(self, Self::Degraded | Self::GoodButDegraded)
    }

    /// The position in [`Word::ALL`].
    #[inline]
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}
