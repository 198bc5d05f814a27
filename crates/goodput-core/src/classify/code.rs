//! What a response says about itself: an HTTP status or a gRPC code, as one small number.

use goodput_model::Reason;

/// An HTTP status, or the code of a gRPC response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u16);

/// Where gRPC codes begin, beyond every HTTP status.
const GRPC: u16 = 1_000;
impl Code {
    /// A gRPC response that came to its end without a status, or with one that is no number.
    pub const NO_GRPC_STATUS: Self = Self(GRPC + 17);
    /// All there are: every number from 0 to this one.
    pub(super) const COUNT: usize = Self::NO_GRPC_STATUS.0 as usize + 1;

    /// An HTTP status. What is none, above 999, means what a 5xx does.
    #[inline]
    pub const fn http(status: u16) -> Self {
        if status < GRPC { Self(status) } else { Self(0) }
    }

    /// A gRPC code. Numbers that gRPC does not know are `UNKNOWN`, as it asks of everybody.
    #[inline]
    pub const fn grpc(code: u32) -> Self {
        if code <= 16 { Self(GRPC + code as u16) } else { Self(GRPC + 2) }
    }

    pub(super) const fn is_http(self) -> bool {
        self.0 < GRPC
    }

    /// The gRPC code, if it is one.
    pub const fn as_grpc(self) -> Option<u8> {
        if self.0 >= GRPC && self.0 < Self::NO_GRPC_STATUS.0 { Some((self.0 - GRPC) as u8) } else { None }
    }

    /// The number that stands for it in tables.
    #[inline]
    pub(super) const fn number(self) -> u16 {
        self.0
    }

    pub(super) const fn numbered(number: u16) -> Self {
        Self(number)
    }

    pub(super) fn all_grpc() -> impl Iterator<Item = u16> {
        GRPC..=Self::NO_GRPC_STATUS.0
    }

    /// Whether the service failed, as the default rules have it.
    #[inline]
    pub(crate) const fn is_failure(self) -> bool {
        match self.0 {
            408 | 500..GRPC | ..=100 | 102..=199 => true,
            number if number >= GRPC => matches!(number - GRPC, 2 | 4 | 8 | 12..=15 | 17),
            _ => false,
        }
    }

    /// Whether the caller did something wrong, where the service did not fail.
    pub(crate) const fn is_client_error(self) -> bool {
        let says_so = match self.as_grpc() {
            Some(code) => code > 0,
            None => self.0 >= 400 && self.0 < 500,
        };
        says_so && !self.is_failure()
    }

    /// Whether the request was served.
    #[inline]
    pub(crate) const fn is_success(self) -> bool {
        matches!(self.0, 101 | 200..400 | GRPC)
    }

    /// The words for failures by code: the `error.type` of the semantic conventions, which is the status or the name of the
    /// gRPC code. Statuses that no server sends share the last.
    pub(crate) const ERROR_TYPES: [Reason; 19] = [
        Reason::new("408"),
        Reason::new("500"),
        Reason::new("501"),
        Reason::new("502"),
        Reason::new("503"),
        Reason::new("504"),
        Reason::new("505"),
        Reason::new("506"),
        Reason::new("507"),
        Reason::new("508"),
        Reason::new("511"),
        Reason::new("UNKNOWN"),
        Reason::new("DEADLINE_EXCEEDED"),
        Reason::new("RESOURCE_EXHAUSTED"),
        Reason::new("UNIMPLEMENTED"),
        Reason::new("INTERNAL"),
        Reason::new("UNAVAILABLE"),
        Reason::new("DATA_LOSS"),
        Self::OTHER_ERROR,
    ];
    const OTHER_ERROR: Reason = Reason::new("_OTHER");

    /// The word for a failure that has this code.
    pub(crate) fn error_type(self) -> Reason {
        let position = match self.0 {
            408 => 0,
            status @ 500..=508 => status - 499,
            511 => 10,
            number if number == GRPC + 2 => 11,
            number if number == GRPC + 4 => 12,
            number if number == GRPC + 8 => 13,
            number if (GRPC + 12..=GRPC + 15).contains(&number) => number - GRPC + 2,
            _ => return Self::OTHER_ERROR,
        };
        Self::ERROR_TYPES.get(usize::from(position)).copied().unwrap_or(Self::OTHER_ERROR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_named_as_the_semantic_conventions_name_an_error_type() {
        let named = |code: Code| code.error_type().to_string();
        assert_eq!(
            [Code::http(503), Code::http(599), Code::grpc(14), Code::grpc(99)].map(named),
            ["503", "_OTHER", "UNAVAILABLE", "UNKNOWN"]
        );
        let failures = [2, 4, 8, 12, 13, 14, 15].map(|code| named(Code::grpc(code)));
        let expected = [
            "UNKNOWN",
            "DEADLINE_EXCEEDED",
            "RESOURCE_EXHAUSTED",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
        ];
        assert_eq!(failures, expected);
        assert_eq!(
            [408, 500, 508, 511, 510].map(|status| named(Code::http(status))),
            ["408", "500", "508", "511", "_OTHER"]
        );
    }

    #[test]
    fn the_failures_of_grpc_are_the_seven_a_server_is_to_blame_for() {
        let failures: Vec<u32> = (0..=16).filter(|code| Code::grpc(*code).is_failure()).collect();
        assert_eq!(failures, [2, 4, 8, 12, 13, 14, 15]);
        assert!(Code::NO_GRPC_STATUS.is_failure());
    }
}
