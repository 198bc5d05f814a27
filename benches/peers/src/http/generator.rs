//! The load generators, and what they say they did.

use std::io::{ErrorKind, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// A program that sends requests as fast as they are answered, for a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generator {
    Wrk,
    H2load,
}

/// What one of them did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Load {
    /// Responses it has seen, each with a status of the 2xx class.
    pub(super) responses: u64,
    /// Responses per second.
    pub(super) rate: f64,
}

/// Requests under way at once, with either: so many may have been served that it has not seen answered when it ends.
pub(super) const IN_FLIGHT: u64 = 32;

/// It runs for a second; one that hangs is killed.
const AT_MOST: Duration = Duration::from_secs(20);

impl Generator {
    pub(super) const ALL: [Self; 2] = [Self::Wrk, Self::H2load];

    pub(super) fn protocol(self) -> &'static str {
        match self {
            Self::Wrk => "HTTP/1.1",
            Self::H2load => "HTTP/2",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Wrk => "wrk",
            Self::H2load => "h2load",
        }
    }

    /// The package of Debian and its descendants that holds it.
    fn package(self) -> &'static str {
        match self {
            Self::Wrk => "wrk",
            Self::H2load => "nghttp2-client",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Wrk => &["-t1", "-c32", "-d1s"],
            Self::H2load => &["-t1", "-c4", "-m8", "-D1"],
        }
    }

    /// As one would type it.
    pub(super) fn command(self) -> String {
        format!("{} {}", self.program(), self.arguments().join(" "))
    }

    /// Installs it if it is missing and this may; else says what is missing.
    pub(super) fn install(self) -> std::result::Result<(), String> {
        if self.is_there() {
            return Ok(());
        }
        let installed = Command::new("apt-get")
            .args(["install", "--yes", "--no-install-recommends", self.package()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if installed.is_ok_and(|status| status.success()) && self.is_there() {
            return Ok(());
        }
        let (program, package) = (self.program(), self.package());
        Err(format!("{program} is not installed and could not be (Debian package {package}, apt-get as root)"))
    }

    fn is_there(self) -> bool {
        let started =
            Command::new(self.program()).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        !started.is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }

    /// One second of load from this core.
    pub(super) fn run(self, url: &str, core: usize) -> Result<Load> {
        let child = Command::new("taskset")
            .args(["--cpu-list", &core.to_string(), self.program()])
            .args(self.arguments())
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start taskset")?;
        let told = Bounded(child).output()?;
        let load = match self {
            Self::Wrk => read_wrk(&told),
            Self::H2load => read_h2load(&told),
        };
        load.with_context(|| format!("{} said:\n{told}", self.command()))
    }
}

/// A child that does not outlive its time, nor this process's interest in it.
struct Bounded(Child);

impl Bounded {
    fn output(mut self) -> Result<String> {
        let begun = Instant::now();
        let status = loop {
            match self.0.try_wait()? {
                Some(status) => break status,
                None if begun.elapsed() > AT_MOST => bail!("the load generator does not end"),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let mut told = String::new();
        // What it says fits into the pipe.
        self.0.stdout.take().context("no output")?.read_to_string(&mut told)?;
        ensure!(status.success(), "the load generator ended with {status}:\n{told}");
        Ok(told)
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn read_wrk(told: &str) -> Result<Load> {
    let complaint = told.lines().find(|line| line.contains("Non-2xx") || line.contains("Socket errors"));
    ensure!(complaint.is_none(), "not every request was answered well");
    let responses = told.lines().find_map(|line| line.split_once(" requests in ")?.0.trim().parse().ok());
    let rate = told.lines().find_map(|line| line.strip_prefix("Requests/sec:")?.trim().parse().ok());
    Ok(Load { responses: responses.context("no number of requests")?, rate: rate.context("no rate")? })
}

fn read_h2load(told: &str) -> Result<Load> {
    let number_before = |line: &str, word: &str| -> Option<u64> {
        line.split(", ").find_map(|part| part.rsplit(": ").next()?.strip_suffix(word)?.trim().parse().ok())
    };
    let requests = told.lines().find(|line| line.starts_with("requests: ")).context("no number of requests")?;
    let statuses = told.lines().find(|line| line.starts_with("status codes: ")).context("no statuses")?;
    let responses = number_before(requests, "succeeded").context("no successes")?;
    let is_well = ["failed", "errored", "timeout"].iter().all(|word| number_before(requests, word) == Some(0))
        && ["3xx", "4xx", "5xx"].iter().all(|class| number_before(statuses, class) == Some(0));
    ensure!(is_well, "not every request was answered well");
    let finished = told.lines().find(|line| line.starts_with("finished in ")).context("no rate")?;
    let rate = finished.split(", ").find_map(|part| part.strip_suffix(" req/s")?.parse().ok());
    Ok(Load { responses, rate: rate.context("no rate")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRK: &str = "Running 1s test @ http://127.0.0.1:1/\n  1 threads and 32 connections\n  Thread Stats   Avg      Stdev\n\
        \x20 178758 requests in 1.00s, 20.00MB read\nRequests/sec: 178000.50\nTransfer/sec:     20.00MB\n";
    const H2LOAD: &str = "finished in 1.00s, 123456.00 req/s, 5.00MB/s\n\
        requests: 123456 total, 123488 started, 123456 done, 123456 succeeded, 0 failed, 0 errored, 0 timeout\n\
        status codes: 123488 2xx, 0 3xx, 0 4xx, 0 5xx\ntraffic: 5.00MB\n";

    #[test]
    fn what_load_generators_say_is_understood() {
        assert_eq!(read_wrk(WRK).unwrap(), Load { responses: 178_758, rate: 178_000.5 });
        assert_eq!(read_h2load(H2LOAD).unwrap(), Load { responses: 123_456, rate: 123_456.0 });
    }

    #[test]
    fn responses_that_are_no_success_are_an_error() {
        let rows = ["  Non-2xx or 3xx responses: 12\n", "  Socket errors: connect 0, read 3, write 0, timeout 0\n"];
        for row in rows {
            assert!(read_wrk(&format!("{WRK}{row}")).is_err(), "{row}");
        }
        for (well, badly) in
            [("0 failed", "1 failed"), ("0 timeout", "1 timeout"), ("0 5xx", "1 5xx"), ("0 4xx", "9 4xx")]
        {
            assert!(read_h2load(&H2LOAD.replace(well, badly)).is_err(), "{badly}");
        }
    }
}
