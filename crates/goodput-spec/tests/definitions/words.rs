//! Names, texts and routes, among them those that YAML might take for something else.

use std::collections::BTreeMap;

use goodput_model::Definition;
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::select;

/// A name of letters, digits and `-_.:`.
pub(super) fn name() -> impl Strategy<Value = String> {
    let odd = select(vec![
        "no", "null", "true", "1e3", "007", "1.0", ".nan", "-", "---", "a:", ":a", "0x1f", "é", "y", "...",
    ]);
    prop_oneof![3 => "[a-z][a-z0-9_.:-]{0,12}", 1 => "[\\p{L}\\p{Nd}_.:-]{1,8}", 1 => odd.prop_map(str::to_owned)]
        .prop_filter("a name has at most 100 bytes", |name| name.len() <= Definition::MAX_NAME)
}

/// A text for people.
pub(super) fn text() -> impl Strategy<Value = String> {
    let odd = select(vec![
        "no",
        "~",
        "null",
        "1e3",
        "0.10",
        " leading",
        "trailing ",
        "a: b",
        "a #b",
        "# a",
        "- a",
        "* a",
        "&a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a`",
        "'a",
        "\"a\"",
        "\\n",
        "a\nb",
        "a\n",
        "\na",
        "{a}",
        "[a]",
        "a, b",
        "a:",
        "?",
        "? a",
        "<<",
        "---",
        "...",
        "zwölf",
        "\u{feff}a",
        "\u{2028}",
        "🦀",
        "{slo}",
        "<<: *a",
    ]);
    prop_oneof![2 => "[a-z ]{1,20}", 2 => "\\PC{1,40}", 1 => "(\\PC|\n){1,200}", 1 => odd.prop_map(str::to_owned)]
        .prop_filter("a text says something, and nothing that would be executed", |text| {
            !text.trim().is_empty()
                && !text.contains("{{")
                && !text.contains("}}")
                && text.len() <= Definition::MAX_TEXT
        })
}

/// Names that Prometheus takes, with texts.
pub(super) fn labels() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map("x_[a-zA-Z0-9_]{0,8}", text(), 0..4)
}

/// A route in any form: a template, a gRPC method, work.
pub(super) fn route() -> impl Strategy<Value = String> {
    let odd =
        select(vec!["/", "/files/{*path}", "/api/*", "//", "no", "~", "1", "a b", "/v1.0/users", "/ ", "{a}", "*"]);
    prop_oneof![
        3 => "/[a-z]{1,8}(/\\{[a-z]{1,4}\\})?",
        1 => "/[a-z]{1,4}\\.[A-Z][a-z]{0,4}/[A-Z][a-zA-Z]{0,4}",
        1 => "[a-z][a-z-]{0,8}",
        1 => "\\PC{1,20}",
        1 => odd.prop_map(str::to_owned),
    ]
    .prop_filter("some routes are taken", |route| {
        let taken = [Definition::UNMATCHED, Definition::OTHER].contains(&route.as_str());
        !taken
            && !Definition::PREFIXES.iter().any(|prefix| route.starts_with(prefix))
            && !route.starts_with("/excluded")
    })
}
