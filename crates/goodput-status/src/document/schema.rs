//! Holds the published schemas to the types: `GOODPUT_SCHEMAS=overwrite cargo test -p goodput-status --lib schema` writes them anew.

use std::path::Path;
use std::{env, fs};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::{DecisionDocument, StatusDocument};

fn check<T: JsonSchema>(name: &str, title: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if env::var_os("GOODPUT_SCHEMAS").is_some_and(|value| value == "overwrite") {
        fs::write(&path, &text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == text, "{} is not of the types", path.display());
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    check::<StatusDocument>("status.json", "The status of a goodput instance, version 1");
    check::<DecisionDocument>("decision.json", "The answer of the gate of a goodput instance, version 1");
}
