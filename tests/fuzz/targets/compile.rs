//! Any text that is read as a definition: an instance is built of it, or refused in words, and counts what happens to it.

#![no_main]

use goodput::spec::{Source, read};
use goodput::{Code, Ending, Goodput, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(document) = read(&Source::new("fuzz.yaml", text)) else { return };
    let definition = document.definition;
    let routes: Vec<String> = definition.slos.iter().flat_map(|slo| definition.routes_of(slo)).take(4).cloned().collect();
    let goodput = match Goodput::builder("fuzz").definition(definition).build() {
        Ok(goodput) => goodput,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for route in routes.iter().map(|route| Some(route.as_str())).chain([None]) {
        for code in [Code::http(200), Code::http(429), Code::http(503), Code::grpc(14)] {
            let mut request = Request::begin(&goodput, goodput.route(route));
            request.respond(&goodput, code);
            request.end(&goodput, Ending::Completed);
        }
    }
    goodput.tick(goodput.now());
    let status = goodput.status();
    assert_eq!(status.in_flight, 0);
    assert!(!status.to_string().is_empty());
});
