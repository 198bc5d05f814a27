//! Statuses and gRPC codes as they are written: `404`, `NOT_FOUND`.

use goodput_model::GrpcRule;

/// What a response says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Code {
    /// An HTTP status, 100 to 999.
    Status(u16),
    /// A gRPC code, 0 to 16.
    Grpc(u8),
}

pub(crate) fn parse(text: &str) -> Option<Code> {
    if let Some(code) = GrpcRule::NAMES.iter().position(|name| *name == text) {
        return u8::try_from(code).ok().map(Code::Grpc);
    }
    let is_status = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_status).map(Code::Status)
}

pub(crate) fn print(code: Code) -> String {
    match code {
        Code::Status(status) => status.to_string(),
        // A code that has no name is no code: it is printed as what it is, and reading it says so.
        Code::Grpc(code) => {
            GrpcRule::NAMES.get(usize::from(code)).map_or_else(|| code.to_string(), |name| (*name).to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_three_digits_or_a_name() {
        for (text, code) in [
            ("404", Some(Code::Status(404))),
            ("999", Some(Code::Status(999))),
            ("NOT_FOUND", Some(Code::Grpc(5))),
            ("UNAUTHENTICATED", Some(Code::Grpc(16))),
            ("099", None),
            ("1000", None),
            ("5", None),
            ("+40", None),
            ("not_found", None),
            ("5xx", None),
            ("", None),
        ] {
            assert_eq!(parse(text), code, "{text}");
            assert!(code.is_none_or(|code| print(code) == text), "{text}");
        }
    }
}
