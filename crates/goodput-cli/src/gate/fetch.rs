//! Reads a status over HTTP: once, in so much time, and no more than so much of it.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Error};

use super::trouble::Trouble;

/// The longest status: one of 1,000 SLOs is a quarter of it.
pub(crate) const MOST: u64 = 16 << 20;

/// What came.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) body: Vec<u8>,
    /// How long something in between says that it has kept it.
    pub(crate) kept_for: Duration,
}

/// Asks once. Every step of it together takes at most `timeout`, but for a name that the system is slow to resolve.
pub(crate) fn fetch(url: &str, timeout: Duration, token: Option<&str>) -> Result<Fetched, Trouble> {
    // The machine's own roots: whoever runs a private authority has told the machine, and not us.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .tls_config(tls)
        .user_agent(concat!("goodput-gate/", env!("CARGO_PKG_VERSION")))
        .build();
    let mut request = Agent::new_with_config(config).get(url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut response = request.call().map_err(|error| trouble(&error, timeout))?;
    match response.status().as_u16() {
        200 => {}
        300..=399 => return Err(Trouble::Redirects),
        status => return Err(Trouble::Refused { status }),
    }
    let age = response.headers().get("age").and_then(|age| age.to_str().ok()?.parse().ok());
    let mut body = Vec::new();
    // One more than there may be, so that too much is noticed.
    let reader = response.body_mut().as_reader();
    reader.take(MOST + 1).read_to_end(&mut body).map_err(|error| match Error::from(error) {
        Error::Timeout(_) => Trouble::TimedOut(timeout),
        error => Trouble::Unreachable(format!("has broken off its answer: {error}")),
    })?;
    if body.len() as u64 > MOST {
        return Err(Trouble::TooLong { most: MOST });
    }
    Ok(Fetched { body, kept_for: Duration::from_secs(age.unwrap_or_default()) })
}

fn trouble(error: &Error, timeout: Duration) -> Trouble {
    match error {
        Error::Timeout(_) => Trouble::TimedOut(timeout),
        Error::HostNotFound => Trouble::Unreachable("has a host that is not known".to_owned()),
        Error::Io(error) if error.kind() == ErrorKind::TimedOut => Trouble::TimedOut(timeout),
        Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            Trouble::Unreachable("cannot be reached: nobody listens there".to_owned())
        }
        Error::Protocol(error) => Trouble::NoHttp(error.to_string()),
        error => Trouble::Unreachable(format!("cannot be reached: {error}")),
    }
}
