//! A server in a process of its own, that ends with this one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::router::{ANSWER, PATH};

/// One core for the server, another one for the load generator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cores {
    pub(super) server: usize,
    pub(super) load: usize,
}

impl Cores {
    /// The first two; none where there is only one.
    pub(super) fn of_this_machine() -> Option<Self> {
        match core_affinity::get_core_ids()?.as_slice() {
            [server, load, ..] => Some(Self { server: server.id, load: load.id }),
            _ => None,
        }
    }
}

/// A server that was started and has answered.
#[derive(Debug)]
pub(super) struct Server {
    case: &'static str,
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    /// Starts one and makes sure that it answers what it should.
    pub(super) fn start(case: &'static str, cores: &Cores) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", case, "--core", &cores.server.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start a server")?;
        let (asks, answers) = (child.stdin.take(), child.stdout.take());
        let (asks, answers) = (asks.context("no input")?, BufReader::new(answers.context("no output")?));
        let mut server = Self { case, child, asks, answers, port: 0 };
        server.port = server.heard()?.parse().with_context(|| format!("{case} did not say its port"))?;
        server.answers_as_it_should()?;
        Ok(server)
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    /// What its layer has counted so far, if it counts.
    pub(super) fn counted(&mut self) -> Result<Option<u64>> {
        writeln!(self.asks, "count").with_context(|| format!("{} is gone", self.case))?;
        let heard = self.heard()?;
        if heard == "-" {
            Ok(None)
        } else {
            Ok(Some(heard.parse().with_context(|| format!("not a count: {heard:?}"))?))
        }
    }

    fn heard(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(!line.is_empty(), "{} ended", self.case);
        Ok(line.trim().to_owned())
    }

    fn answers_as_it_should(&self) -> Result<()> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(connection, "GET {PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut response = String::new();
        connection.read_to_string(&mut response)?;
        let is_right = response.starts_with("HTTP/1.1 200 ") && response.ends_with(ANSWER);
        ensure!(is_right, "{} answered {response:?}", self.case);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
