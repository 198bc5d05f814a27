//! What can go wrong between a sink and its Alertmanager, in words that hold nothing the other side said.

use std::fmt;
use std::io::ErrorKind;

use ureq::Error;

/// Why an Alertmanager has not taken what it was sent.
///
/// Of an answer it holds the status alone: a body may repeat whatever a proxy or a mistaken address has to say, and would end up
/// in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendError {
    /// The name of its host leads nowhere.
    NoSuchHost,
    /// There was no connection to be had.
    Refused,
    /// It took longer than the [timeout](crate::SinkBuilder::timeout), in whichever part of the exchange.
    TimedOut,
    /// The connection could not be made safe: no certificate, one that nobody vouches for, or no TLS at all.
    Tls,
    /// It answered with this status, which is no success.
    Status(u16),
    /// The connection ended before the answer did.
    Cut,
    /// What came is no answer in HTTP.
    NotHttp,
    /// The answer is longer than 64 KiB; the rest of it was not read.
    TooLarge,
    /// Anything else that the operating system says of a connection.
    Io(ErrorKind),
    /// The sink's own thread panicked on the way. It goes on.
    Panicked,
}

impl SendError {
    /// Whether the same may do in a moment what it did not now. Otherwise the next round is soon enough: what a server refuses for
    /// what it says, or fails at, it will refuse or fail at again.
    pub(crate) fn is_passing(self) -> bool {
        match self {
            // The list of the OpenTelemetry protocol, which has been found to be neither too long nor too short.
            Self::Status(status) => matches!(status, 429 | 502 | 503 | 504),
            Self::NoSuchHost | Self::Refused | Self::TimedOut | Self::Cut | Self::Io(_) | Self::Panicked => true,
            Self::Tls | Self::NotHttp | Self::TooLarge => false,
        }
    }

    /// Whether the Alertmanager may know what it was sent all the same. It takes the valid ones of a batch that it answers with 400.
    pub(crate) fn may_have_arrived(self) -> bool {
        match self {
            Self::NoSuchHost | Self::Refused | Self::Tls => false,
            Self::Status(status) => !matches!(status, 401 | 403 | 404 | 405 | 429),
            Self::TimedOut | Self::Cut | Self::NotHttp | Self::TooLarge | Self::Io(_) | Self::Panicked => true,
        }
    }
}

impl From<Error> for SendError {
    fn from(error: Error) -> Self {
        match error {
            Error::StatusCode(status) => Self::Status(status),
            Error::HostNotFound => Self::NoSuchHost,
            Error::ConnectionFailed => Self::Refused,
            Error::Timeout(_) => Self::TimedOut,
            Error::Tls(_) | Error::TlsRequired => Self::Tls,
            #[cfg(feature = "tls")]
            Error::Rustls(_) | Error::Pem(_) => Self::Tls,
            Error::BodyExceedsLimit(_) | Error::LargeResponseHeader(..) => Self::TooLarge,
            Error::Io(error) => Self::of_io(error),
            _ => Self::NotHttp,
        }
    }
}

impl SendError {
    fn of_io(error: std::io::Error) -> Self {
        // The standard library has no kind for it that may be named.
        if error.to_string().starts_with("failed to lookup address information") {
            return Self::NoSuchHost;
        }
        let kind = error.kind();
        // An error of a reader is handed on inside one of the system's.
        if let Some(inner) = error.into_inner()
            && let Ok(inner) = inner.downcast::<Error>()
            && !matches!(*inner, Error::Io(_))
        {
            return Self::from(*inner);
        }
        match kind {
            ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Self::Refused,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Self::TimedOut,
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => Self::Cut,
            // What rustls makes of everything that it does not like: no TLS, no certificate, or one that nobody vouches for.
            #[cfg(feature = "tls")]
            ErrorKind::InvalidData => Self::Tls,
            kind => Self::Io(kind),
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchHost => f.write_str("its host's name leads nowhere"),
            Self::Refused => f.write_str("no connection"),
            Self::TimedOut => f.write_str("no whole answer in time"),
            Self::Tls => f.write_str("no safe connection"),
            Self::Status(status) => write!(f, "status {status}: expected 200"),
            Self::Cut => f.write_str("the connection ended before the answer"),
            Self::NotHttp => f.write_str("the answer is not HTTP"),
            Self::TooLarge => f.write_str("the answer is too large: expected at most 64 KiB"),
            Self::Io(kind) => write!(f, "connection: {kind}"),
            Self::Panicked => f.write_str("the sink panicked"),
        }
    }
}

impl std::error::Error for SendError {}
