//! The layer for gRPC services: routes are methods, known from a list or from their first answer.

use std::borrow::Borrow;
use std::fmt;

use goodput_core::{ClassId, Goodput, RouteId};
use http::Request;
use prost::Message;
use prost_types::FileDescriptorSet;
use tower_layer::Layer;

use crate::body::Unboxed;
pub use crate::guard::grpc::{GuardLayer, Unavailable};
use crate::route::{Candidate, NameRoute};
use crate::service::SliService;

/// Records how every call of a gRPC service ends, exactly once.
///
/// A call's route is its method, `/pkg.Service/Method`. Methods that are listed have theirs from the beginning. Others are
/// `unmatched` until the service first answers as only a method of its own does: not with `UNIMPLEMENTED`, nor with what a layer
/// in front says to whatever comes (`UNAUTHENTICATED`, `PERMISSION_DENIED`, `RESOURCE_EXHAUSTED`, `UNAVAILABLE`,
/// `DEADLINE_EXCEEDED`, `CANCELLED`). So a client cannot make up routes. Where an interceptor refuses unknown paths with yet
/// another code, list the methods: what is listed keeps its place.
///
/// ```
/// use goodput_core::{Goodput, Slo};
/// use goodput_tower::grpc::{Methods, SliLayer};
///
/// let goodput = Goodput::builder("greeter")
///     .slo(Slo::availability("greeter-ok", "99.9%"))
///     .exclude_routes(["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"])
///     .build()?
///     .leak();
/// let methods = Methods::new().unary("/hello.Greeter/SayHello").streaming("/hello.Greeter/Subscribe");
/// let layer = SliLayer::new(goodput).methods(methods);
/// // tonic::transport::Server::builder().layer(layer).add_service(greeter)
/// # let _ = layer;
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
///
/// The status is that of the trailers, or of the headers where there is no body. Every layer of this crate reads it, wherever a
/// response is of type `application/grpc`; this one adds the routes. Streaming methods, once listed, are judged when they are
/// established; see [`Slo::streams_judged_at`](goodput_core::Slo::streams_judged_at).
///
/// The handle `H` is as in [`SliLayer`](crate::SliLayer).
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

    /// Makes these methods known.
    pub fn methods(self, methods: Methods) -> Self {
        let goodput = self.goodput.borrow();
        for (path, streaming) in methods.0 {
            let route = goodput.route(Some(&path));
            if streaming {
                goodput.mark_streaming(route);
            }
        }
        self
    }

    /// The class of every request that does not bring one in its extensions; see
    /// [`classes`](goodput_core::GoodputBuilder::classes).
    pub fn class(mut self, name: &str) -> Self {
        self.class = self.goodput.borrow().class(name);
        self
    }
}

impl<S, H: Clone> Layer<S> for SliLayer<H> {
    type Service = SliService<S, H, ByMethod, Unboxed>;

    #[inline]
    fn layer(&self, inner: S) -> Self::Service {
        SliService::new(inner, self.goodput.clone(), ByMethod, self.class)
    }
}

impl<H> fmt::Debug for SliLayer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SliLayer").finish_non_exhaustive()
    }
}

/// The methods of a service, and which of them stream on either side.
#[derive(Clone, Debug, Default)]
pub struct Methods(Vec<(String, bool)>);

impl Methods {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a method that takes one message and answers with one, as `/pkg.Service/Method`.
    pub fn unary(self, path: impl Into<String>) -> Self {
        self.add(path.into(), false)
    }

    /// Adds a method that streams, on either side or both.
    pub fn streaming(self, path: impl Into<String>) -> Self {
        self.add(path.into(), true)
    }

    fn add(mut self, mut path: String, streaming: bool) -> Self {
        if !path.starts_with('/') {
            path.insert(0, '/');
        }
        self.0.push((path, streaming));
        self
    }

    /// All methods of an encoded file descriptor set, as `protoc` and tonic's build script write it.
    ///
    /// # Errors
    /// If the bytes are no such set.
    pub fn from_file_descriptor_set(bytes: &[u8]) -> Result<Self, MethodsError> {
        let set = FileDescriptorSet::decode(bytes).map_err(|error| MethodsError { why: error.to_string() })?;
        let mut methods = Self::new();
        for file in &set.file {
            for service in &file.service {
                for method in &service.method {
                    let dot = if file.package().is_empty() { "" } else { "." };
                    let path = format!("/{}{dot}{}/{}", file.package(), service.name(), method.name());
                    methods = methods.add(path, method.client_streaming() || method.server_streaming());
                }
            }
        }
        Ok(methods)
    }
}

/// Why bytes are no file descriptor set.
#[derive(Clone, PartialEq, Eq)]
pub struct MethodsError {
    why: String,
}

impl fmt::Display for MethodsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an encoded file descriptor set: {}", self.why)
    }
}

/// As [`Display`](fmt::Display), since it is what a `main` that returns this error prints.
impl fmt::Debug for MethodsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for MethodsError {}

/// Names a route by the method that is called.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ByMethod;

impl<B> NameRoute<B> for ByMethod {
    #[inline]
    fn route(&self, goodput: &Goodput, request: &Request<B>) -> RouteId {
        goodput.known_route(request.uri().path()).unwrap_or_else(|| goodput.route(None))
    }

    #[inline]
    fn candidate(&self, goodput: &Goodput, request: &Request<B>, route: RouteId) -> Option<Candidate> {
        if route == goodput.route(None) { candidate(request.uri().path()) } else { None }
    }
}

/// A path that may be a method's: `/`, a service name, `/`, a method name.
#[cold]
fn candidate(path: &str) -> Option<Candidate> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b));
    (is_name(service) && is_name(method)).then(|| Candidate::new(path))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;

    use goodput_core::Slo;
    use http::Response;
    use http_body_util::{BodyExt, Empty};
    use tower::{ServiceExt, service_fn};

    use super::*;

    #[tokio::test]
    async fn what_a_layer_in_front_may_say_to_any_path_makes_no_route() {
        for code in 0..=16 {
            let goodput = Arc::new(Goodput::builder("greeter").slo(Slo::availability("ok", "99%")).build().unwrap());
            // An interceptor, say, that stands before the methods.
            let service = SliLayer::new(Arc::clone(&goodput)).layer(service_fn(async |_: Request<()>| {
                let answer = Response::builder().header("content-type", "application/grpc").header("grpc-status", code);
                Ok::<_, Infallible>(answer.body(Empty::<bytes::Bytes>::new()).unwrap())
            }));
            let request = Request::post("/hello.Greeter/MadeUp").version(http::Version::HTTP_2).body(()).unwrap();
            drop(service.oneshot(request).await.unwrap().into_body().collect().await);
            let admits = [0, 2, 3, 5, 6, 9, 10, 11, 13, 15].contains(&code);
            assert_eq!(goodput.known_route("/hello.Greeter/MadeUp").is_some(), admits, "{code}");
        }
    }
}
