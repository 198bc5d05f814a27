//! What a user may do with the types: send them, share them, clone them, name them.

use std::sync::Arc;

use bytes::Bytes;
use goodput_core::Goodput;
use goodput_tower::{ByFn, Fixed, ResponseFuture, SliBody, SliLayer, SliService, Unboxed, Unmatched};
use http::Request;
use http_body_util::Full;

fn everywhere<T: Send + Sync + Unpin + std::fmt::Debug + 'static>() {}
fn cloned<T: Clone>() {}
fn copied<T: Copy>() {}

type Name = fn(&Request<()>) -> Option<&str>;

#[test]
fn all_types_can_be_sent_shared_and_printed() {
    everywhere::<SliLayer>();
    everywhere::<SliLayer<Arc<Goodput>, Fixed>>();
    everywhere::<SliLayer<&'static Goodput, ByFn<Name>>>();
    everywhere::<SliService<()>>();
    everywhere::<SliService<(), Arc<Goodput>, Fixed>>();
    everywhere::<ResponseFuture<std::future::Ready<()>>>();
    everywhere::<ResponseFuture<std::future::Ready<()>, Arc<Goodput>>>();
    everywhere::<SliBody<Full<Bytes>>>();
    everywhere::<SliBody<Full<Bytes>, Arc<Goodput>>>();
    everywhere::<(Unmatched, Fixed, ByFn<Name>, Unboxed)>();
}

#[test]
fn layers_and_services_are_clones_of_their_handle() {
    copied::<SliLayer>();
    copied::<SliLayer<&'static Goodput, Fixed>>();
    cloned::<SliLayer<Arc<Goodput>>>();
    cloned::<SliService<(), Arc<Goodput>>>();
}

#[cfg(feature = "axum")]
#[test]
fn so_are_those_for_axum() {
    use goodput_tower::axum::{Boxed, Matched, SliLayer};

    copied::<SliLayer>();
    cloned::<SliLayer<Arc<Goodput>>>();
    everywhere::<SliLayer>();
    everywhere::<SliService<(), Arc<Goodput>, Matched, Boxed>>();
    everywhere::<(Matched, Boxed)>();
}

#[test]
fn printing_a_layer_does_not_print_the_instance() {
    let goodput = Goodput::builder("house").build().unwrap();
    let layer = SliLayer::new(Arc::new(goodput)).route_fn(|request: &Request<()>| Some(request.uri().path()));
    let printed = format!("{layer:?}");
    assert!(printed.starts_with("SliLayer { names: ByFn("), "{printed}");
    assert!(printed.len() < 200, "{printed}");
}
