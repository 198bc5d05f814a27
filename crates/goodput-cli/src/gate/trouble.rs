//! Why a source says nothing: it cannot be reached, or it is not what it should be.

use std::fmt;
use std::time::Duration;

use goodput_core::Roughly;
use goodput_status::DocumentError;

use crate::read::remark;

/// Why a source says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody answers, or the file is not there.
    Unreachable(String),
    /// Not all of it came in time.
    TimedOut(Duration),
    /// It is too long to be what it should be.
    TooLong {
        /// In bytes.
        most: u64,
    },
    /// What answers speaks no HTTP.
    NoHttp(String),
    /// Another answer than 200.
    Refused {
        /// The status of the response.
        status: u16,
    },
    /// The address leads to another one, which is not followed.
    Redirects,
    /// It is no status, or one that cannot be read here.
    Document(DocumentError),
    /// It is no state file, or one that cannot be read here.
    File(String),
    /// It is the instance that another source is too.
    SameInstance {
        /// That source.
        other: String,
    },
    /// It cannot be added to the other sources.
    Different(String),
}

impl Trouble {
    /// One word for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut(_) => "timed_out",
            Self::TooLong { .. } => "too_long",
            Self::NoHttp(_) => "no_http",
            Self::Refused { status: 401 } => "unauthorized",
            Self::Refused { .. } => "refused",
            Self::Redirects => "redirects",
            Self::Document(DocumentError::Version { .. }) => "other_version",
            Self::Document(DocumentError::NotJson { .. } | DocumentError::NoStatus) => "no_status",
            Self::Document(_) => "bad_status",
            Self::File(_) => "bad_file",
            Self::SameInstance { .. } => "same_instance",
            Self::Different(_) => "different",
        }
    }

    /// Whether somebody has to mend something: asking again later would not help.
    pub(crate) fn is_mistake(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut(_) => false,
            Self::Refused { status } => *status < 500,
            _ => true,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) | Self::File(why) => f.write_str(&remark(why)),
            Self::TimedOut(after) => write!(f, "has not answered in full within {}", Roughly(*after)),
            Self::TooLong { most } => {
                write!(f, "is longer than {most} bytes: expected the status of a goodput instance")
            }
            Self::NoHttp(why) => write!(f, "answers with something that is no HTTP: {}", remark(why)),
            Self::Refused { status: 401 } => {
                f.write_str("asks for a bearer token, or for another one: expected --token-file")
            }
            Self::Refused { status: 404 } => f.write_str(
                "answers with 404: expected the whole address of the status, such as http://10.0.0.7:9090/slo/status",
            ),
            Self::Refused { status } => write!(f, "answers with {status}: expected 200"),
            Self::Redirects => {
                f.write_str("leads to another address, which is not followed: expected that of the status itself")
            }
            // It may hold text of whoever answered.
            Self::Document(error) => write!(f, "is {}", remark(&error.to_string())),
            Self::SameInstance { other } => write!(
                f,
                "is the same instance as {other}: expected each once, by a state file of its own or by an address that is not a load balancer's"
            ),
            Self::Different(why) => write!(f, "cannot be added to the others: {}", remark(why)),
        }
    }
}
