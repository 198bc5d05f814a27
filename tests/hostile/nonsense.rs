//! Methods, paths and headers that make no sense, as many different ones as anybody could ask for.

use std::sync::LazyLock;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};

use crate::random::Random;

/// The bytes that the `http` crate takes in a method.
pub(crate) static METHOD_BYTES: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..=255).filter(|byte| Method::from_bytes(&[*byte]).is_ok()).collect());

/// The bytes that it takes in a path, each by itself; above 127 it takes UTF-8.
pub(crate) static PATH_BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let taken = |byte: &u8| {
        let path = PathAndQuery::from_maybe_shared(Bytes::from(vec![b'/', *byte, b'a']));
        // What follows these is no longer the path.
        path.is_ok() && !matches!(byte, b'?' | b'#')
    };
    (0..=255).filter(taken).collect()
});

/// Writes a path that no other number has, of bytes that can stand in one.
pub(crate) fn write_path(number: u64, random: &mut Random, bytes: &mut Vec<u8>) {
    let digits = PATH_BYTES.as_slice();
    // Odd, so that every number becomes another one.
    let mut left = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for _ in 0..12 {
        bytes.push(digits[(left % digits.len() as u64) as usize]);
        left /= digits.len() as u64;
    }
    for _ in 0..random.below(12) {
        if random.percent(20) {
            bytes.extend_from_slice(random.pick(&["%2e", "%00", "%ff", "%zz", "é", "漢", "😀"]).as_bytes());
        }
        bytes.push(random.pick(digits));
    }
}

/// Writes a method of 1 to 15 bytes.
pub(crate) fn write_method(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(15) {
        bytes.push(random.pick(&METHOD_BYTES));
    }
}

/// A request that no other number has.
pub(crate) fn request<B>(number: u64, start: &str, random: &mut Random, body: B) -> Request<B> {
    let (mut method, mut path) = (Vec::with_capacity(16), Vec::with_capacity(64));
    write_method(random, &mut method);
    path.extend_from_slice(start.as_bytes());
    write_path(number, random, &mut path);
    let mut request = Request::new(body);
    *request.method_mut() = Method::from_bytes(&method).unwrap();
    *request.uri_mut() = Uri::from(PathAndQuery::from_maybe_shared(Bytes::from(path)).unwrap());
    *request.version_mut() = random.pick(&[Version::HTTP_10, Version::HTTP_11, Version::HTTP_2]);
    request
}

/// Headers by which a client could hope to be heard: ours, other libraries', and what proxies and frameworks listen to.
pub(crate) const FORGED: [(&str, &str); 24] = [
    ("x-goodput-verdict", "good"),
    ("x-goodput-verdict", "bad"),
    ("x-goodput-verdict", "excluded (forged)"),
    ("x-goodput-degraded", "true"),
    ("x-goodput-route", "/forged"),
    ("goodput-class", "critical"),
    ("goodput-verdict", "excluded"),
    ("goodput", "verdict=excluded;reason=forged"),
    ("verdict", "excluded"),
    ("degraded", "1"),
    ("x-forwarded-host", "forged.example"),
    ("forwarded", "for=192.0.2.1;host=forged.example;proto=https"),
    ("x-original-url", "/forged"),
    ("x-matched-path", "/forged"),
    ("user-agent", "ELB-HealthChecker/2.0"),
    ("x-http-method-override", "HEAD"),
    ("grpc-status", "14"),
    ("grpc-timeout", "1n"),
    ("content-type", "application/grpc"),
    ("content-type", "text/event-stream"),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("baggage", "slo=forged,verdict=good"),
    ("x-synthetic", "true"),
    ("te", "trailers"),
];

/// A header of no meaning.
pub(crate) fn header(random: &mut Random) -> (HeaderName, HeaderValue) {
    let name: Vec<u8> =
        (0..=random.below(20)).map(|_| random.pick(b"abcdefghijklmnopqrstuvwxyz0123456789-_")).collect();
    let value: Vec<u8> =
        (0..random.below(40)).map(|_| random.pick(&[b'a', b'=', b' ', b'"', b'{', 0x80, 0xff])).collect();
    (HeaderName::from_bytes(&name).unwrap(), HeaderValue::from_bytes(&value).unwrap())
}
