//! Complete files to begin with, for an API, a pipeline and a gRPC service: every choice explained, every default spelled out
//! where it matters.

use goodput_model::Tier;

use crate::duration;

/// What a file to begin with is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Template {
    /// An HTTP API: does it answer, is it fast.
    Api,
    /// A pipeline: is its data fresh, complete and right.
    Pipeline,
    /// A gRPC service: the same questions as of an API, by method.
    Grpc,
}

impl Template {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Api, Self::Pipeline, Self::Grpc];

    /// As it is named on a command line.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Pipeline => "pipeline",
            Self::Grpc => "grpc",
        }
    }
}

/// A file to begin with: it [reads](crate::read) as it is, and says in comments what everything counts as.
pub fn template(template: Template, tier: Tier) -> String {
    let text = match template {
        Template::Api => include_str!("template/api.yaml"),
        Template::Pipeline => include_str!("template/pipeline.yaml"),
        Template::Grpc => include_str!("template/grpc.yaml"),
    };
    text.replace("TIER", tier.label())
        .replace("OBJECTIVE", &tier.objective().to_string())
        .replace("THRESHOLD", &duration::print(tier.threshold()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::lint;
    use crate::{Source, read};

    #[test]
    fn every_template_reads_without_error_or_warning() {
        for (kind, tier) in Template::ALL.into_iter().flat_map(|kind| Tier::ALL.map(|tier| (kind, tier))) {
            let text = template(kind, tier);
            let document = read(&Source::new(kind.label(), text.as_str())).unwrap_or_else(|error| panic!("{error}"));
            assert!(document.warnings.is_empty(), "{:?}", document.warnings);
            let warnings = lint(&document);
            assert!(warnings.is_empty(), "{}", crate::Diagnostics::of(&Source::new(kind.label(), text), warnings));
            let lines = template(kind, tier).lines().count();
            assert!((45..=110).contains(&lines), "{} has {lines} lines", kind.label());
        }
    }
}
