//! Prometheus text: the instruments of the OpenTelemetry export, under the names that OpenTelemetry's translation gives them.

mod exposition;
mod families;
#[cfg(test)]
#[path = "../../tests/metrics/parse.rs"]
mod parse;
mod series;

pub(crate) use exposition::MEDIA_TYPE;
pub(crate) use families::render;
pub(crate) use series::Series;
