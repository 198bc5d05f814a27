//! What a service writes by hand with OpenTelemetry: a counter and a histogram with four attributes.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Histogram, MeterProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use pin_project_lite::pin_project;
use tower::Service;

use crate::clock::Reading;
use crate::drive::{Bare, Payload, TEMPLATE};
use crate::interleave::Case;

/// Attributes are looked up at every request, as almost everybody does it.
pub(crate) fn unbound(name: &str) -> Case {
    let (provider, requests, duration) = instruments();
    case(name, Unbound { requests, duration, _provider: provider })
}

/// Attributes were looked up beforehand, once for each status: an experimental feature of the SDK.
pub(crate) fn bound(name: &str) -> Case {
    let (provider, requests, duration) = instruments();
    let bind = |status| {
        let attributes = attributes(status);
        (requests.bind(&attributes), duration.bind(&attributes))
    };
    let (ok, unavailable) = (bind(StatusCode::OK), bind(StatusCode::SERVICE_UNAVAILABLE));
    case(name, Bound { ok, unavailable, _provider: provider })
}

fn case(name: &str, record: impl Record) -> Case {
    // As cheap to reach as a handle of goodput: an `Arc` in every future is not what is measured.
    Case::service(name, Metered { inner: Bare::default(), record: &*Box::leak(Box::new(record)) })
}

/// What records a request.
trait Record: Send + Sync + 'static {
    fn record(&self, status: StatusCode, elapsed: Duration);
}

struct Unbound {
    requests: Counter<u64>,
    duration: Histogram<f64>,
    _provider: SdkMeterProvider, // instruments of one that is dropped record nothing
}

impl Record for Unbound {
    #[inline]
    fn record(&self, status: StatusCode, elapsed: Duration) {
        let attributes = attributes(status);
        self.requests.add(1, &attributes);
        self.duration.record(elapsed.as_secs_f64(), &attributes);
    }
}

type Pair = (BoundCounter<u64>, BoundHistogram<f64>);

struct Bound {
    ok: Pair,
    unavailable: Pair,
    _provider: SdkMeterProvider, // as above
}

impl Record for Bound {
    #[inline]
    fn record(&self, status: StatusCode, elapsed: Duration) {
        let (requests, duration) = if status == StatusCode::OK { &self.ok } else { &self.unavailable };
        requests.add(1);
        duration.record(elapsed.as_secs_f64());
    }
}

fn attributes(status: StatusCode) -> [KeyValue; 4] {
    [
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("http.route", TEMPLATE),
        KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
        KeyValue::new("url.scheme", "http"),
    ]
}

fn instruments() -> (SdkMeterProvider, Counter<u64>, Histogram<f64>) {
    // It exports once an hour: what is measured is recording.
    let reader = PeriodicReader::builder(Nowhere).with_interval(Duration::from_secs(3_600)).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let meter = provider.meter("bench");
    let requests = meter.u64_counter("http.server.requests").build();
    let duration = meter.f64_histogram("http.server.request.duration").with_unit("s").build();
    (provider, requests, duration)
}

struct Nowhere;

impl PushMetricExporter for Nowhere {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

struct Metered<S, R: 'static> {
    inner: S,
    record: &'static R,
}

impl<S: Clone, R> Clone for Metered<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), record: self.record }
    }
}

impl<S, R: Record> Service<Request<Payload>> for Metered<S, R>
where
    S: Service<Request<Payload>, Response = Response<Payload>>,
{
    type Response = Response<Payload>;
    type Error = S::Error;
    type Future = Metering<S::Future, R>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<Payload>) -> Self::Future {
        Metering { begun: Reading::now(), inner: self.inner.call(request), record: self.record }
    }
}

pin_project! {
    struct Metering<F, R: 'static> {
        #[pin]
        inner: F,
        begun: Reading,
        record: &'static R,
    }
}

impl<F, E, R: Record> Future for Metering<F, R>
where
    F: Future<Output = Result<Response<Payload>, E>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(cx));
        if let Ok(response) = &answer {
            this.record.record(response.status(), this.begun.elapsed());
        }
        Poll::Ready(answer)
    }
}

impl<F, R> fmt::Debug for Metering<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metering").finish_non_exhaustive()
    }
}
