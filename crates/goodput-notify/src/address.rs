//! Where an Alertmanager is: an address that was checked before anything is sent to it.

use std::fmt;

use ureq::http::Uri;

/// The address of an Alertmanager, as its own `--web.external-url` has it: `http://alertmanager-0:9093`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    base: String,
}

impl Address {
    pub(crate) fn read(text: &str) -> Result<Self, AddressError> {
        // Before anything else is said of it: whatever is wrong with it, a message holds no password.
        if text.contains('@') {
            return Err(AddressError { address: "an address".to_owned(), why: Why::Secret });
        }
        // A query may hold a key.
        let shown = text.split_once('?').map_or(text, |(before, _)| before);
        let fail = |why| AddressError { address: shown.to_owned(), why };
        let uri: Uri = text.parse().map_err(|_| fail(Why::NoAddress))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") if cfg!(feature = "tls") => {}
            Some("https") => return Err(fail(Why::NoTls)),
            _ => return Err(fail(Why::NoAddress)),
        }
        let authority = uri.authority().ok_or_else(|| fail(Why::NoAddress))?;
        if authority.host().is_empty() {
            return Err(fail(Why::NoAddress));
        }
        // What comes after `#` is no part of a request, and the path of the API would be after it.
        if uri.query().is_some() || text.contains('#') {
            return Err(fail(Why::Query));
        }
        Ok(Self { base: text.trim_end_matches('/').to_owned() })
    }

    /// Where alerts are posted to.
    pub(crate) fn alerts(&self) -> String {
        format!("{}/api/v2/alerts", self.base)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

/// Why a text is no address of an Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError {
    address: String,
    why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    NoAddress,
    NoTls,
    Secret,
    Query,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, why } = self;
        match why {
            Why::NoAddress => {
                write!(f, "{address:?} is no address: expected one such as http://alertmanager:9093")
            }
            Why::NoTls => {
                write!(f, "{address:?} is behind https: expected the feature `tls` of goodput-notify, or http")
            }
            Why::Secret => {
                write!(f, "{address} has an @, and so a password in it: expected none there, but in `authorization`")
            }
            Why::Query => {
                write!(f, "{address:?} has a query or a fragment: expected the address that the API's path is added to")
            }
        }
    }
}

impl std::error::Error for AddressError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_posted_below_the_address_that_was_given() {
        for (text, alerts) in [
            ("http://127.0.0.1:9093", "http://127.0.0.1:9093/api/v2/alerts"),
            ("http://am:9093/", "http://am:9093/api/v2/alerts"),
            ("http://[::1]:9093/alerts/", "http://[::1]:9093/alerts/api/v2/alerts"),
        ] {
            assert_eq!(Address::read(text).unwrap().alerts(), alerts);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_was_expected() {
        for (text, expected) in [
            ("", "expected one such as http://alertmanager:9093"),
            ("alertmanager:9093", "expected one such as http://alertmanager:9093"),
            ("/api/v2/alerts", "expected one such as http://alertmanager:9093"),
            ("ftp://am", "expected one such as http://alertmanager:9093"),
            ("http://am:9093/?key=secret", "has a query"),
            ("http://am:9093/#/alerts", "has a query or a fragment"),
            ("http://am 9093/?key=secret", "expected one such as http://alertmanager:9093"),
            ("http://ann:secret@am:9093", "a password in it"),
            ("https://ann:secret@am:9093", "a password in it"),
            ("ftp://ann:secret@am:9093", "a password in it"),
            ("ann:secret@am:9093", "a password in it"),
            ("http://ann:se cret#secret@am:9093", "a password in it"),
        ] {
            let error = Address::read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("secret") && !error.contains("se cret"), "{error}");
        }
    }

    #[test]
    fn https_is_for_those_who_compile_it() {
        assert_eq!(Address::read("https://am").is_ok(), cfg!(feature = "tls"));
    }
}
