//! The JSON Schema of the native format, made from the table of keys, so that editors complete and check what the reader reads.

use goodput_model::GrpcRule;
use serde_json::{Map, Value, json};

use crate::keys::{self, Key, Kind, Section};

/// The JSON Schema (2020-12) of goodput's own format.
///
/// What it takes, the reader takes as far as one value can tell; the reader sees more: names that have to differ, limits that
/// depend on one another.
///
/// For editors that know the YAML language server, begin a file with
/// `# yaml-language-server: $schema=./goodput.schema.json`.
pub fn schema() -> Value {
    let mut schema = section(&keys::FILE);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert("title".to_owned(), json!("goodput SLOs"));
    }
    schema
}

fn section(section: &Section) -> Value {
    let property = |key: &Key| (key.name.to_owned(), described(key));
    let properties: Map<String, Value> = section.keys.iter().map(property).collect();
    let required: Vec<&str> = section.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": section.doc,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    // Of these keys, one.
    let either: &[&str] = match section.name {
        "alert" => &["factor", "budget"],
        "SLI" => &["latency", "good_and_fast", "freshness", "throughput", "saturation"],
        _ => &[],
    };
    if let (false, Some(schema)) = (either.is_empty(), schema.as_object_mut()) {
        let one: Vec<Value> = either.iter().map(|name| json!({"required": [name]})).collect();
        schema.insert("oneOf".to_owned(), json!(one));
    }
    schema
}

fn described(key: &Key) -> Value {
    let mut schema = kind(&key.kind);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), json!(key.doc));
    }
    schema
}

fn kind(of: &Kind) -> Value {
    let text = |pattern: &str| json!({"type": "string", "pattern": pattern});
    match of {
        Kind::Version => json!({"const": 1}),
        Kind::Text => scalar(".+"),
        Kind::Name => scalar("^[\\p{L}\\p{N}._:-]{1,100}$"),
        Kind::Link => text("^https?://[^\\s\"<>\\\\]+$"),
        Kind::TimeZone => text("^[A-Za-z0-9/_+-]{1,100}$"),
        Kind::Objective => text("^[0-9]{1,2}(\\.[0-9]{1,7})? ?%$"),
        Kind::Share => text("^([0-9]{1,2}(\\.[0-9]{1,3})?|100(\\.0{1,3})?)%$"),
        Kind::Percent => text("^[0-9]+(\\.[0-9]{1,3})?%$"),
        Kind::Count => json!({"type": "integer", "minimum": 0}),
        Kind::Factor => json!({"type": "number", "exclusiveMinimum": 0}),
        Kind::Rate => text("^[0-9]+/[smhd]$"),
        Kind::Duration => text("^[0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h|d)$"),
        Kind::Window => text("^[0-9]+[smhdw]$"),
        Kind::Period => text("^([0-9]+[smhdw]|month|quarter)$"),
        Kind::Code => {
            json!({"anyOf": [{"type": "integer", "minimum": 100, "maximum": 999}, {"enum": GrpcRule::NAMES}]})
        }
        Kind::Route => {
            json!({"anyOf": [text("^/"), named_route("grpc", &text("^[A-Za-z0-9_.]+/[A-Za-z0-9_]+$")), named_route("work", &scalar(".+"))]})
        }
        Kind::Words(words) => json!({"enum": words}),
        Kind::List(each) => json!({"type": "array", "items": kind(each), "maxItems": 1000}),
        Kind::Table(each) => json!({"type": "object", "additionalProperties": kind(each), "maxProperties": 1000}),
        Kind::Thresholds => json!({
            "type": "object",
            "propertyNames": {"pattern": "%$"},
            "additionalProperties": kind(&Kind::Duration),
            "minProperties": 1,
            "maxProperties": 10,
        }),
        Kind::Section(of) => section(of),
        Kind::Either(kinds) => json!({"anyOf": kinds.iter().map(kind).collect::<Vec<_>>()}),
    }
}

/// YAML takes `2024` for a number where a text may stand; the reader takes it for the text it is.
fn scalar(pattern: &str) -> Value {
    json!({"type": ["string", "number", "boolean"], "pattern": pattern})
}

fn named_route(of: &str, name: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {of: name},
        "required": [of],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use goodput_model::{Definition, Tier};
    use jsonschema::Validator;
    use proptest::prelude::*;

    use super::*;
    use crate::findings::Findings;
    use crate::yaml::{self, Node};
    use crate::{Source, Template, definitions, print, template};

    fn validator() -> Validator {
        jsonschema::draft202012::new(&schema()).unwrap()
    }

    /// As an editor sees it: what looks like a number is one.
    fn json(text: &str) -> Value {
        fn value(node: &Node<'_>) -> Value {
            match &node.value {
                yaml::Value::Nothing => Value::Null,
                yaml::Value::Text(text) => match serde_json::from_str(text) {
                    Ok(number @ Value::Number(_)) => number,
                    _ => json!(text),
                },
                yaml::Value::List(items) => items.iter().map(value).collect(),
                yaml::Value::Map(entries) => {
                    let entries = entries.iter().map(|entry| (entry.key.clone().into_owned(), value(&entry.value)));
                    Value::Object(entries.collect())
                }
            }
        }
        let source = Source::new("test.yaml", text);
        yaml::documents(&source, &mut Findings::default()).first().map_or(Value::Null, value)
    }

    #[track_caller]
    fn check(validator: &Validator, text: &str) {
        let instance = json(text);
        let errors: Vec<String> =
            validator.iter_errors(&instance).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{text}\n{errors:?}");
    }

    #[test]
    fn it_is_a_json_schema() {
        assert!(jsonschema::draft202012::meta::is_valid(&schema()));
    }

    #[test]
    fn it_takes_every_key_and_every_template() {
        let validator = validator();
        check(&validator, include_str!("../tests/good/every-key.yaml"));
        for kind in Template::ALL {
            check(&validator, &template(kind, Tier::Standard));
        }
    }

    #[test]
    fn it_refuses_what_one_value_tells_to_be_wrong() {
        let validator = validator();
        for text in [
            include_str!("../tests/bad/unknown-keys.yaml"),
            include_str!("../tests/bad/missing-keys.yaml"),
            include_str!("../tests/bad/wrong-shapes.yaml"),
            include_str!("../tests/bad/no-values.yaml"),
            include_str!("../tests/bad/not-a-mapping.yaml"),
        ] {
            assert!(!validator.is_valid(&json(text)), "{text}");
        }
        let with = |slo: &str| json(&format!("version: 1\nservice: a\nslos: [{{name: a, {slo}}}]"));
        assert!(validator.is_valid(&with("sli: availability, objective: 99.9%")));
        for slo in [
            "sli: availability, objective: 0.999",
            "sli: availability, objective: 100%",
            "sli: uptime, objective: 99%",
            "sli: {latency: 300}, objective: 99%",
            "sli: {latency: 1s, freshness: 1h}, objective: 99%",
            "sli: availability, objective: 99%, routes: [checkout]",
            "sli: availability, objective: 99%, routes: [{http: /checkout}]",
            "sli: availability, objective: 99%, alerts: [{severity: page, long: 1h, short: 5m}]",
            "sli: availability, objective: 99%, classification: {bad: [5xx]}",
        ] {
            assert!(!validator.is_valid(&with(slo)), "{slo}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        #[test]
        fn it_takes_what_is_printed(definition in definitions::definition()) {
            static VALIDATOR: std::sync::OnceLock<Validator> = std::sync::OnceLock::new();
            let _: &Definition = &definition;
            check(VALIDATOR.get_or_init(validator), &print(&definition));
        }
    }
}
