//! Per request: a function's counter and histogram by their labels, in a task-local scope. autometrics 3.0.0, prometheus-client.

use std::convert::Infallible;
use std::future::Ready;
use std::sync::OnceLock;

use autometrics::objectives::{Objective, ObjectiveLatency, ObjectivePercentile};
use autometrics::settings::AutometricsSettings;
use goodput_bench::drive::{Bare, Payload};
use http::{Request, Response};
use prometheus_client_of_autometrics::encoding::text::encode;
use tower::{Service, service_fn};

use crate::ledger::{Ledger, sum_in_text};
use crate::peer::Built;

type Answer = Result<Response<Payload>, Infallible>;

#[autometrics::autometrics]
async fn handle(answer: Ready<Answer>) -> Answer {
    answer.await
}

const API: Objective = Objective::new("api")
    .success_rate(ObjectivePercentile::P99_9)
    .latency(ObjectiveLatency::Ms250, ObjectivePercentile::P99);

#[autometrics::autometrics(objective = API)]
async fn handle_with_objective(answer: Ready<Answer>) -> Answer {
    answer.await
}

pub(super) fn plain() -> Built {
    let _ = settings();
    let mut bare = Bare::default();
    Built::service(service_fn(move |request: Request<Payload>| handle(bare.call(request))), ledger("handle"))
}

pub(super) fn objective() -> Built {
    let _ = settings();
    let mut bare = Bare::default();
    let service = service_fn(move |request: Request<Payload>| handle_with_objective(bare.call(request)));
    Built::service(service, ledger("handle_with_objective"))
}

fn settings() -> &'static AutometricsSettings {
    static SETTINGS: OnceLock<&'static AutometricsSettings> = OnceLock::new();
    SETTINGS.get_or_init(|| AutometricsSettings::builder().init())
}

fn ledger(function: &'static str) -> Ledger {
    let read = move |metric: &'static str| {
        move || {
            let mut text = String::new();
            let encoded = encode(&mut text, settings().prometheus_client_registry());
            if encoded.is_ok() { sum_in_text(&text, metric, &[&format!("function=\"{function}\"")]) } else { 0 }
        }
    };
    Ledger::none()
        .and("calls", read("function_calls_total"))
        .and("durations", read("function_calls_duration_seconds_count"))
}
