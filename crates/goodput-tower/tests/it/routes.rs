//! Which route a request is counted on.

use bytes::Bytes;
use goodput_core::{Goodput, Outcome, RouteId};
use goodput_tower::{ByFn, NameRoute, SliLayer};
use http::{Method, Request, Response};
use http_body_util::Empty;

use crate::house::{Excluded, Good, Handle, House, answer, request};

fn empty(status: u16) -> Response<Empty<Bytes>> {
    Response::builder().status(status).body(Empty::new()).unwrap()
}

fn to(path: &str) -> Request<()> {
    Request::builder().uri(path).body(()).unwrap()
}

/// As a service without a router has one.
fn route_of<B>(request: &Request<B>) -> Option<&str> {
    match request.uri().path() {
        "/health" => Some("/health"),
        path if path.starts_with("/users/") => Some("/users/{id}"),
        _ => None,
    }
}

type RouteOf = fn(&Request<()>) -> Option<&str>;

/// A layer in a struct field has a type that can be written down.
struct Server {
    layer: SliLayer<Handle, ByFn<RouteOf>>,
}

#[test]
fn a_function_names_the_template_of_each_request() {
    let rows = [
        ("/users/7", 200, "/users/{id}", Good),
        ("/users/8?page=2", 404, "/users/{id}", Good),
        ("/wp-login.php", 404, "unmatched", Excluded),
        ("/", 200, "unmatched", Good),
        ("/health", 200, "/health", Excluded),
    ];
    for (path, status, route, judged) in rows {
        let outcome = if status == 404 { Outcome::ClientError } else { Outcome::Success };
        let with = |answered: &dyn Fn(&House)| {
            let house = House::new();
            answered(&house);
            house.check_on(path, route, outcome, judged);
        };
        with(&|house| {
            let layer = SliLayer::new(house.handle()).route_fn(route_of);
            drop(answer(&layer, to(path), empty(status)));
        });
        with(&|house| {
            let layer = SliLayer::new(house.handle()).route_fn(|request: &Request<()>| route_of(request));
            drop(answer(&layer, to(path), empty(status)));
        });
        with(&|house| {
            let server = Server { layer: SliLayer::new(house.handle()).route_fn(route_of) };
            drop(answer(&server.layer, to(path), empty(status)));
        });
    }
}

#[test]
fn the_last_naming_holds() {
    let house = House::new();
    let layer = SliLayer::new(house.handle()).route_fn(route_of::<()>).route("/fixed");
    drop(answer(&layer, to("/users/7"), empty(200)));
    house.check_on("fixed", "/fixed", Outcome::Success, Good);
}

#[test]
fn a_type_of_ones_own_names_routes() {
    struct Tenants(RouteId);
    impl Clone for Tenants {
        fn clone(&self) -> Self {
            Self(self.0)
        }
    }
    impl<B> NameRoute<B> for Tenants {
        fn route(&self, _: &Goodput, _: &Request<B>) -> RouteId {
            self.0
        }
    }
    let house = House::new();
    let tenants = Tenants(house.goodput.route(Some("tenant")));
    let layer = SliLayer::new(house.handle()).named_by(tenants);
    drop(answer(&layer, request(Method::GET), empty(200)));
    house.check_on("own type", "tenant", Outcome::Success, Good);
}

#[test]
fn naming_a_route_does_not_make_it_seen() {
    let house = House::new();
    let _layer = house.layer();
    assert!(house.goodput.status().routes.is_empty());
}
