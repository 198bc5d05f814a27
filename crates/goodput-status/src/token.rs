//! The bearer token, which is compared in a time that tells nothing about it.

use std::fmt;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::ConstantTimeEq;

/// The longest token. Those in use are 32 to 64 bytes.
const MOST: usize = 256;

/// A token that whoever asks has to show.
#[derive(Clone)]
pub(crate) struct Token {
    // Padded, so that a comparison takes as long for every token.
    bytes: [u8; MOST],
    length: usize,
}

impl Token {
    pub(crate) fn new(token: &str) -> Result<Self, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Empty);
        }
        if let Some(position) = token.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(TokenError::NotVisible { position });
        }
        padded(token.as_bytes())
            .map(|bytes| Self { bytes, length: token.len() })
            .ok_or(TokenError::TooLong { length: token.len(), most: MOST })
    }

    /// Whether one `Authorization` header shows this token, and no other header of that name is there.
    pub(crate) fn is_shown_in(&self, headers: &HeaderMap) -> bool {
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        let (Some(header), None) = (shown.next(), shown.next()) else { return false };
        // The scheme is no secret, and may be written in any case: RFC 9110, section 11.1.
        let scheme_and_token = header.as_bytes().split_at_checked(SCHEME.len());
        scheme_and_token.is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case(SCHEME) && self.is(token))
    }

    fn is(&self, offered: &[u8]) -> bool {
        let Some(bytes) = padded(offered) else { return false };
        // Both are looked at to the end, whatever the first says.
        let same = self.bytes.ct_eq(&bytes) & (self.length as u64).ct_eq(&(offered.len() as u64));
        same.into()
    }
}

const SCHEME: &[u8] = b"Bearer ";

fn padded(token: &[u8]) -> Option<[u8; MOST]> {
    let mut bytes = [0; MOST];
    bytes.get_mut(..token.len())?.copy_from_slice(token);
    Some(bytes)
}

/// Never shows it.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Why a token is refused. The message never holds the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// Nothing: everybody would know it.
    Empty,
    /// Too long.
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The longest.
        most: usize,
    },
    /// It holds something that no header can: a blank, a line end, what is not ASCII.
    NotVisible {
        /// At which byte, from 0.
        position: usize,
    },
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the bearer token is empty: expected some 32 random characters"),
            Self::TooLong { length, most } => {
                write!(f, "the bearer token has {length} bytes: expected at most {most}")
            }
            Self::NotVisible { position } => write!(
                f,
                "the bearer token has a blank or a character that is not visible ASCII at byte {position}: expected letters, \
                 digits and signs, and no line end"
            ),
        }
    }
}

impl std::error::Error for TokenError {}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_the_token_itself_opens() {
        let token = Token::new("s3cret").unwrap();
        for (header, opens) in [
            ("Bearer s3cret", true),
            ("bearer s3cret", true),
            ("Bearer s3cre", false),
            ("Bearer s3crets", false),
            ("Bearer S3cret", false),
            ("Bearer  s3cret", false),
            ("Bearer ", false),
            ("Bearer", false),
            ("Basic s3cret", false),
            ("s3cret", false),
            ("", false),
        ] {
            let headers = [(AUTHORIZATION, HeaderValue::from_static(header))].into_iter().collect();
            assert_eq!(token.is_shown_in(&headers), opens, "{header:?}");
        }
        assert!(!token.is_shown_in(&HeaderMap::new()));
        let mut twice = HeaderMap::new();
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer s3cret"));
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer s3cret"));
        assert!(!token.is_shown_in(&twice), "two headers are one too many");
        let long = HeaderValue::from_str(&format!("Bearer {}", "a".repeat(100_000))).unwrap();
        assert!(!token.is_shown_in(&[(AUTHORIZATION, long)].into_iter().collect()));
        // What is padded is not the token.
        let padded = HeaderValue::from_bytes(b"Bearer s3cret\xff").unwrap();
        assert!(!token.is_shown_in(&[(AUTHORIZATION, padded)].into_iter().collect()));
    }

    #[test]
    fn what_no_header_can_hold_is_refused_without_being_shown() {
        for (token, error) in [
            ("", TokenError::Empty),
            ("s3cret\n", TokenError::NotVisible { position: 6 }),
            ("s3 cret", TokenError::NotVisible { position: 2 }),
            ("schlüssel", TokenError::NotVisible { position: 4 }),
        ] {
            assert_eq!(Token::new(token).unwrap_err(), error);
        }
        let long = Token::new(&"a".repeat(257)).unwrap_err();
        assert_eq!(long.to_string(), "the bearer token has 257 bytes: expected at most 256");
        assert!(Token::new(&"a".repeat(256)).is_ok());
        assert_eq!(format!("{:?}", Token::new("s3cret").unwrap()), "Token(..)");
    }
}
