//! The guard for axum: routes come from the router, and the body type stays axum's.

use std::borrow::Borrow;
use std::fmt;

use goodput_core::{ClassId, Goodput};
use tower_layer::Layer;

use super::answer::Busy;
use super::service::GuardService;
use crate::axum::Matched;

/// Does what the guards of an instance say about each request to an axum router; see [`GuardLayer`](crate::GuardLayer).
///
/// Add it to the router before the [`SliLayer`](crate::axum::SliLayer), which is then outside of it and counts what is shed. Only
/// requests that matched a route are held back, unless a guard chooses them by their class alone.
///
/// ```
/// use axum::{Extension, Router, routing::get};
/// use goodput_core::{Goodput, Guard, Slo};
/// use goodput_tower::{Degrade, axum::{GuardLayer, SliLayer}};
///
/// async fn search(less: Option<Extension<Degrade>>) -> &'static str {
///     if less.is_some() { "the popular ones" } else { "the best ones" }
/// }
///
/// let goodput = Goodput::builder("shop")
///     .slo(Slo::availability("checkout-ok", "99.9%").routes(["/checkout"]))
///     .guard(Guard::shed("spare", "checkout-ok").routes(["/recommendations"]))
///     .guard(Guard::degrade("plain-search", "checkout-ok").routes(["/search"]))
///     .build()?
///     .leak();
/// let app: Router = Router::new()
///     .route("/checkout", get(|| async { "thank you" }))
///     .route("/recommendations", get(|| async { "you may like this" }))
///     .route("/search", get(search))
///     .layer(GuardLayer::new(goodput))
///     .layer(SliLayer::new(goodput));
/// # let _ = app;
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
#[derive(Clone, Copy)]
pub struct GuardLayer<H = &'static Goodput> {
    goodput: H,
    class: ClassId,
}

impl<H: Borrow<Goodput>> GuardLayer<H> {
    /// Asks the guards of this instance.
    pub fn new(goodput: H) -> Self {
        Self { goodput, class: ClassId::NONE }
    }

    /// The class of every request that does not bring one in its extensions; as
    /// [`SliLayer::class`](crate::axum::SliLayer::class).
    pub fn class(mut self, name: &str) -> Self {
        self.class = self.goodput.borrow().class(name);
        self
    }
}

impl<S, H: Clone> Layer<S> for GuardLayer<H> {
    type Service = GuardService<S, H, Matched, Busy>;

    #[inline]
    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.goodput.clone(), Matched, Busy, self.class)
    }
}

impl<H> fmt::Debug for GuardLayer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer").finish_non_exhaustive()
    }
}
