//! The layer for any tower service over HTTP.

use std::borrow::Borrow;
use std::fmt;

use goodput_core::{ClassId, Goodput};
use http::Request;
use tower_layer::Layer;

use crate::route::{ByFn, Dependency, Fixed, Unmatched};
use crate::service::SliService;

/// Records how every request to a service ends, exactly once.
///
/// The response body becomes a [`SliBody`](crate::SliBody). For axum there is `axum::SliLayer` (feature `axum`), which takes
/// the route from the router and leaves the body type alone.
///
/// One layer serves all SLOs. A second one on the way to the same service, with the same instance, counts nothing (unless
/// a spawned task or a `Buffer` lies between them, which hides the first from the second).
///
/// # The handle
///
/// `H` is how the instance is reached. Layering copies it, a call clones it once.
///
/// | handle | 1 thread | 2 threads | for |
/// |---|---|---|---|
/// | `&'static Goodput` | 83 ns | 82 ns | services: [leak](Goodput::leak) one per process |
/// | `Arc<Goodput>` | 86 ns | 99 ns | tests and short-lived instances, which drop cleanly |
///
/// The figures are for a whole recorded request over a bare service of 39 ns, judged at its head, with the route that axum's
/// router matched, on two cores (`cargo xtask bench`). Frameworks that clone the service for every request, as axum does, clone
/// the `Arc` as often, and more cores contend for its count.
///
/// # The route
///
/// Without [`route`](Self::route) or [`route_fn`](Self::route_fn) every request is `unmatched`.
#[derive(Clone, Copy)]
pub struct SliLayer<H = &'static Goodput, N = Unmatched> {
    goodput: H,
    names: N,
    class: ClassId,
}

impl<H: Borrow<Goodput>> SliLayer<H> {
    /// Records on this instance. No request has a route, until [`route`](Self::route) or [`route_fn`](Self::route_fn).
    pub fn new(goodput: H) -> Self {
        Self { goodput, names: Unmatched, class: ClassId::NONE }
    }
}

impl<H: Borrow<Goodput>, N> SliLayer<H, N> {
    /// Names one route for every request, looked up here and never again.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use goodput_tower::{Fixed, SliLayer};
    /// # use goodput_core::{Goodput, Slo};
    ///
    /// # let goodput = Goodput::builder("shop").slo(Slo::availability("ok", "99%")).build()?;
    /// let layer: SliLayer<Arc<Goodput>, Fixed> = SliLayer::new(Arc::new(goodput)).route("/checkout");
    /// # Ok::<(), goodput_core::BuildError>(())
    /// ```
    pub fn route(self, template: &str) -> SliLayer<H, Fixed> {
        let names = Fixed(self.goodput.borrow().route(Some(template)));
        SliLayer { goodput: self.goodput, names, class: self.class }
    }

    /// Asks a function for the route of each request: a template, or `None` where nothing matched.
    ///
    /// It must answer with templates, never with paths as they came: those are without number, and end up as `other`. It
    /// must not panic either; a request without a route has not begun. A named function has to be written with the lifetime of
    /// its argument, `Option<&str>` rather than `Option<&'static str>`.
    ///
    /// A closure names the type of its argument, a function needs nothing, and a function pointer makes a type that can be
    /// written down:
    ///
    /// ```
    /// use goodput_tower::{ByFn, SliLayer};
    /// use http::Request;
    /// # use goodput_core::{Goodput, Slo};
    /// # struct Incoming; // hyper::body::Incoming
    ///
    /// fn route_of<B>(request: &Request<B>) -> Option<&str> {
    ///     match request.uri().path() {
    ///         "/checkout" => Some("/checkout"),
    ///         path if path.starts_with("/users/") => Some("/users/{id}"),
    ///         _ => None,
    ///     }
    /// }
    ///
    /// struct Server {
    ///     slis: SliLayer<&'static Goodput, ByFn<fn(&Request<Incoming>) -> Option<&str>>>,
    /// }
    ///
    /// # let goodput = Goodput::builder("shop").slo(Slo::availability("ok", "99%")).build()?.leak();
    /// let server = Server { slis: SliLayer::new(goodput).route_fn(route_of) };
    /// let inline = SliLayer::new(goodput).route_fn(|request: &Request<Incoming>| route_of(request));
    /// # Ok::<(), goodput_core::BuildError>(())
    /// ```
    pub fn route_fn<F, B>(self, name: F) -> SliLayer<H, ByFn<F>>
    where
        F: for<'r> Fn(&'r Request<B>) -> Option<&'r str>,
    {
        SliLayer { goodput: self.goodput, names: ByFn(name), class: self.class }
    }

    /// Counts calls to another service, in a stack around its client: tower's, hyper's, or tonic's; reqwest's after a function
    /// has made its own requests of those of the `http` crate. They are judged by the SLOs of that dependency and by no other.
    ///
    /// No connection (also where the client says so before it is ready), an `Err` such as a deadline's, and a status of the 5xx
    /// class are bad. Outside of a layer that tries again it counts what the caller asked for, inside of it each attempt. A call
    /// is an event beside the request it is made for, however deep inside that it happens.
    ///
    /// Calls that are not HTTP are counted as work: `goodput.work("dependency:db")`.
    ///
    /// ```
    /// use goodput_core::{Goodput, Slo};
    /// use goodput_tower::SliLayer;
    ///
    /// let goodput = Goodput::builder("shop")
    ///     .slo(Slo::availability("shop-ok", "99.9%"))
    ///     .slo(Slo::dependency("payments-ok", "99.5%", "payments"))
    ///     .build()?
    ///     .leak();
    /// let layer = SliLayer::new(goodput).dependency("payments");
    /// # let _ = layer;
    /// # Ok::<(), goodput_core::BuildError>(())
    /// ```
    pub fn dependency(self, name: &str) -> SliLayer<H, Dependency> {
        let names = Dependency(self.goodput.borrow().dependency(name));
        SliLayer { goodput: self.goodput, names, class: ClassId::NONE }
    }

    /// The class of every request that does not bring one in its extensions; see
    /// [`classes`](goodput_core::GoodputBuilder::classes).
    pub fn class(mut self, name: &str) -> Self {
        self.class = self.goodput.borrow().class(name);
        self
    }

    /// Names routes by a type of the caller's own; see [`NameRoute`](crate::NameRoute).
    pub fn named_by<M>(self, names: M) -> SliLayer<H, M> {
        SliLayer { goodput: self.goodput, names, class: self.class }
    }
}

impl<S, H: Clone, N: Clone> Layer<S> for SliLayer<H, N> {
    type Service = SliService<S, H, N>;

    #[inline]
    fn layer(&self, inner: S) -> Self::Service {
        SliService::new(inner, self.goodput.clone(), self.names.clone(), self.class)
    }
}

impl<H, N: fmt::Debug> fmt::Debug for SliLayer<H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SliLayer").field("names", &self.names).finish_non_exhaustive()
    }
}
