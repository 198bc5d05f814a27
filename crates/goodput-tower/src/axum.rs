//! The layer for axum: routes come from the router, and the body type stays axum's.

use std::borrow::Borrow;
use std::error::Error;
use std::fmt;

use ::axum::body::{Body, Bytes, HttpBody};
use ::axum::extract::MatchedPath;
use goodput_core::{ClassId, Goodput, RouteId};
use http::Request;
use tower_layer::Layer;

use crate::body::{SliBody, WrapBody};
pub use crate::guard::axum::GuardLayer;
use crate::route::NameRoute;
use crate::service::SliService;

/// Records how every request to an axum router ends, exactly once.
///
/// ```
/// use axum::{Router, routing::get};
/// use goodput_core::{Goodput, Slo};
/// use goodput_tower::axum::SliLayer;
///
/// let goodput = Goodput::builder("shop").slo(Slo::availability("ok", "99.9%")).build()?.leak();
/// let app: Router = Router::new().route("/users/{id}", get(|| async { "hello" })).layer(SliLayer::new(goodput));
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
///
/// A handler that knows better than its status says so in an extension of its response:
///
/// ```
/// use axum::{Extension, response::IntoResponse};
/// use goodput_core::Verdict;
///
/// async fn pay() -> impl IntoResponse {
///     (Extension(Verdict::excluded("card_declined")), "this card was declined")
/// }
/// ```
///
/// Put it on the router with `Router::layer`, after the routes: it then sees the fallback as well, whose requests count as
/// `unmatched`. With `Router::route_layer` it does not see them. Layers added after this one run outside it: a timeout
/// there looks like a client that went away. Add timeouts before, or an [`OuterLayer`](crate::OuterLayer) after them.
///
/// A request's route is its [`MatchedPath`]: with nested routers the whole template, `/api/users/{id}`. There is none in a
/// fallback, under `nest_service`, and outside the router.
///
/// The handle `H` is as in [`SliLayer`](crate::SliLayer): `&'static Goodput`, or `Arc<Goodput>` at a price. Bodies are boxed
/// once more only where some SLO waits for the end of the response and the body is not over with its head, and where it is a
/// stream, whose lifetime is measured.
#[derive(Clone, Copy)]
pub struct SliLayer<H = &'static Goodput> {
    goodput: H,
    class: ClassId,
}

impl<H: Borrow<Goodput>> SliLayer<H> {
    /// Records on this instance.
    pub fn new(goodput: H) -> Self {
        Self { goodput, class: ClassId::NONE }
    }

    /// The class of every request that does not bring one in its extensions; see
    /// [`classes`](goodput_core::GoodputBuilder::classes).
    pub fn class(mut self, name: &str) -> Self {
        self.class = self.goodput.borrow().class(name);
        self
    }
}

impl<S, H: Clone> Layer<S> for SliLayer<H> {
    type Service = SliService<S, H, Matched, Boxed>;

    #[inline]
    fn layer(&self, inner: S) -> Self::Service {
        SliService::new(inner, self.goodput.clone(), Matched, self.class)
    }
}

impl<H> fmt::Debug for SliLayer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SliLayer").finish_non_exhaustive()
    }
}

/// Names a route by what axum's router matched.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Matched;

impl<B> NameRoute<B> for Matched {
    #[inline]
    fn route(&self, goodput: &Goodput, request: &Request<B>) -> RouteId {
        match request.extensions().get::<MatchedPath>() {
            Some(path) => goodput.route_held(path, MatchedPath::as_str),
            None => goodput.route(None),
        }
    }
}

/// Makes every body an axum [`Body`]. One that is an axum body already is boxed again only if some SLO waits for its end.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Boxed;

impl<B, H> WrapBody<B, H> for Boxed
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    H: Borrow<Goodput> + Send + 'static,
{
    type Body = Body;

    #[inline]
    fn wrap(body: SliBody<B, H>) -> Body {
        match body.try_into_inner() {
            // Hands an axum body back as it is.
            Ok(inner) => Body::new(inner),
            Err(awaited) => Body::new(awaited),
        }
    }
}
