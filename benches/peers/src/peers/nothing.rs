//! Per request: nothing, by a layer that passes everything through; or one box for the future. tower 0.5.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use goodput_bench::drive::Bare;
use tower::{Layer, Service};

use crate::ledger::Ledger;
use crate::peer::Built;
use crate::router::{App, routes};

pub(super) fn bare() -> Built {
    Built::service(Bare::default(), Ledger::none())
}

pub(super) fn layered() -> Built {
    Built::service(PassThrough.layer(Bare::default()), Ledger::none())
}

pub(super) fn boxed() -> Built {
    Built::service(Boxing(Bare::default()), Ledger::none())
}

pub(super) fn router() -> App {
    App { router: routes(), ledger: Ledger::none() }
}

pub(super) fn router_layered() -> App {
    App { router: routes().layer(PassThrough), ledger: Ledger::none() }
}

/// Layer and service in one: it adds a call and nothing else.
#[derive(Clone, Copy, Debug)]
struct PassThrough;

#[derive(Clone, Copy, Debug)]
struct PassedThrough<S>(S);

impl<S> Layer<S> for PassThrough {
    type Service = PassedThrough<S>;

    fn layer(&self, inner: S) -> PassedThrough<S> {
        PassedThrough(inner)
    }
}

impl<S: Service<R>, R> Service<R> for PassedThrough<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    #[inline]
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, request: R) -> S::Future {
        self.0.call(request)
    }
}

/// What middlewares do that are written as async functions.
#[derive(Clone, Copy, Debug)]
struct Boxing<S>(S);

impl<S, R> Service<R> for Boxing<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    #[inline]
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, request: R) -> Self::Future {
        Box::pin(self.0.call(request))
    }
}
