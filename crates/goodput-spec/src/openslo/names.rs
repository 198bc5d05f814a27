//! Names: which OpenSLO takes, which labels and annotations a definition takes, and what stands in for others.

use std::collections::HashSet;

use goodput_model::names;

use super::shape::LONGEST_NAME;

/// Whether OpenSLO takes it as a name: a DNS label (RFC 1123).
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Whether a definition takes it as the name of an annotation.
pub(super) fn is_annotation(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !name.starts_with("__");
    begins && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a definition takes it as the name of a label: no other may set it.
pub(super) fn is_label(name: &str) -> bool {
    let taken =
        names::ALL.iter().any(|instrument| instrument.labels.contains(&name)) || names::RESERVED.contains(&name);
    is_annotation(name) && !taken
}

/// Whether OpenSLO takes it as the key of a label or annotation.
pub(super) fn is_key(name: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    name.len() <= LONGEST_NAME
        && ends(name.chars().next())
        && ends(name.chars().next_back())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
}

/// Whether OpenSLO takes it as the value of a label.
pub(super) fn is_value(text: &str) -> bool {
    is_key(text)
}

/// Names for objects of one kind, no two alike.
#[derive(Debug, Default)]
pub(super) struct Names {
    given: HashSet<String>,
}

impl Names {
    /// Names that are taken already.
    pub(super) fn taken<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { given: names.into_iter().map(str::to_owned).collect() }
    }

    /// A name as near to this one as OpenSLO allows.
    pub(super) fn near(&mut self, name: &str) -> String {
        let lower = name.to_ascii_lowercase();
        let word: String = lower.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let word = word.trim_matches('-');
        let word = if word.is_empty() { "unnamed" } else { word };
        // A number may follow; a definition has no more than 500 SLOs.
        let base = word.get(..LONGEST_NAME - 6).unwrap_or(word).trim_end_matches('-');
        let numbered = (2_u64..).map(|number| format!("{base}-{number}"));
        let mut names = std::iter::once(base.to_owned()).chain(numbered);
        let name = names.find(|name| !self.given.contains(name)).unwrap_or_default();
        self.given.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_stands_in_for_a_name_is_near_it_and_no_two_are_alike() {
        let mut names = Names::taken(["checkout-ok"]);
        for (name, near) in [
            ("checkout_ok", "checkout-ok-2"),
            ("Checkout.OK", "checkout-ok-3"),
            ("a:b", "a-b"),
            ("größe", "gr--e"),
            ("___", "unnamed"),
            ("...", "unnamed-2"),
        ] {
            assert_eq!(names.near(name), near, "{name}");
        }
    }

    #[test]
    fn labels_that_somebody_sets_are_none() {
        for (name, label, key) in [
            ("team", true, true),
            ("_team", true, false),
            ("cost_centre", true, true),
            ("cost-centre", false, true),
            ("slo", false, true),
            ("job", false, true),
            ("__team", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_label(name), is_key(name)), (label, key), "{name}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_in_for_a_name_is_one(names in prop::collection::vec("\\PC{0,80}", 0..20)) {
            let mut given = Names::default();
            let near: Vec<String> = names.iter().map(|name| given.near(name)).collect();
            prop_assert!(near.iter().all(|name| is_name(name)), "{near:?}");
            prop_assert_eq!(near.iter().collect::<HashSet<_>>().len(), near.len());
        }
    }
}
