//! Writes a tree as YAML: a block for each mapping, one line for what fits on one.

use crate::yaml;

/// A tree to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    Text(String),
    /// A value of ours, of which a reader of YAML may make a number where we expect one: `99.9%`, `30d`, `404`.
    Plain(String),
    List(Vec<Tree>),
    /// In the order it is written.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    pub(crate) fn text(text: &(impl ToString + ?Sized)) -> Self {
        Self::Text(text.to_string())
    }

    #[expect(clippy::needless_pass_by_value, reason = "small values, and it maps over options of them")]
    pub(crate) fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    pub(super) fn texts(texts: &[String]) -> Self {
        Self::List(texts.iter().map(Self::text).collect())
    }
}

/// The longest line, in characters, of a list or mapping that is written on one.
const WIDTH: usize = 100;

/// A whole document.
pub(crate) fn document(tree: &Tree) -> String {
    let mut out = String::new();
    if let Tree::Map(entries) = tree {
        for (key, value) in entries {
            entry(key, value, 0, &mut out);
        }
    }
    out
}

/// `key: value` and an end of line, at this depth; the indent of the key itself is there already.
fn entry(key: &str, value: &Tree, depth: usize, out: &mut String) {
    let key = scalar(key);
    let line = flow(value);
    if !is_block(value, depth * 2 + key.len() + line.chars().count()) {
        out.extend([key.as_str(), ": ", &line, "\n"]);
        return;
    }
    out.extend([key.as_str(), ":\n"]);
    block(value, depth + 1, out);
}

/// Whether a value takes lines of its own. Mappings within mappings do: SLOs, journeys.
fn is_block(value: &Tree, width: usize) -> bool {
    match value {
        Tree::Text(_) | Tree::Plain(_) => false,
        Tree::List(items) if items.is_empty() => false,
        Tree::Map(entries) if entries.is_empty() => false,
        Tree::List(items) => {
            width > WIDTH || items.iter().any(|item| matches!(item, Tree::Map(entries) if entries.len() > 1))
        }
        Tree::Map(entries) => width > WIDTH || entries.len() > 3 || entries.iter().any(|(_, value)| !is_flat(value)),
    }
}

fn is_flat(value: &Tree) -> bool {
    match value {
        Tree::List(items) => items.iter().all(is_scalar),
        Tree::Map(entries) => entries.len() == 1 && entries.iter().all(|(_, value)| is_scalar(value)),
        _ => true,
    }
}

fn is_scalar(value: &Tree) -> bool {
    matches!(value, Tree::Text(_) | Tree::Plain(_))
}

fn block(value: &Tree, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Tree::Text(_) | Tree::Plain(_) => out.extend([indent.as_str(), &flow(value), "\n"]),
        Tree::Map(entries) => {
            for (key, value) in entries {
                out.push_str(&indent);
                entry(key, value, depth, out);
            }
        }
        Tree::List(items) => {
            for item in items {
                out.extend([indent.as_str(), "- "]);
                match item {
                    Tree::Map(entries) if !is_row(entries) => {
                        for (index, (key, value)) in entries.iter().enumerate() {
                            if index > 0 {
                                out.extend([indent.as_str(), "  "]);
                            }
                            entry(key, value, depth + 1, out);
                        }
                    }
                    item => out.extend([flow(item).as_str(), "\n"]),
                }
            }
        }
    }
}

/// Whether a mapping in a list is one of many alike, best compared line by line: an alert, a band, a route.
fn is_row(entries: &[(String, Tree)]) -> bool {
    let flat = entries.iter().all(|(_, value)| is_scalar(value));
    flat && entries.len() <= 4
        && !entries.iter().any(|(key, _)| key == "sli")
        && entries.iter().map(|(key, value)| key.len() + flow(value).chars().count() + 4).sum::<usize>() <= WIDTH
}

/// On one line.
fn flow(value: &Tree) -> String {
    match value {
        Tree::Text(text) => scalar(text),
        Tree::Plain(value) => value.clone(),
        Tree::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Tree::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text as it is, if every reader of YAML takes it for a text, a number or a word of ours; else in double quotes, where YAML
/// takes what JSON does.
fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Only characters that mean nothing to YAML anywhere, and no word that it might take for something else.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"];
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    let ends = !text.ends_with([' ', ':']);
    let inner = |c: char| c.is_alphanumeric() || "/_-.%+$=()@;!'".contains(c);
    let allowed = |(at, c): (usize, char)| match c {
        // Between words, and not before a comment.
        ' ' => !text.get(at + 1..).is_some_and(|rest| rest.starts_with([' ', '#'])),
        // Within a word, as in an address: `https://runbooks.example`.
        ':' => text.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '/')),
        c => inner(c),
    };
    // Of digits and what may stand in a number or a date of some version of YAML.
    let of_digits = |b: u8| b.is_ascii_digit() || b"oe_.:+-E".contains(&b);
    let begins_as_number = text.starts_with(|c: char| c.is_ascii_digit());
    let numeric = begins_as_number && (text.starts_with("0x") || text.bytes().all(of_digits));
    begins
        && ends
        && !numeric
        && text.char_indices().all(allowed)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    use std::fmt::Write as _;

    let json = serde_json::Value::from(text).to_string();
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // JSON takes these as they are and YAML does not, or not everywhere, or our own reader does not.
        let special = (c.is_control() && c != '\n')
            || yaml::turns_text(c)
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
        if special {
            let _ = write!(out, "\\u{:04x}", u32::from(c)); // all of them are below 2^16
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Source;
    use crate::findings::Findings;

    fn read_back(text: &str) -> Option<String> {
        let printed = document(&Tree::Map(vec![
            ("a".to_owned(), Tree::text(text)),
            ("b".to_owned(), Tree::texts(&[text.to_owned()])),
        ]));
        let source = Source::new("printed.yaml", printed);
        let documents = yaml::documents(&source, &mut Findings::default());
        let root = documents.first()?;
        let listed = root.get("b")?.as_list()?.first()?.as_text()?.to_owned();
        root.get("a")?.as_text().filter(|text| *text == listed).map(str::to_owned)
    }

    #[test]
    fn what_yaml_might_take_for_something_else_is_quoted() {
        for (text, printed) in [
            ("checkout", "checkout"),
            ("99.9%", "99.9%"),
            ("/users/x", "/users/x"),
            ("https://runbooks.example/a?b=c", "\"https://runbooks.example/a?b=c\""),
            ("takes orders", "takes orders"),
            ("50/s", "50/s"),
            ("1e3", "\"1e3\""),
            ("2024-01-01", "\"2024-01-01\""),
            ("0x1f", "\"0x1f\""),
            ("30d", "30d"),
            ("5xx", "5xx"),
            ("no", "\"no\""),
            ("Off", "\"Off\""),
            ("~", "\"~\""),
            ("null", "\"null\""),
            (" a", "\" a\""),
            ("a ", "\"a \""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("a:", "\"a:\""),
            ("a #b", "\"a #b\""),
            ("- a", "\"- a\""),
            ("*x", "\"*x\""),
            ("{a}", "\"{a}\""),
            ("a, b", "\"a, b\""),
            ("a\nb", "\"a\\nb\""),
            ("a\u{85}b", "\"a\\u0085b\""),
            ("a\u{202e}b", "\"a\\u202eb\""),
            ("über", "\"über\""),
        ] {
            assert_eq!(scalar(text), printed);
            assert_eq!(read_back(text).as_deref(), Some(text));
        }
    }

    proptest! {
        #[test]
        fn every_text_reads_back(text in "\\PC{0,40}") {
            prop_assert_eq!(read_back(&text), Some(text));
        }
    }
}
