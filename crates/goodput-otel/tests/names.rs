//! The names table in the docs is the one the exporter uses.

use goodput_core::names::{ALL, Kind};

#[test]
fn the_documented_names_are_the_exported_ones() {
    let mut table = String::from("| instrument | kind | unit | attributes | what it says |\n|---|---|---|---|---|\n");
    for name in ALL {
        let kind = match name.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let labels: Vec<_> = name.labels.iter().map(|label| format!("`{label}`")).collect();
        let (name, unit, says) = (name.name, name.unit, name.description);
        table.extend(["| `", name, "` | ", kind, " | `", unit, "` | ", &labels.join(", "), " | ", says, " |\n"]);
    }
    let documented = include_str!("../src/names.md");
    assert!(documented == table, "src/names.md should be:\n{table}");
}
