//! A strict reader of the Prometheus text format: it refuses what a lenient one would pass over.

use std::collections::{BTreeMap, HashSet};

/// The samples of one name, between its HELP and TYPE and the next one's.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Sample {
    /// Name and labels, in one order.
    pub(crate) fn identity(&self) -> String {
        format!("{}{:?}", self.name, self.labels)
    }
}

/// Every family, or what is wrong and where.
pub(crate) fn parse(text: &str) -> Result<Vec<Family>, String> {
    let body = text.strip_suffix('\n').ok_or("the last line has no end")?;
    let (mut families, mut helped): (Vec<Family>, Option<&str>) = (Vec::new(), None);
    let (mut names, mut series) = (HashSet::new(), HashSet::new());
    for line in body.split('\n') {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, _) = help.split_once(' ').ok_or(format!("no help: {line}"))?;
            if helped.replace(name).is_some() || !names.insert(name.to_owned()) {
                return Err(format!("a second HELP: {line}"));
            }
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').ok_or(format!("no type: {line}"))?;
            if helped.take() != Some(name) || !["counter", "gauge"].contains(&kind) {
                return Err(format!("a TYPE without its HELP: {line}"));
            }
            families.push(Family { name: name.to_owned(), kind: kind.to_owned(), samples: Vec::new() });
        } else {
            let sample = sample(line).ok_or(format!("no sample: {line}"))?;
            let family = families.last_mut().filter(|family| family.name == sample.name && helped.is_none());
            if !series.insert(sample.identity()) {
                return Err(format!("a second time: {line}"));
            }
            family.ok_or(format!("outside its family: {line}"))?.samples.push(sample);
        }
    }
    Ok(families)
}

fn sample(line: &str) -> Option<Sample> {
    let (name, rest) = line.split_once('{')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let (labels, rest) = labels(rest)?;
    let value = rest.strip_prefix(' ')?;
    let value: f64 = value.parse().ok().filter(|_| !value.contains(['e', 'N', 'i']))?;
    Some(Sample { name: name.to_owned(), labels, value })
}

/// The labels, and what comes after their closing brace.
fn labels(mut text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        let (name, rest) = text.split_once("=\"")?;
        let (value, rest) = quoted(rest)?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        if labels.insert(name.to_owned(), value).is_some() {
            return None;
        }
        match rest.strip_prefix(',') {
            Some(next) => text = next,
            None => return Some((labels, rest.strip_prefix('}')?)),
        }
    }
}

/// A value up to its closing quote, and what comes after that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                '\\' => '\\',
                '"' => '"',
                'n' => '\n',
                _ => return None,
            }),
            c => value.push(c),
        }
    }
    None
}
