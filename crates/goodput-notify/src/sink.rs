//! The sink that keeps Alertmanagers told, owned by a guard.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use goodput_core::{Goodput, Subscription, Timeline};
use parking_lot::Mutex;

use crate::address::{Address, AddressError};
use crate::episodes::Episodes;
use crate::pace::Pace;
use crate::post::Line;
use crate::sender::{Due, Sender};
use crate::signal::Signal;
use crate::status::{Panics, SinkStatus};
use crate::watch::{CAPACITY, Watching};

/// Keeps Alertmanagers told of what fires, until dropped.
///
/// Each has a thread of its own, so that one that hangs delays no other. Dropping the sink tells the threads to stop and waits for
/// them, at most a second in all; one that is amid a request goes on until that is over, which takes no longer than its timeout.
/// Nothing is resolved then: the instance that watched is gone, not the trouble. What nobody tells of any more ends by itself.
#[derive(Debug)]
#[must_use = "dropping the sink stops it"]
pub struct AlertmanagerSink {
    signal: Arc<Signal>,
    senders: Vec<Running>,
    /// A process that was forked off has another one, and none of the threads.
    process: u32,
}

#[derive(Debug)]
struct Running {
    /// What its thread waits on.
    news: Arc<Subscription>,
    status: Arc<Mutex<SinkStatus>>,
    thread: Option<JoinHandle<()>>,
}

/// How long the threads of a dropped sink are waited for.
const PATIENCE: Duration = Duration::from_secs(1);

impl AlertmanagerSink {
    /// The most Alertmanagers of one sink. A cluster of them has three, as a rule.
    pub const MAX_ADDRESSES: usize = 16;

    /// Begins a sink that tells each of these Alertmanagers, by the addresses that they have from here:
    /// `http://alertmanager-0:9093`.
    ///
    /// Name every member of a cluster, and no balancer in front of it: members tell each other of notifications, not of alerts.
    pub fn to<A: Into<String>>(addresses: impl IntoIterator<Item = A>) -> SinkBuilder {
        SinkBuilder {
            addresses: addresses.into_iter().map(Into::into).collect(),
            instance: None,
            generator_url: None,
            authorization: None,
            timeout: Duration::from_secs(10),
            pace: Pace::default(),
        }
    }

    /// How the sink stands with each Alertmanager, in the order they were given. Cost: a lock and a copy for each.
    pub fn statuses(&self) -> Vec<SinkStatus> {
        let here = self.process == std::process::id();
        let status = |sender: &Running| {
            let running = here && sender.thread.as_ref().is_some_and(|thread| !thread.is_finished());
            SinkStatus { running, ..sender.status.lock().clone() }
        };
        self.senders.iter().map(status).collect()
    }
}

impl Drop for AlertmanagerSink {
    fn drop(&mut self) {
        self.signal.stop();
        self.senders.iter().for_each(|running| running.news.close());
        if self.process != std::process::id() {
            return; // there is no thread to wait for
        }
        let own = thread::current().id();
        let is_own = |running: &Running| running.thread.as_ref().is_some_and(|thread| thread.thread().id() == own);
        let but = self.senders.iter().filter(|running| is_own(running)).count();
        if self.signal.ends_within(PATIENCE, but) {
            for running in &mut self.senders {
                // They have given back what they held, and are about to end. Panics were caught inside.
                if let Some(thread) = running.thread.take().filter(|thread| thread.thread().id() != own) {
                    drop(thread.join());
                }
            }
        }
    }
}

/// Says how a sink tells, and [starts](Self::start) it.
#[derive(Clone)]
pub struct SinkBuilder {
    addresses: Vec<String>,
    instance: Option<String>,
    generator_url: Option<String>,
    authorization: Option<String>,
    timeout: Duration,
    pace: Pace,
}

impl SinkBuilder {
    /// The value of the label `instance`; without this call, the name of the host and the number of the process.
    ///
    /// It must differ between replicas, or one replica's alerts overwrite another's. It had better outlive the process: a restarted
    /// one then goes on with the alerts of the former. The name of the pod, or host and port, do both.
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// Where notifications lead to that ask what has sent them: the service's own status page. None without this call.
    pub fn generator_url(mut self, url: impl Into<String>) -> Self {
        self.generator_url = Some(url.into());
        self
    }

    /// The header `authorization` of every request: `Bearer ...`. Shown nowhere.
    pub fn authorization(mut self, value: impl Into<String>) -> Self {
        self.authorization = Some(value.into());
        self
    }

    /// How long a request may take, from looking up the host to the end of the answer; 10 s without this call.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often alerts are sent, and for how long they are good. The defaults suit Alertmanager's own.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Starts telling of what fires in `goodput`, held by reference or by `Arc`: a thread for each Alertmanager, which needs no
    /// runtime and does not mind one. No connection is made before this returns.
    ///
    /// Nothing is sent unless the definition's [role](goodput_core::Definition::role) is to notify.
    pub fn start<H>(self, goodput: H) -> Result<AlertmanagerSink, SinkError>
    where
        H: Borrow<Goodput> + Clone + Send + 'static,
    {
        let addresses = self.addresses.iter().map(|text| Address::read(text)).collect::<Result<Vec<_>, _>>()?;
        if addresses.is_empty() || addresses.len() > AlertmanagerSink::MAX_ADDRESSES {
            return Err(SinkError::Addresses(addresses.len()));
        }
        if !self.pace.holds() || self.timeout.is_zero() {
            return Err(SinkError::Pace { pace: self.pace, timeout: self.timeout });
        }
        if self.authorization.as_ref().is_some_and(|value| ureq::http::HeaderValue::from_str(value).is_err()) {
            return Err(SinkError::Authorization);
        }
        let instance = self.instance.unwrap_or_else(instance);
        // The guard first: should a thread not start, those before it are stopped with it.
        let mut sink = AlertmanagerSink { signal: Arc::default(), senders: Vec::new(), process: std::process::id() };
        for address in addresses {
            let status = Arc::new(Mutex::new(SinkStatus::of(address.to_string())));
            let news = Arc::new(goodput.borrow().subscribe(CAPACITY));
            let sender = Sender {
                watch: Watching { goodput: goodput.clone(), instance: instance.clone(), news: Arc::clone(&news) },
                line: Line::to(&address, self.timeout, self.authorization.clone()),
                pace: self.pace,
                generator_url: self.generator_url.clone(),
                signal: Arc::clone(&sink.signal),
                status: Arc::clone(&status),
                timeline: Timeline::system(),
                episodes: Episodes::default(),
                panics: Panics::default(),
                due: Due::default(),
            };
            let runs = sink.signal.runs();
            let thread = thread::Builder::new()
                .name("goodput-notify".to_owned())
                .spawn(move || {
                    // Dropped last: whoever waits for the thread finds everything given back.
                    let _runs = runs;
                    sender.run();
                })
                .map_err(|error| SinkError::Thread(error.kind()))?;
            sink.senders.push(Running { news, status, thread: Some(thread) });
        }
        Ok(sink)
    }
}

/// Replicas on one host differ by their numbers, and those in containers, where each is number 1, by their hosts.
fn instance() -> String {
    format!("{}:{}", gethostname::gethostname().to_string_lossy(), std::process::id())
}

impl fmt::Debug for SinkBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkBuilder").field("addresses", &self.addresses.len()).finish_non_exhaustive()
    }
}

/// Why a sink cannot be started.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SinkError {
    /// A text that is no address of an Alertmanager.
    Address(AddressError),
    /// So many addresses.
    Addresses(usize),
    /// A pace at which alerts would resolve by themselves, or that leaves no time.
    Pace {
        /// The pace.
        pace: Pace,
        /// How long a request may take.
        timeout: Duration,
    },
    /// What is to authorize requests cannot stand in a header.
    Authorization,
    /// The operating system gave no thread.
    Thread(std::io::ErrorKind),
}

impl From<AddressError> for SinkError {
    fn from(error: AddressError) -> Self {
        Self::Address(error)
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => error.fmt(f),
            Self::Addresses(count) => {
                write!(f, "{count} alertmanagers: expected 1 to {}", AlertmanagerSink::MAX_ADDRESSES)
            }
            Self::Pace { pace: Pace { every, ends_after, .. }, timeout } => write!(
                f,
                "alerts each {every:?} that end after {ends_after:?}, with a timeout of {timeout:?}: expected at least \
                 {:?} between rounds, an end after at least two of them, and some time for a request",
                Pace::FASTEST
            ),
            Self::Authorization => f.write_str("the authorization is no value of a header: expected printable ASCII"),
            Self::Thread(kind) => write!(f, "no thread for the sink: {kind}"),
        }
    }
}

/// As [`Display`](fmt::Display), since it is what a `main` that returns this error prints.
impl fmt::Debug for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SinkError {}
