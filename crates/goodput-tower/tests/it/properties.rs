//! Random responses with random ends:
//!
//! 1. every request has exactly one outcome and one verdict, and it is the first thing that ended it;
//! 2. at every moment, what began is either finished or in flight, and it is finished as soon as it is over;
//! 3. whoever follows a body sees the same frames, sizes and ends as without us, true or not.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use goodput_core::Outcome;
use http::{Method, Request, Response, Version};
use http_body::{Body, Frame, SizeHint};
use proptest::prelude::*;
use tower::{Layer, Service, service_fn};

use crate::house::{House, answer, frame, poll, request};
use crate::script::{Script, Step, Torn};

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop_oneof![0..4_usize, 0..2_000_usize].prop_map(Step::Data),
        2 => Just(Step::Pending),
        1 => Just(Step::Trailers),
        1 => Just(Step::Error),
        1 => Just(Step::Panic),
    ]
}

/// What a body says about itself, true or not.
#[derive(Clone, Debug)]
struct Claims {
    script: Script,
    /// It says that it is at its end when so many steps are left: 0 is the truth.
    at_end_with: Option<usize>,
    size: Size,
}

#[derive(Clone, Copy, Debug)]
enum Size {
    Unknown,
    /// What is still to come.
    True,
    /// Always the same.
    Exactly(u64),
    AtLeast(u64),
    /// At most 0 would be exactly 0.
    AtMost(u64),
}

impl Body for Claims {
    type Data = Bytes;
    type Error = Torn;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Torn>>> {
        Pin::new(&mut self.script).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.at_end_with.is_some_and(|left| self.script.steps.len() <= left)
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::default();
        match self.size {
            Size::Unknown => {}
            Size::True => hint.set_exact(self.script.bytes()),
            Size::Exactly(bytes) => hint.set_exact(bytes),
            Size::AtLeast(bytes) => hint.set_lower(bytes),
            Size::AtMost(bytes) => hint.set_upper(bytes),
        }
        hint
    }
}

fn claims() -> impl Strategy<Value = Claims> {
    let at_end_with = prop_oneof![3 => Just(None), 3 => Just(Some(0)), 1 => (1..4_usize).prop_map(Some)];
    let size = prop_oneof![
        3 => Just(Size::Unknown),
        3 => Just(Size::True),
        1 => (0..20_u64).prop_map(Size::Exactly),
        1 => (0..20_u64).prop_map(Size::AtLeast),
        1 => (1..20_u64).prop_map(Size::AtMost),
    ];
    (proptest::collection::vec(step(), 0..=20), at_end_with, size).prop_map(|(steps, at_end_with, size)| Claims {
        script: Script::new(steps),
        at_end_with,
        size,
    })
}

/// A request, and the head of its response.
#[derive(Clone, Debug)]
struct Talk {
    method: Method,
    version: Version,
    status: u16,
    declared: Option<u64>,
    announces_trailers: bool,
    content_type: Option<&'static str>,
}

fn talk() -> impl Strategy<Value = Talk> {
    let method = prop_oneof![6 => Just(Method::GET), 1 => Just(Method::HEAD), 1 => Just(Method::CONNECT)];
    let version = prop_oneof![Just(Version::HTTP_11), Just(Version::HTTP_2)];
    let status = prop_oneof![
        4 => Just(200_u16),
        1 => prop_oneof![Just(101_u16), Just(204), Just(304), Just(404), Just(500)],
    ];
    let kind = prop_oneof![
        6 => Just(None),
        1 => Just(Some("text/event-stream")),
        1 => Just(Some("application/octet-stream")),
    ];
    let declared = proptest::option::of(prop_oneof![0..30_u64, 0..3_000_u64]);
    (method, version, status, declared, proptest::bool::weighted(0.2), kind).prop_map(
        |(method, version, status, declared, announces_trailers, content_type)| Talk {
            method,
            version,
            status,
            declared,
            announces_trailers,
            content_type,
        },
    )
}

impl Talk {
    fn request(&self) -> Request<()> {
        let mut asked = request(self.method.clone());
        *asked.version_mut() = self.version;
        asked
    }

    fn response(&self, body: Claims) -> Response<Claims> {
        let mut response = Response::builder().status(self.status);
        if let Some(declared) = self.declared {
            response = response.header("content-length", declared);
        }
        if self.announces_trailers {
            response = response.header("trailer", "checksum");
        }
        if let Some(content_type) = self.content_type {
            response = response.header("content-type", content_type);
        }
        response.body(body).unwrap()
    }

    /// Nothing is waited for after the head. An event stream that knows how long it is, is a body like others.
    fn is_over_at_its_head(&self, body: &Claims) -> bool {
        let endless = matches!(body.size_hint().exact(), None | Some(0));
        self.method == Method::HEAD
            || [101, 204, 304].contains(&self.status)
            || (self.method == Method::CONNECT && self.status == 200)
            || (endless && self.content_type == Some("text/event-stream"))
    }

    /// What a complete response is.
    fn answered(&self) -> Outcome {
        match self.status {
            500 => Outcome::ServerError,
            404 => Outcome::ClientError,
            _ => Outcome::Success,
        }
    }
}

/// After how many polls a request is over, and how, when its body is polled this often and then dropped: the slow, obvious way.
fn expected(talk: &Talk, body: &Claims, polls: usize) -> (usize, Outcome) {
    let answered = talk.answered();
    let length = talk.declared.or(match body.size {
        Size::True => Some(body.script.bytes()),
        Size::Exactly(bytes) => Some(bytes),
        _ => None,
    });
    // HTTP/1 servers ask no more of a body than was declared; from HTTP/2 on it may still break its stream.
    let asked_for_more = talk.announces_trailers || talk.version == Version::HTTP_2;
    let says_it_is_over = |polled: usize| body.at_end_with.is_some_and(|left| body.script.steps.len() <= left + polled);
    if talk.is_over_at_its_head(body) || says_it_is_over(0) || (length == Some(0) && !asked_for_more) {
        return (0, answered);
    }
    let mut sent = 0;
    let enough = |sent: u64| length.is_none_or(|length| sent >= length);
    let over = |sent: u64| if enough(sent) { answered } else { Outcome::BodyFailed };
    for polled in 1..=polls {
        match body.script.steps.get(polled - 1) {
            None | Some(Step::Trailers) => return (polled, over(sent)),
            Some(Step::Error) => return (polled, Outcome::BodyFailed),
            Some(Step::Panic) => return (polled, Outcome::Panicked),
            Some(Step::Pending) => {}
            Some(Step::Data(bytes)) => {
                sent += *bytes as u64;
                if talk.version == Version::HTTP_2 && length.is_some_and(|length| sent > length) {
                    return (polled, Outcome::BodyFailed);
                }
                if says_it_is_over(polled) {
                    return (polled, over(sent));
                }
                if length.is_some() && enough(sent) && !asked_for_more {
                    return (polled, answered);
                }
            }
        }
    }
    // All but the trailers may be dropped by anybody.
    let all_sent = length.is_some() && enough(sent) && asked_for_more;
    (polls + 1, if all_sent || answered.is_failure() { answered } else { Outcome::BodyDropped })
}

/// What began is finished or in flight, and finished and judged at most once.
fn balance(house: &House) -> (u64, Vec<Outcome>) {
    let status = house.goodput.status();
    let route = &status.routes[0];
    let outcomes: u64 = route.outcomes.iter().map(|(_, count)| count).sum();
    assert_eq!(route.begun, 1);
    assert_eq!(route.begun, outcomes + route.in_flight);
    assert_eq!(status.in_flight, route.in_flight);
    let counts = status.slos[0].counts;
    assert_eq!(counts.good + counts.bad + counts.excluded, outcomes);
    let ended = route.outcomes.iter().filter(|(_, count)| *count > 0);
    (route.in_flight, ended.map(|(outcome, _)| *outcome).collect())
}

/// Follows a body for so many polls, beside one that nobody follows, and then drops it.
fn follow<B>(house: &House, followed: Response<B>, mut bare: Claims, polls: usize, over_after: usize, outcome: Outcome)
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut followed = followed.into_body();
    for polled in 0..=polls {
        let so_far = if polled < over_after { (1, vec![]) } else { (0, vec![outcome]) };
        assert_eq!(balance(house), so_far, "after {polled} polls");
        assert_eq!(followed.is_end_stream(), bare.is_end_stream());
        let (ours, theirs) = (followed.size_hint(), bare.size_hint());
        assert_eq!((ours.lower(), ours.upper()), (theirs.lower(), theirs.upper()));
        if polled < polls {
            assert_eq!(given(&mut followed), given(&mut bare));
        }
    }
    drop(followed);
    assert_eq!(balance(house), (0, vec![outcome]));
}

/// What one poll gives, whatever the type of an error is.
fn given<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> String {
    let polled = catch_unwind(AssertUnwindSafe(|| frame(body)));
    polled.map_or_else(|_| "a panic".to_owned(), |polled| format!("{:?}", polled.map_err(|_| "an error")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_body_has_one_outcome(body in claims(), talk in talk(), polls in 0..24_usize) {
        let (over_after, outcome) = expected(&talk, &body, polls);
        let house = House::new();
        let followed = answer(&house.layer(), talk.request(), talk.response(body.clone()));
        follow(&house, followed, body, polls, over_after, outcome);
    }

    #[test]
    fn a_body_nobody_waits_for_is_passed_on_and_its_request_over_at_the_head(
        body in claims(),
        talk in talk(),
        polls in 0..24_usize,
    ) {
        let house = House::judging_heads();
        let followed = answer(&house.layer(), talk.request(), talk.response(body.clone()));
        follow(&house, followed, body, polls, 0, talk.answered());
    }

    #[test]
    fn a_future_has_one_outcome(pending in 0..5_usize, polls in 0..8_usize, end in 0..4_u8) {
        let house = House::new();
        let (mut left, ready_at) = (pending, pending + 1);
        let mut service = house.layer().layer(service_fn(move |_: Request<()>| {
            poll_fn(move |_| {
                if left > 0 {
                    left -= 1;
                    return Poll::Pending;
                }
                match end {
                    0 => panic!("the service panics"),
                    1 => Poll::Ready(Err("refused")),
                    2 => Poll::Ready(Ok(Response::new(Script::new([])))),
                    _ => Poll::Ready(Ok(Response::builder().status(500).body(Script::new([])).unwrap())),
                }
            })
        }));
        let mut future = Box::pin(service.call(request(Method::GET)));
        for _ in 0..polls {
            balance(&house);
            let _ = catch_unwind(AssertUnwindSafe(|| drop(poll(future.as_mut()))));
        }
        drop(future);
        let expected = match end {
            _ if polls < ready_at => Outcome::Cancelled,
            0 => Outcome::Panicked,
            1 => Outcome::ServiceError,
            2 => Outcome::BodyDropped,
            _ => Outcome::ServerError,
        };
        prop_assert_eq!(balance(&house), (0, vec![expected]));
    }

    #[cfg(feature = "axum")]
    #[test]
    fn a_body_in_an_axum_box_has_one_outcome(body in claims(), talk in talk(), polls in 0..24_usize) {
        let (over_after, outcome) = expected(&talk, &body, polls);
        let house = House::new();
        let layer = goodput_tower::axum::SliLayer::new(house.handle());
        let followed: Response<axum::body::Body> = answer(&layer, talk.request(), talk.response(body.clone()));
        follow(&house, followed, body, polls, over_after, outcome);
    }
}
