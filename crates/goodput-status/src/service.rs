//! The service: which page is asked for, and an answer from the one that all share.

use std::borrow::Borrow;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use goodput_core::{Action, Change, ChangeKind, Goodput, Risk, Timeline};
use http::{Method, Request, Response};
use http_body_util::Full;
use parking_lot::Mutex;
use tower_service::Service;

use crate::answer::{self, JSON};
use crate::asked::{self, Asked};
use crate::document::{self, DecisionDocument, WrittenBy};
use crate::future::{Rendered, ResponseFuture};
use crate::metrics::{self, MEDIA_TYPE, Series};
use crate::shared::{Coming, Page};
use crate::token::{Token, TokenError};

/// Serves the status of one instance, to be mounted on a router or given to a server of its own.
///
/// | path | answer |
/// |---|---|
/// | `/status` | the status as JSON, for programs: [`StatusDocument`](crate::StatusDocument) |
/// | `/gate?kind=feature&risk=low` | whether such a change may go out, and why: [`DecisionDocument`](crate::DecisionDocument) |
/// | `/metrics` | Prometheus text, version 0.0.4: every series is there at 0 from the first scrape |
///
/// `GET` and `HEAD` are all it hears. It changes nothing, fetches nothing, repeats nothing of a request, and no answer is to be kept.
/// The page of a path is rendered at most once a second, on a thread of its own, and shared by all who ask.
///
/// It is generic over how it reaches the instance, as the layer is: `&'static Goodput` or `Arc<Goodput>`. Clones share their pages.
///
/// # The gate
///
/// Its answer is 200 whatever it says, since the question was answered: a client that reads no JSON adds `http_status=1`, and gets 409
/// for all but `approve`. Not 503: proxies ask again then, take the instance out of their rotation, and count an error that none was.
/// It speaks for this instance alone, so it approves only where the definition says that there is no other one; `goodput gate` asks
/// all of them.
///
/// # Where to mount it
///
/// What is served tells anybody who reaches it the names of routes and SLOs, how much traffic there is and what fails. Mount it on
/// a port that the public does not reach, or give it a [token](Self::bearer_token); over a network that others share, behind TLS.
/// How many connections there may be, how slow they may be and how long their headers, is for the server to say.
pub struct StatusService<H = &'static Goodput> {
    inner: Arc<Inner<H>>,
}

struct Inner<H> {
    goodput: H,
    options: Options,
    clock: Timeline,
    json: Page<Rendered>,
    metrics: Page<Rendered>,
    gates: Gates,
    series: Mutex<Series>,
}

#[derive(Clone, Debug)]
struct Options {
    prefix: String,
    token: Option<Token>,
    max_age: Duration,
}

/// The answers of the gate, by kind and risk of the change.
#[derive(Debug, Default)]
struct Gates([[Page<Rendered>; Risk::ALL.len()]; ChangeKind::ALL.len()]);

impl Gates {
    fn of(&self, change: Change) -> &Page<Rendered> {
        let Self([feature, config, fix, rollback, security, emergency]) = self;
        let [low, medium, high] = match change.kind {
            ChangeKind::Feature => feature,
            ChangeKind::Config => config,
            ChangeKind::Fix => fix,
            ChangeKind::Rollback => rollback,
            ChangeKind::Security => security,
            ChangeKind::Emergency => emergency,
        };
        match change.risk {
            Risk::Low => low,
            Risk::Medium => medium,
            Risk::High => high,
        }
    }
}

/// How old a page may be.
const MAX_AGE: Duration = Duration::from_secs(1);

impl<H: Borrow<Goodput>> StatusService<H> {
    /// Serves this instance.
    pub fn new(goodput: H) -> Self {
        Self::with(goodput, Options { prefix: String::new(), token: None, max_age: MAX_AGE })
    }

    fn with(goodput: H, options: Options) -> Self {
        let (json, metrics, gates) = (Page::default(), Page::default(), Gates::default());
        // From here on, so that what a reload adds later is known from what was there.
        let mut series = Series::default();
        series.follow(goodput.borrow());
        let (clock, series) = (Timeline::system(), Mutex::new(series));
        let inner = Inner { goodput, options, clock, json, metrics, gates, series };
        Self { inner: Arc::new(inner) }
    }
}

impl<H: Borrow<Goodput> + Clone> StatusService<H> {
    /// Expects paths to begin with `prefix`, such as `/internal`, where a router does not take it away: axum's `nest_service` does,
    /// its `route_service` does not. A slash at its end says nothing.
    pub fn under(self, prefix: impl Into<String>) -> Self {
        let mut prefix = prefix.into();
        prefix.truncate(prefix.trim_end_matches('/').len());
        self.but(|options| options.prefix = prefix)
    }

    /// Answers only those who show this token: `Authorization: Bearer <token>`. Anybody else gets 401, whatever they ask for.
    ///
    /// It is compared in constant time, and shown nowhere.
    ///
    /// # Errors
    /// A token that is empty, that no header can hold, or longer than 256 bytes.
    pub fn bearer_token(self, token: &str) -> Result<Self, TokenError> {
        let token = Token::new(token)?;
        Ok(self.but(|options| options.token = Some(token)))
    }

    /// How old a page may be that is shared: a second unless said otherwise. With none, each page is rendered anew once the one before
    /// is there.
    pub fn max_age(self, max_age: Duration) -> Self {
        self.but(|options| options.max_age = max_age)
    }

    fn but(self, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = self.inner.options.clone();
        change(&mut options);
        Self::with(self.inner.goodput.clone(), options)
    }
}

impl<H: Borrow<Goodput> + Send + Sync + 'static> StatusService<H> {
    fn answer<B>(&self, request: &Request<B>) -> ResponseFuture {
        let inner = &self.inner;
        let head_only = request.method() == Method::HEAD;
        if inner.options.token.as_ref().is_some_and(|token| !token.is_shown_in(request.headers())) {
            return ResponseFuture::ready(answer::unauthorized(head_only));
        }
        let (coming, media_type) = match asked::read(request.method(), request.uri(), &inner.options.prefix) {
            Err(refused) => return ResponseFuture::ready(answer::refusal(refused, head_only)),
            Ok(Asked::Status) => (self.page(&inner.json, Inner::json), JSON),
            Ok(Asked::Metrics) => (self.page(&inner.metrics, Inner::metrics), MEDIA_TYPE),
            Ok(Asked::Gate { change, by_status }) => {
                let page = self.page(inner.gates.of(change), move |inner| inner.decide(change));
                return ResponseFuture::coming(page, JSON, head_only, by_status);
            }
        };
        ResponseFuture::coming(coming, media_type, head_only, false)
    }

    fn page(
        &self,
        page: &Page<Rendered>,
        render: impl FnOnce(&Inner<H>) -> Rendered + Send + 'static,
    ) -> Coming<Rendered> {
        let inner = Arc::clone(&self.inner);
        page.at_most(self.inner.options.max_age, &self.inner.clock, move || render(&inner))
    }
}

impl<H: Borrow<Goodput>> Inner<H> {
    fn json(&self) -> Rendered {
        let goodput = self.goodput.borrow();
        let status = goodput.status_within(self.options.max_age);
        let written_by = WrittenBy { instance: goodput.instance(), now: goodput.now(), wall: goodput.wall() };
        Rendered::page(document::render(&status, &written_by))
    }

    fn metrics(&self) -> Rendered {
        let goodput = self.goodput.borrow();
        let status = goodput.status_within(self.options.max_age);
        let mut series = self.series.lock();
        series.follow(goodput);
        Rendered::page(metrics::render(&status, &series))
    }

    fn decide(&self, change: Change) -> Rendered {
        let goodput = self.goodput.borrow();
        let case = goodput.status_within(self.options.max_age).case();
        let decision = case.decide(change);
        let answer = DecisionDocument::new(&case.service, &decision);
        Rendered { refuses: decision.action != Action::Approve, ..Rendered::page(document::to_json(&answer)) }
    }
}

impl<H> Clone for StatusService<H> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<H> fmt::Debug for StatusService<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusService").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

impl<H, B> Service<Request<B>> for StatusService<H>
where
    H: Borrow<Goodput> + Send + Sync + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        self.answer(&request)
    }
}
