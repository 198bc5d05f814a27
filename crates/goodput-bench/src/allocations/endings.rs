//! What a request allocates in every way it can end, over what the service itself allocates for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use allocation_counter::measure;
use bytes::Bytes;
use goodput::{Goodput, SliLayer, Slo};
use goodput_bench::fault::{Handle, Planting, WithHandle};
use http::{Method, Request, Response, Uri, Version};
use http_body::Body;
use http_body_util::Empty;
use serde_json::{Value, json};
use tower::{Layer, Service};

use self::ways::{Caller, Failed, Inner, Refused, WAYS, Way};

// The ways are those whose tests say what becomes of each of them.
#[path = "../../../../tests/allocations/ways.rs"]
#[expect(clippy::unwrap_used, dead_code, reason = "written for tests, which use more of it and fail by panicking")]
mod ways;

const REQUESTS: u64 = 1_000;
const WARM_UP: u64 = 2;

/// Every way, judged at the head and at the end.
pub(crate) fn all(planting: impl Planting) -> Result<Vec<Value>, String> {
    let mut figures = Vec::new();
    for way in WAYS {
        for judged_at in ["head", "end"] {
            let goodput = instance(judged_at == "head");
            let over = planting.plant(goodput, Cost { way }) - cost(&Inner(way), way);
            let finished: u64 = goodput.status().routes.iter().map(|route| route.finished).sum();
            if finished != REQUESTS + WARM_UP {
                return Err(format!("{}: {finished} requests were recorded of {}", way.name, REQUESTS + WARM_UP));
            }
            figures
                .push(json!({ "way": way.name, "judged_at": judged_at, "allocations": over as f64 / REQUESTS as f64 }));
        }
    }
    Ok(figures)
}

fn instance(judged_at_head: bool) -> &'static Goodput {
    let slo = if judged_at_head {
        Slo::latency("fast", "99%", Duration::from_secs(60))
    } else {
        Slo::availability("available", "99.9%")
    };
    let builder = Goodput::builder("bench").slo(slo).exclude_routes(["/health"]).stream_routes(["/feed"]);
    match builder.build() {
        Ok(goodput) => goodput.leak(),
        Err(error) => unreachable!("the definition holds: {error}"),
    }
}

/// What requests cost through a layer with some handle.
struct Cost {
    way: &'static Way,
}

impl WithHandle for Cost {
    type Output = i64;

    fn with<H: Handle>(self, handle: H) -> i64 {
        cost(&SliLayer::new(handle).route_fn(route_of).layer(Inner(self.way)), self.way)
    }
}

fn route_of<B>(request: &Request<B>) -> Option<&str> {
    Some(request.uri().path()).filter(|path| *path != "/nowhere")
}

/// What [`REQUESTS`] requests allocate on this thread, after the first ones.
fn cost<S, B>(service: &S, way: &Way) -> i64
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Refused> + Clone,
    B: Body<Data = Bytes, Error = Failed>,
{
    let mut service = service.clone();
    (0..WARM_UP).for_each(|_| perform(&mut service, way));
    measure(|| (0..REQUESTS).for_each(|_| perform(&mut service, way))).count_total.cast_signed()
}

/// One request, which ends as the way says.
fn perform<S, B>(service: &mut S, way: &Way)
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Refused>,
    B: Body<Data = Bytes, Error = Failed>,
{
    let mut request = Request::new(Empty::new());
    *request.method_mut() = Method::from_bytes(way.method.as_bytes()).unwrap_or_default();
    *request.uri_mut() = Uri::from_static(way.path);
    if way.method == "POST" {
        *request.version_mut() = Version::HTTP_2;
    }
    // Some ways are to panic.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let cx = &mut Context::from_waker(Waker::noop());
        let mut future = pin!(service.call(request));
        if let Caller::DropsFuture(polls) = way.caller {
            return (0..polls).for_each(|_| drop(future.as_mut().poll(cx)));
        }
        let answer = loop {
            if let Poll::Ready(answer) = future.as_mut().poll(cx) {
                break answer;
            }
        };
        let Ok(answer) = answer else { return };
        let mut body = pin!(answer.into_body());
        let mut frames = if let Caller::DropsBody(frames) = way.caller { frames } else { u8::MAX };
        while frames > 0 && !body.is_end_stream() {
            match body.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(_))) => frames -= 1,
                _ => break,
            }
        }
    }));
}
