//! The three ways to write a route, one string in the end: a template, a gRPC method, work by its name.

/// A route as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form<'a> {
    /// `/users/{id}`, as the router has it.
    Template(&'a str),
    /// `pkg.Service/Method`, without the slash before it.
    Grpc(&'a str),
    /// Whatever the service's own code calls it.
    Work(&'a str),
}

/// How a route of a definition is written best. Reading any form gives the route back.
pub(crate) fn form(route: &str) -> Form<'_> {
    match route.strip_prefix('/') {
        Some(method) if looks_like_method(method) => Form::Grpc(method),
        Some(_) if template_problem(route).is_none() => Form::Template(route),
        _ => Form::Work(route),
    }
}

/// What is wrong with a template of axum's.
pub(crate) fn template_problem(route: &str) -> Option<&'static str> {
    if !route.starts_with('/') {
        return Some("expected a template that begins with /");
    }
    let star = route.match_indices('*').any(|(at, _)| !route.get(..at).is_some_and(|before| before.ends_with('{')));
    star.then_some("expected a template, in which only a name in braces may take the rest: /files/{*path}")
}

/// Whether it can be a method: a service name, a slash, a method name.
pub(crate) fn is_method(method: &str) -> bool {
    let is_name = |name: &str, dots: bool| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || (dots && b == b'.'))
    };
    method.split_once('/').is_some_and(|(service, method)| is_name(service, true) && is_name(method, false))
}

/// Whether people would say that it is one: in a package, and named as protobuf names them. `/v1.0/users` is not.
fn looks_like_method(method: &str) -> bool {
    let capital = |name: &str| name.starts_with(|c: char| c.is_ascii_uppercase());
    let named = method.split_once('/').is_some_and(|(service, method)| {
        service.rsplit_once('.').is_some_and(|(_, service)| capital(service)) && capital(method)
    });
    named && is_method(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_written_in_the_form_people_expect() {
        for (route, expected) in [
            ("/checkout", Form::Template("/checkout")),
            ("/users/{id}", Form::Template("/users/{id}")),
            ("/files/{*path}", Form::Template("/files/{*path}")),
            ("/", Form::Template("/")),
            ("/v1.0/users", Form::Template("/v1.0/users")),
            ("/Greeter/SayHello", Form::Template("/Greeter/SayHello")),
            ("/shop.v1.Checkout/Pay", Form::Grpc("shop.v1.Checkout/Pay")),
            ("/api/*", Form::Work("/api/*")),
            ("nightly-import", Form::Work("nightly-import")),
        ] {
            assert_eq!(form(route), expected);
        }
    }
}
