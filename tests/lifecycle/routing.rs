//! Routes of axum: which template a request is counted on, and what it is where no route matched.

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use goodput::Outcome;
use http::{Method, StatusCode};

use crate::clients::{Line, Protocol};
use crate::house::{Ended, House};
use crate::servers::on_axum;

async fn hello() -> &'static str {
    "hello"
}

async fn missing() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "no such item")
}

async fn broken() -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

const NOT_FOUND: Ended = Ended::excluded(Outcome::ClientError, "excluded (not_found)");
const WRONG_METHOD: Ended = Ended::excluded(Outcome::ClientError, "excluded (method_not_allowed)");
const BROKEN: Ended = Ended::failure(Outcome::ServerError, "bad (server_error)");
const UNMATCHED: &str = "unmatched";

/// What is asked, the status it gets, and how it is counted: on which route and as what, if at all.
type Row = (Method, &'static str, u16, Option<(&'static str, Ended)>);

async fn check(app: impl Fn(&House) -> Router, rows: &[Row]) {
    for protocol in Protocol::BOTH {
        let house = House::new();
        let running = on_axum(app(&house)).await;
        let mut line = Line::connect(running.address, protocol).await;
        let mut ended = Vec::new();
        for (method, path, status, counted) in rows {
            let what = format!("{method} {path} over {protocol:?}");
            assert_eq!(line.ask(method.clone(), path).await.0, *status, "{what}");
            ended.extend(*counted);
            house.has_counted(&what, &ended).await;
        }
        house.ends_with(&format!("{protocol:?}"), &ended, (line, running)).await;
    }
}

const fn served(path: &'static str, template: &'static str) -> Row {
    (Method::GET, path, 200, Some((template, Ended::SUCCESS)))
}

#[tokio::test]
async fn a_request_is_counted_on_the_whole_template_of_nested_and_merged_routers() {
    let app = |house: &House| {
        let users = Router::new().route("/", get(hello)).route("/users/{id}", get(hello));
        let files = Router::new().route("/files/{*path}", get(hello));
        let api = Router::new().nest("/v1", users.clone()).nest("/{tenant}/v2", users);
        Router::new().nest("/api", api).merge(files).route("/", get(hello)).layer(house.layer())
    };
    let rows = [
        served("/", "/"),
        served("/api/v1/users/7", "/api/v1/users/{id}"),
        served("/api/v1/users/8?page=2", "/api/v1/users/{id}"),
        served("/api/acme/v2/users/7", "/api/{tenant}/v2/users/{id}"),
        served("/files/a/b/c.txt", "/files/{*path}"),
        // A nested router's own root is the template it was nested at.
        served("/api/v1", "/api/v1"),
    ];
    check(app, &rows).await;
}

#[tokio::test]
async fn layers_on_the_merged_and_nested_routers_themselves_name_the_same_templates() {
    let app = |house: &House| {
        let users = Router::new().route("/users/{id}", get(hello)).layer(house.layer());
        let files = Router::new().route("/files/{*path}", get(hello)).route_layer(house.layer());
        Router::new().nest("/api", users).merge(files).route("/bare", get(hello))
    };
    let rows = [
        served("/api/users/7", "/api/users/{id}"),
        served("/files/a/b", "/files/{*path}"),
        (Method::GET, "/bare", 200, None),
        (Method::GET, "/nowhere", 404, None),
    ];
    check(app, &rows).await;
}

#[tokio::test]
async fn a_nested_service_is_unmatched_and_judged() {
    let app = |house: &House| {
        let inner = Router::new().route("/logo", get(hello)).route("/broken", get(broken));
        Router::new().nest_service("/static", inner).layer(house.layer())
    };
    let rows = [
        served("/static/logo", UNMATCHED),
        (Method::GET, "/static/broken", 500, Some((UNMATCHED, BROKEN))),
        (Method::GET, "/static/nowhere", 404, Some((UNMATCHED, NOT_FOUND))),
    ];
    check(app, &rows).await;
}

#[tokio::test]
async fn a_fallback_is_unmatched_where_a_404_is_excluded_and_anything_else_is_judged() {
    let app = |house: &House| {
        let fallback = async |Path(path): Path<String>| match path.as_str() {
            "page" => StatusCode::OK,
            "gone" => StatusCode::GONE,
            "broken" => StatusCode::BAD_GATEWAY,
            _ => StatusCode::NOT_FOUND,
        };
        let pages = Router::new().route("/{*path}", get(fallback));
        Router::new().route("/known", get(hello)).fallback_service(pages).layer(house.layer())
    };
    let rows = [
        served("/known", "/known"),
        served("/page", UNMATCHED),
        (Method::GET, "/gone", 410, Some((UNMATCHED, Ended::CLIENT_ERROR))),
        (Method::GET, "/broken", 502, Some((UNMATCHED, BROKEN))),
        (Method::GET, "/wp-login.php", 404, Some((UNMATCHED, NOT_FOUND))),
    ];
    check(app, &rows).await;
}

#[tokio::test]
async fn a_404_of_a_handler_is_the_routes_own_and_one_without_a_route_is_excluded() {
    let app = |house: &House| {
        let nested = Router::new().route("/items/{id}", get(missing)).fallback(missing);
        Router::new().route("/items/{id}", get(missing)).nest("/nested", nested).layer(house.layer())
    };
    let rows = [
        (Method::GET, "/items/7", 404, Some(("/items/{id}", Ended::CLIENT_ERROR))),
        (Method::GET, "/nested/items/7", 404, Some(("/nested/items/{id}", Ended::CLIENT_ERROR))),
        (Method::GET, "/items", 404, Some((UNMATCHED, NOT_FOUND))),
        (Method::GET, "/items/7/", 404, Some((UNMATCHED, NOT_FOUND))),
        (Method::GET, "/nested/nowhere", 404, Some((UNMATCHED, NOT_FOUND))),
        (Method::GET, "/.env", 404, Some((UNMATCHED, NOT_FOUND))),
    ];
    check(app, &rows).await;
}

#[tokio::test]
async fn a_wrong_method_is_excluded_on_its_route() {
    let brew = || Method::from_bytes(b"BREW").unwrap();
    let app = |house: &House| {
        Router::new()
            .route("/users/{id}", get(hello).put(hello))
            .route("/orders", post(hello))
            .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "no"))
            .layer(house.layer())
    };
    let users = Some(("/users/{id}", WRONG_METHOD));
    let rows = [
        served("/users/7", "/users/{id}"),
        (Method::PUT, "/users/7", 200, Some(("/users/{id}", Ended::SUCCESS))),
        (Method::DELETE, "/users/7", 405, users),
        (Method::OPTIONS, "/users/7", 405, users),
        (brew(), "/users/7", 405, users),
        (Method::GET, "/orders", 405, Some(("/orders", WRONG_METHOD))),
    ];
    check(app, &rows).await;
}

#[tokio::test]
async fn head_of_a_get_route_is_complete_with_its_head_on_every_kind_of_route() {
    let app = |house: &House| {
        let nested = Router::new().route("/hello", get(hello));
        Router::new().route("/hello", get(hello)).nest("/in", nested).fallback(get(hello)).layer(house.layer())
    };
    let head = |path, template| (Method::HEAD, path, 200, Some((template, Ended::SUCCESS)));
    check(app, &[head("/hello", "/hello"), head("/in/hello", "/in/hello"), head("/nowhere", UNMATCHED)]).await;
}

#[tokio::test]
async fn a_route_layer_does_not_see_what_no_route_matched() {
    let app = |house: &House| {
        let routes = Router::new().route("/known", get(hello)).route_layer(house.layer());
        routes.fallback(hello)
    };
    let rows = [
        served("/known", "/known"),
        (Method::GET, "/unknown", 200, None),
        (Method::DELETE, "/known", 405, Some(("/known", WRONG_METHOD))),
    ];
    check(app, &rows).await;
}

#[tokio::test]
async fn a_layer_sees_only_the_routes_that_were_there_before_it() {
    let app = |house: &House| {
        let before = Router::new().route("/before", get(hello)).fallback(hello);
        before.layer(house.layer()).route("/after", get(hello))
    };
    let rows = [served("/before", "/before"), (Method::GET, "/after", 200, None), served("/nowhere", UNMATCHED)];
    check(app, &rows).await;
}

#[tokio::test]
async fn a_layer_on_one_method_sees_nothing_of_the_others() {
    let app = |house: &House| Router::new().route("/it", get(hello).layer(house.layer()).post(hello));
    let rows = [served("/it", "/it"), (Method::POST, "/it", 200, None)];
    check(app, &rows).await;
}
