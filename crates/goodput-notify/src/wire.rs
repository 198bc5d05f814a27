//! Alerts as Alertmanager's API takes them: JSON, encoded by serde and by nobody else.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;

/// The labels of an alert: what it is told from others by.
pub(crate) type Labels = BTreeMap<String, String>;
/// What it has to say.
pub(crate) type Annotations = BTreeMap<String, String>;

/// One alert of a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Posted<'a> {
    pub(crate) labels: &'a Labels,
    pub(crate) annotations: &'a Annotations,
    #[serde(serialize_with = "rfc3339")]
    pub(crate) starts_at: SystemTime,
    #[serde(serialize_with = "rfc3339")]
    pub(crate) ends_at: SystemTime,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    pub(crate) generator_url: Option<&'a str>,
}

/// The body of a request.
pub(crate) fn body(alerts: &[Posted<'_>]) -> Vec<u8> {
    // Texts and times alone: there is nothing in it that JSON has no word for.
    serde_json::to_vec(alerts).unwrap_or_else(|_| b"[]".to_vec())
}

/// To the millisecond. Before 1970 and beyond the year 9999 no text of this kind reaches: such a time is the nearest that it has.
fn rfc3339<S: serde::Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    const LAST: u64 = 253_402_300_799; // 9999-12-31T23:59:59Z
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let within = since.min(std::time::Duration::from_secs(LAST));
    serializer.collect_str(&humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + within))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn one(labels: &Labels, starts_at: SystemTime) -> serde_json::Value {
        let annotations = Annotations::from([("summary".to_owned(), "it burns".to_owned())]);
        let ends_at = starts_at + Duration::from_secs(240);
        let alert =
            Posted { labels, annotations: &annotations, starts_at, ends_at, generator_url: Some("https://status") };
        serde_json::from_slice(&body(&[alert])).unwrap()
    }

    #[test]
    fn an_alert_has_the_names_and_times_of_the_api() {
        let labels = Labels::from([("alertname".to_owned(), "GoodputInstanceBurn".to_owned())]);
        let starts_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_000_123);
        assert_eq!(
            one(&labels, starts_at),
            serde_json::json!([{
                "labels": {"alertname": "GoodputInstanceBurn"},
                "annotations": {"summary": "it burns"},
                "startsAt": "2001-09-09T01:46:40.123Z",
                "endsAt": "2001-09-09T01:50:40.123Z",
                "generatorURL": "https://status",
            }])
        );
    }

    #[test]
    fn a_time_that_rfc_3339_does_not_reach_is_the_nearest_that_it_does() {
        let (epoch, ages) = (SystemTime::UNIX_EPOCH, Duration::from_secs(400_000_000_000));
        for (time, text) in [
            (epoch - ages, "1970-01-01T00:00:00.000Z"),
            (epoch, "1970-01-01T00:00:00.000Z"),
            (epoch + ages, "9999-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(one(&Labels::new(), time)[0]["startsAt"], text);
        }
    }

    proptest! {
        /// Whatever a text holds, it arrives as it was and moves nothing beside it.
        #[test]
        fn any_text_arrives_as_it_was(value in any::<String>(), name in any::<String>()) {
            let labels = Labels::from([(name.clone(), value.clone())]);
            let alert = one(&labels, SystemTime::UNIX_EPOCH);
            prop_assert_eq!(alert.as_array().map(Vec::len), Some(1));
            prop_assert_eq!(alert[0]["labels"].as_object().map(serde_json::Map::len), Some(1));
            prop_assert_eq!(&alert[0]["labels"][&name], &value);
        }
    }
}
