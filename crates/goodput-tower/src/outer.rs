//! The layer for the outside of a stack: makes visible what the layers between it and the service do to requests.

use std::borrow::Borrow;
use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use goodput_core::{Arrival, Goodput, RequestClass, RouteId, Seen};
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::head::Ahead;
use crate::route::{ByFn, Fixed, NameRoute, Unmatched};

thread_local! {
    /// The request whose outer layer is at work on this thread, and the address of its instance.
    static ARRIVED: Cell<Option<(usize, Arc<Arrival>)>> = const { Cell::new(None) };
}

/// The request of this instance that is on its way through the caller, if it came through an outer layer.
pub(crate) fn arrival_of(goodput: &Goodput) -> Option<Arc<Arrival>> {
    let look = |arrived: &Cell<Option<(usize, Arc<Arrival>)>>| {
        let there = arrived.take();
        let own = there.as_ref().filter(|(instance, _)| *instance == address(goodput));
        let own = own.map(|(_, arrival)| Arc::clone(arrival));
        arrived.set(there);
        own
    };
    ARRIVED.try_with(look).ok().flatten()
}

fn address(goodput: &Goodput) -> usize {
    std::ptr::from_ref(goodput).addr()
}

/// Stands for as long as the layers in between are at work on this thread.
struct Between(Option<(usize, Arc<Arrival>)>);

impl Between {
    fn enter(goodput: &Goodput, arrival: &Arc<Arrival>) -> Self {
        let there = Some((address(goodput), Arc::clone(arrival)));
        Self(ARRIVED.try_with(|arrived| arrived.replace(there)).ok().flatten())
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        let _ = ARRIVED.try_with(|arrived| arrived.set(self.0.take()));
    }
}

/// Goes around everything that may refuse a request, let it wait, or give up on it, with a [`SliLayer`](crate::SliLayer)
/// of the same instance at the service.
///
/// | what a layer in between does | without this layer | with it |
/// |---|---|---|
/// | refuses: an error, or a failing status | nobody counts it | refused, reason `shed` |
/// | refuses with another status, such as 429 or 401 | nobody counts it | by that status |
/// | lets it wait: for a permit, in a buffer | the wait is in no latency | the wait is part of the latency, and a figure of its own |
/// | gives up on it: a timeout | looks like a client that went away | timed out, reason `timeout` |
/// | tries again | an event for each attempt | the same, and an attempt given up is timed out |
///
/// A layer that gives up on the service and answers from elsewhere, a cache say, has still given up on it. With two instances,
/// each pair of layers has to enclose the other or stand apart.
///
/// A request that the service's own layer sees is recorded there, on its route. One that never comes there is recorded here: on
/// the route this layer gives it, `unmatched` unless told otherwise, and in no class but the route's own. An SLO that names its
/// routes sees what is refused only if this layer names them as well; in axum, by the `MatchedPath` in the request's extensions.
///
/// ```
/// use std::time::Duration;
/// use goodput_core::{Goodput, Slo};
/// use goodput_tower::{OuterLayer, SliLayer};
/// use tower::{ServiceBuilder, service_fn};
/// # use http::{Request, Response};
///
/// # let goodput = Goodput::builder("shop").slo(Slo::availability("ok", "99%")).build()?.leak();
/// let stack = ServiceBuilder::new()
///     .layer(OuterLayer::new(goodput).route("/checkout"))
///     .load_shed()
///     .concurrency_limit(100)
///     .timeout(Duration::from_secs(2))
///     .layer(SliLayer::new(goodput).route("/checkout"))
///     .service(service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(String::new()))));
/// # let _ = stack;
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
///
/// The service inside is cloned for each request and made ready as part of it, so that waiting for its readiness counts as
/// waiting.
///
/// Cost: about 150 ns and two allocations a request, one clock reading more than without it, and what it costs to clone the
/// service.
///
/// It meets the layer at the service on the thread that polls both; a `Buffer` in between does not part them, as it hands the
/// future back. Where a layer in between spawns a task for the service they do not meet: the request is recorded at the service
/// as without this layer, and a timeout in between shows twice, here as refused and there as cancelled. A request that comes to
/// the service past this layer is recorded as ever; its response carries a mark, which takes three allocations.
#[derive(Clone, Copy)]
pub struct OuterLayer<H = &'static Goodput, N = Unmatched> {
    goodput: H,
    names: N,
}

impl<H: Borrow<Goodput>> OuterLayer<H> {
    /// Records on this instance what does not come to the service.
    pub fn new(goodput: H) -> Self {
        goodput.borrow().note_outer_layer();
        Self { goodput, names: Unmatched }
    }
}

impl<H: Borrow<Goodput>, N> OuterLayer<H, N> {
    /// Names one route for every request that does not come to the service; as [`SliLayer::route`](crate::SliLayer::route).
    pub fn route(self, template: &str) -> OuterLayer<H, Fixed> {
        let names = Fixed(self.goodput.borrow().route(Some(template)));
        OuterLayer { goodput: self.goodput, names }
    }

    /// Asks a function for the route of each request; as [`SliLayer::route_fn`](crate::SliLayer::route_fn).
    pub fn route_fn<F, B>(self, name: F) -> OuterLayer<H, ByFn<F>>
    where
        F: for<'r> Fn(&'r Request<B>) -> Option<&'r str>,
    {
        OuterLayer { goodput: self.goodput, names: ByFn(name) }
    }

    /// Names routes by a type of one's own, or as the layer at the service does: `axum::Matched`, `grpc::ByMethod`, which knows
    /// the methods that are listed or have answered.
    pub fn named_by<M>(self, names: M) -> OuterLayer<H, M> {
        OuterLayer { goodput: self.goodput, names }
    }
}

impl<S, H: Clone, N: Clone> Layer<S> for OuterLayer<H, N> {
    type Service = OuterService<S, H, N>;

    fn layer(&self, inner: S) -> Self::Service {
        OuterService { inner, goodput: self.goodput.clone(), names: self.names.clone() }
    }
}

impl<H, N: fmt::Debug> fmt::Debug for OuterLayer<H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OuterLayer").field("names", &self.names).finish_non_exhaustive()
    }
}

/// A stack seen from its outside; see [`OuterLayer`]. Ready at any time.
#[derive(Clone)]
pub struct OuterService<S, H = &'static Goodput, N = Unmatched> {
    inner: S,
    goodput: H,
    names: N,
}

impl<S, B, R, H, N> Service<Request<B>> for OuterService<S, H, N>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    R: Body,
    H: Borrow<Goodput> + Clone,
    N: NameRoute<B>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = OuterFuture<S, Request<B>, H>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let goodput = self.goodput.borrow();
        let passage = if arrival_of(goodput).is_some() {
            goodput.note_nested_layer();
            None
        } else {
            let mut route = self.names.route(goodput, &request);
            if goodput.has_classes()
                && let Some(RequestClass(name)) = request.extensions().get()
            {
                route = goodput.in_class(route, goodput.class(name));
            }
            Some(Passage { arrival: Arc::new(Arrival::now(goodput)), goodput: self.goodput.clone(), route })
        };
        let state = State::Waiting { service: self.inner.clone(), request: Some(request) };
        OuterFuture { passage, state }
    }
}

impl<S: fmt::Debug, H, N: fmt::Debug> fmt::Debug for OuterService<S, H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OuterService").field("inner", &self.inner).field("names", &self.names).finish_non_exhaustive()
    }
}

/// A request on its way; dropped before its end, its caller went away.
struct Passage<H: Borrow<Goodput>> {
    arrival: Arc<Arrival>,
    goodput: H,
    route: RouteId,
}

impl<H: Borrow<Goodput>> Passage<H> {
    fn end(&self, seen: Seen) {
        self.arrival.end(self.goodput.borrow(), self.route, seen);
    }
}

impl<H: Borrow<Goodput>> Drop for Passage<H> {
    fn drop(&mut self) {
        // Does nothing if its end was seen.
        self.end(Seen::Dropped);
    }
}

pin_project! {
    /// The future of an [`OuterService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct OuterFuture<S, Q, H: Borrow<Goodput> = &'static Goodput>
    where
        S: Service<Q>,
    {
        // Before the state: whoever drops this future is the caller, which has to be known before the service's own future
        // is dropped.
        passage: Option<Passage<H>>,
        #[pin]
        state: State<S, Q, S::Future>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, Q, F> {
        Waiting { service: S, request: Option<Q> },
        Called { #[pin] future: F },
    }
}

/// Sees a panic pass by.
struct Watch<'a, H: Borrow<Goodput>> {
    passage: &'a Passage<H>,
    returned: bool,
}

impl<H: Borrow<Goodput>> Drop for Watch<'_, H> {
    fn drop(&mut self) {
        if !self.returned {
            self.passage.end(Seen::Panic);
        }
    }
}

impl<S, B, R, H> Future for OuterFuture<S, Request<B>, H>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
    H: Borrow<Goodput>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(passage) = this.passage.as_ref() else {
            return this.state.poll_on(cx);
        };
        let answer = {
            let _between = Between::enter(passage.goodput.borrow(), &passage.arrival);
            let mut watch = Watch { passage, returned: false };
            let answer = this.state.poll_on(cx);
            watch.returned = true;
            answer
        };
        let answer = ready!(answer);
        match &answer {
            Ok(response) if Recorded::marks(passage.goodput.borrow(), response) => {
                passage.arrival.forget(passage.goodput.borrow());
            }
            Ok(response) => {
                let head = Ahead::of_refusal(passage.goodput.borrow(), response);
                passage.end(Seen::Answer(head));
            }
            Err(_) => passage.end(Seen::Error),
        }
        Poll::Ready(answer)
    }
}

impl<S, Q> State<S, Q, S::Future>
where
    S: Service<Q>,
{
    /// Waits for the service to be ready, calls it, and waits for its answer.
    fn poll_on(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<S::Response, S::Error>> {
        loop {
            match self.as_mut().project() {
                StateProjection::Waiting { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    // Taken once: the state changes before anything else is polled.
                    let Some(request) = request.take() else { return Poll::Pending };
                    let future = service.call(request);
                    self.set(State::Called { future });
                }
                StateProjection::Called { future } => return future.poll(cx),
            }
        }
    }
}

impl<S: Service<Q>, Q, H: Borrow<Goodput>> fmt::Debug for OuterFuture<S, Q, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OuterFuture").finish_non_exhaustive()
    }
}

/// Put into a response by the layer at the service, where an outer layer did not see the request come there.
///
/// It is of one instance: another one's outer layer has not had its request recorded by this.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    instance: usize,
    /// The mark of another instance, from further inside.
    inside: Option<Box<Self>>,
}

impl Recorded {
    /// Marks a response.
    #[cold]
    pub(crate) fn mark<B>(goodput: &Goodput, response: &mut Response<B>) {
        let extensions = response.extensions_mut();
        let inside = extensions.remove::<Self>().map(Box::new);
        extensions.insert(Self { instance: address(goodput), inside });
    }

    /// Whether a response has the mark of this instance.
    fn marks<B>(goodput: &Goodput, response: &Response<B>) -> bool {
        let mut marks = std::iter::successors(response.extensions().get::<Self>(), |mark| mark.inside.as_deref());
        marks.any(|mark| mark.instance == address(goodput))
    }
}
