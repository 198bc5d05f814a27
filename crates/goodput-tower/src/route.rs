//! How a layer names the route of a request.

use std::fmt;

use goodput_core::{Goodput, RouteId};
use http::Request;

/// Names the route of each request, for a [`SliLayer`](crate::SliLayer).
///
/// A route is named by its *template*, `/users/{id}`, never by the path of a request: paths are as many as there are
/// clients, and beyond the definition's bound every further route is counted together as `other`.
///
/// Implement it on a type of your own where [`SliLayer::route_fn`](crate::SliLayer::route_fn) does not do, for example to
/// keep [`RouteId`]s resolved at start-up. It must not panic: the request has not begun yet and would not be counted.
pub trait NameRoute<B> {
    /// The route of `request` on `goodput`.
    fn route(&self, goodput: &Goodput, request: &Request<B>) -> RouteId;

    /// The route of the service's own calls to another: events beside the request they are made for.
    #[doc(hidden)]
    #[inline]
    fn dependency(&self) -> Option<RouteId> {
        None
    }

    /// A route that this request may show to be one.
    #[doc(hidden)]
    #[inline]
    fn candidate(&self, _goodput: &Goodput, _request: &Request<B>, _route: RouteId) -> Option<Candidate> {
        None
    }
}

/// A path that becomes a route once the service has answered as only a method of its own does.
#[doc(hidden)]
#[derive(Debug)]
pub struct Candidate {
    path: String,
}

impl Candidate {
    #[cfg(feature = "grpc")]
    pub(crate) fn new(path: &str) -> Self {
        Self { path: path.to_owned() }
    }

    /// Admits the route if a server that does not know it would not have answered so. It says `UNIMPLEMENTED`; and what stands in
    /// front of it gives up on whatever comes, sheds it, or refuses it. An interceptor that refuses unknown paths with yet another
    /// code lets clients take places in the table of routes, which is bounded and says so when it is full; listing the methods
    /// keeps theirs.
    #[cold]
    pub(crate) fn answered(&self, goodput: &Goodput, grpc_code: u8) {
        /// `CANCELLED`, `DEADLINE_EXCEEDED`, `PERMISSION_DENIED`, `RESOURCE_EXHAUSTED`, `UNIMPLEMENTED`, `UNAVAILABLE`,
        /// `UNAUTHENTICATED`.
        const SAID_TO_ANY_PATH: [u8; 7] = [1, 4, 7, 8, 12, 14, 16];
        if !SAID_TO_ANY_PATH.contains(&grpc_code) {
            goodput.route(Some(&self.path));
        }
    }
}

/// Calls to one dependency; see [`SliLayer::dependency`](crate::SliLayer::dependency).
#[derive(Clone, Copy, Debug)]
pub struct Dependency(pub(crate) RouteId);

impl<B> NameRoute<B> for Dependency {
    #[inline]
    fn route(&self, _: &Goodput, _: &Request<B>) -> RouteId {
        self.0
    }

    #[inline]
    fn dependency(&self) -> Option<RouteId> {
        Some(self.0)
    }
}

/// Every request is `unmatched`, where a 404 is a scanner's noise and excluded.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Unmatched;

impl<B> NameRoute<B> for Unmatched {
    #[inline]
    fn route(&self, goodput: &Goodput, _: &Request<B>) -> RouteId {
        goodput.route(None)
    }
}

/// One name for the whole service, resolved once; see [`SliLayer::route`](crate::SliLayer::route).
#[derive(Clone, Copy, Debug)]
pub struct Fixed(pub(crate) RouteId);

impl<B> NameRoute<B> for Fixed {
    #[inline]
    fn route(&self, _: &Goodput, _: &Request<B>) -> RouteId {
        self.0
    }
}

/// A function from a request to a template; see [`SliLayer::route_fn`](crate::SliLayer::route_fn).
#[derive(Clone, Copy)]
pub struct ByFn<F>(pub(crate) F);

impl<F, B> NameRoute<B> for ByFn<F>
where
    F: for<'r> Fn(&'r Request<B>) -> Option<&'r str>,
{
    #[inline]
    fn route(&self, goodput: &Goodput, request: &Request<B>) -> RouteId {
        goodput.route((self.0)(request))
    }
}

impl<F> fmt::Debug for ByFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ByFn").field(&std::any::type_name::<F>()).finish()
    }
}
