//! The layer for any tower service over HTTP.

use std::borrow::Borrow;
use std::fmt;

use goodput_core::{ClassId, Goodput, Shed};
use http::{Request, Response};
use tower_layer::Layer;

use super::answer::{AnswerBy, Busy};
use super::service::GuardService;
use crate::route::{ByFn, Fixed, Unmatched};

/// Does what the [guards](goodput_core::Guard) of an instance say about each request: serves it, marks it with
/// [`Degrade`](crate::Degrade), or answers at once.
///
/// Mount it once, inside of the [`SliLayer`](crate::SliLayer), so that what is shed is counted: bad for the reason `shed`, or excluded
/// where its guard says so. It names routes as that layer does. A request that is shed does not reach the service, which had to be
/// ready for it all the same; what makes the service wait, such as a limit on concurrency, is waited for.
///
/// ```
/// use std::convert::Infallible;
/// use goodput_core::{Goodput, Guard, Slo};
/// use goodput_tower::{Degrade, GuardLayer, SliLayer};
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let goodput = Goodput::builder("shop")
///     .slo(Slo::availability("checkout-ok", "99.9%").routes(["/checkout"]))
///     .guard(Guard::shed("spare", "checkout-ok").routes(["/recommendations"]))
///     .guard(Guard::degrade("plain-search", "checkout-ok").routes(["/search"]).floor("50%"))
///     .build()?
///     .leak();
/// // let _ticker = goodput.start_ticker()?; guards move when it ticks
///
/// fn route_of<B>(request: &Request<B>) -> Option<&str> {
///     Some(request.uri().path()).filter(|path| ["/checkout", "/recommendations", "/search"].contains(path))
/// }
///
/// let shop = ServiceBuilder::new()
///     .layer(SliLayer::new(goodput).route_fn(route_of))
///     .layer(GuardLayer::new(goodput).route_fn(route_of))
///     .service(service_fn(async |request: Request<()>| {
///         let less = request.extensions().get::<Degrade>().is_some();
///         Ok::<_, Infallible>(Response::new(if less { "the popular ones".to_owned() } else { "the best ones".to_owned() }))
///     }));
///
/// let response = shop.oneshot(Request::get("/search").body(())?).await?;
/// assert_eq!(response.status(), 200); // nothing burns
/// # Ok(())
/// # }
/// ```
///
/// # What it costs
///
/// While no guard holds anything back, one relaxed load: no lock, no allocation, no box, not even the name of the route. While one
/// does, the name of the route and a counter of that route's for each request, and a clock reading; what is shed takes a few
/// allocations for its answer.
///
/// # What it does not do
///
/// - It limits nothing: what is admitted is a share, however much comes. Put a limit on concurrency beside it.
/// - It does not know whose fault the burn is. A route that is held back for the sake of another should share something with it: a
///   database, a pool, a thread.
/// - Mounted twice on the way of a request, it asks twice, and the floor is the square of itself.
#[derive(Clone, Copy)]
pub struct GuardLayer<H = &'static Goodput, N = Unmatched, A = Busy> {
    goodput: H,
    names: N,
    answer: A,
    class: ClassId,
}

impl<H: Borrow<Goodput>> GuardLayer<H> {
    /// Asks the guards of this instance. No request has a route, until [`route`](Self::route) or [`route_fn`](Self::route_fn).
    pub fn new(goodput: H) -> Self {
        Self { goodput, names: Unmatched, answer: Busy, class: ClassId::NONE }
    }
}

impl<H: Borrow<Goodput>, N, A> GuardLayer<H, N, A> {
    /// Names one route for every request; as [`SliLayer::route`](crate::SliLayer::route).
    pub fn route(self, template: &str) -> GuardLayer<H, Fixed, A> {
        let names = Fixed(self.goodput.borrow().route(Some(template)));
        self.named_by(names)
    }

    /// Asks a function for the route of each request; as [`SliLayer::route_fn`](crate::SliLayer::route_fn).
    pub fn route_fn<F, B>(self, name: F) -> GuardLayer<H, ByFn<F>, A>
    where
        F: for<'r> Fn(&'r Request<B>) -> Option<&'r str>,
    {
        self.named_by(ByFn(name))
    }

    /// Names routes by a type of the caller's own; see [`NameRoute`](crate::NameRoute).
    pub fn named_by<M>(self, names: M) -> GuardLayer<H, M, A> {
        GuardLayer { goodput: self.goodput, names, answer: self.answer, class: self.class }
    }

    /// The class of every request that does not bring one in its extensions; as [`SliLayer::class`](crate::SliLayer::class).
    pub fn class(mut self, name: &str) -> Self {
        self.class = self.goodput.borrow().class(name);
        self
    }

    /// Has a function make the answer to what is shed, in place of a 503 with a line of text: for bodies that are made of no text,
    /// and callers that expect another form.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use goodput_core::{Goodput, Shed};
    /// use goodput_tower::GuardLayer;
    /// use http::Response;
    /// use http_body_util::Full;
    ///
    /// # let goodput = Goodput::builder("shop").build()?.leak();
    /// let layer = GuardLayer::new(goodput).route("/recommendations").answer_by(|shed: Shed| {
    ///     let answer = Response::builder().status(503).header("retry-after", shed.retry_after.as_secs());
    ///     answer.body(Full::new(Bytes::from_static(b"[]"))).unwrap_or_default()
    /// });
    /// # let _ = layer;
    /// # Ok::<(), goodput_core::BuildError>(())
    /// ```
    pub fn answer_by<F, B>(self, answer: F) -> GuardLayer<H, N, AnswerBy<F>>
    where
        F: Fn(Shed) -> Response<B>,
    {
        self.answer_as(AnswerBy(answer))
    }

    /// Answers what is shed by a type of the caller's own; see [`Answer`](crate::Answer).
    pub fn answer_as<M>(self, answer: M) -> GuardLayer<H, N, M> {
        GuardLayer { goodput: self.goodput, names: self.names, answer, class: self.class }
    }
}

impl<S, H: Clone, N: Clone, A: Clone> Layer<S> for GuardLayer<H, N, A> {
    type Service = GuardService<S, H, N, A>;

    #[inline]
    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.goodput.clone(), self.names.clone(), self.answer.clone(), self.class)
    }
}

impl<H, N: fmt::Debug, A: fmt::Debug> fmt::Debug for GuardLayer<H, N, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer").field("names", &self.names).field("answer", &self.answer).finish_non_exhaustive()
    }
}
