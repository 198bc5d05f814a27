//! Futures and bodies in process, polled by hand.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use http::{Request, Response};
use http_body::Body as _;
use tower::{Layer, Service, ServiceExt};

use crate::house::House;
use crate::script::{Plan, Refused};
use crate::servers::{ROUTE, router, service};

/// What is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    /// A call of `goodput::SliLayer`'s service.
    Call,
    /// A call of `goodput::axum::SliLayer`'s service, outside a router.
    AxumCall,
    /// A request to a router, which makes the call when it is polled.
    Router,
}

pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Refused>> + Send>>;

impl Polled {
    pub(crate) const ALL: [Self; 3] = [Self::Call, Self::AxumCall, Self::Router];
    /// Those whose request has begun before the first poll.
    pub(crate) const CALLS: [Self; 2] = [Self::Call, Self::AxumCall];

    pub(crate) fn ask(self, house: &House, plan: &Plan) -> Answer {
        let request = Request::get("/way/of-it").body(Body::empty()).unwrap();
        let service = service(plan, &house.scene);
        match self {
            Self::Call => {
                let answer = house.layer_on(ROUTE).layer(service).call(request);
                Box::pin(async { Ok(answer.await?.map(Body::new)) })
            }
            Self::AxumCall => Box::pin(house.layer().layer(service).call(request)),
            Self::Router => {
                let answer = router(plan, &house.scene).layer(house.layer()).oneshot(request);
                Box::pin(async { Ok(answer.await.unwrap_or_else(|never| match never {})) })
            }
        }
    }

    pub(crate) fn route(self) -> &'static str {
        if self == Self::AxumCall { "unmatched" } else { ROUTE }
    }
}

pub(crate) fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// The head of a service that is ready at once.
pub(crate) fn head(mut answer: Answer) -> Response<Body> {
    let Poll::Ready(head) = poll(&mut answer) else { panic!("the head is not ready") };
    head.unwrap()
}

/// One poll of a body: whether there is a frame, and whether it is a failure.
pub(crate) fn frame(body: &mut Body) -> Poll<Option<Result<(), ()>>> {
    let polled = Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()));
    polled.map(|end| end.map(|frame| frame.map(drop).map_err(drop)))
}

pub(crate) fn panics<T>(run: impl FnOnce() -> T) {
    assert!(catch_unwind(AssertUnwindSafe(|| drop(run()))).is_err(), "it does not panic");
}
