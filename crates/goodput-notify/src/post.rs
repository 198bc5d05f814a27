//! One request to one Alertmanager, bounded in time and in what is read of the answer.

use std::fmt;
use std::time::{Duration, SystemTime};

use ureq::Agent;

use crate::address::Address;
use crate::failure::SendError;

/// The most that is read of an answer. A real one has no body where it is a success, and a line where it is not.
const MAX_ANSWER: u64 = 64 * 1024;

/// The way to one Alertmanager.
pub(crate) struct Line {
    agent: Agent,
    url: String,
    authorization: Option<String>,
}

/// What became of a request that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: SendError,
    /// How long the server asks to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

impl Line {
    pub(crate) fn to(address: &Address, timeout: Duration, authorization: Option<String>) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout)) // from the name of the host to the end of the answer
            .http_status_as_error(false)
            .max_redirects(0) // alerts go where the operator said, and nowhere else
            .max_redirects_will_error(false)
            .proxy(None) // likewise
            .max_response_header_size(MAX_ANSWER as usize)
            .max_idle_connections(1)
            .user_agent(concat!("goodput-notify/", env!("CARGO_PKG_VERSION")));
        #[cfg(feature = "tls")]
        let config = config
            .tls_config(ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build());
        Self { agent: config.build().new_agent(), url: address.alerts(), authorization }
    }

    /// Posts one body of JSON. `now` is the time on the wall, which a `Retry-After` may refer to.
    pub(crate) fn post(&self, body: &[u8], now: SystemTime) -> Result<(), Failure> {
        let fail = |error| Failure { error, retry_after: None };
        let mut request = self.agent.post(&self.url).content_type("application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let mut response = request.send(body).map_err(|error| fail(error.into()))?;
        let status = response.status();
        let retry_after = response.headers().get("retry-after").and_then(|value| asked(value.to_str().ok()?, now));
        // Read to its end where that is near, so that the connection serves again; what it says is of no interest.
        let rest = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        if !status.is_success() {
            return Err(Failure { error: SendError::Status(status.as_u16()), retry_after });
        }
        rest.map(drop).map_err(|error| fail(error.into()))
    }
}

/// Seconds, or a date.
fn asked(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(text.trim()).ok()?.duration_since(now).ok()
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_asks_for_time_in_seconds_or_by_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
        for (text, seconds) in [
            ("0", Some(0)),
            (" 30 ", Some(30)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(asked(text, now), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
