//! Where instruction counts come from: what besides our sources decides how many there are.

use std::process::Command;

use serde::{Deserialize, Serialize};

/// Counts from different origins are not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) rustc: String,
    pub(crate) target: String,
    /// It copies and compares memory, differently by version.
    pub(crate) libc: String,
    /// And by what the processor can do.
    pub(crate) processor: String,
    /// Kept to be known, and not compared: it counts what it is given.
    pub(crate) valgrind: String,
}

impl Origin {
    /// What differs, as a person reads it, if anything that matters does.
    pub(crate) fn differs(&self, here: &Self) -> Option<String> {
        let of = |this: &Self| [&this.rustc, &this.target, &this.libc, &this.processor].map(Clone::clone);
        let pairs = of(self).into_iter().zip(of(here)).filter(|(theirs, ours)| theirs != ours);
        let (theirs, ours): (Vec<_>, Vec<_>) = pairs.unzip();
        (!theirs.is_empty()).then(|| format!("it is from {}; this is {}", theirs.join(", "), ours.join(", ")))
    }
}

pub(crate) fn here() -> Origin {
    let about = said(&rustc(), &["-vV"]);
    let field = |name: &str| about.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown").to_owned();
    Origin {
        rustc: about.lines().next().unwrap_or("unknown").to_owned(),
        target: field("host: "),
        libc: some_or(said("getconf", &["GNU_LIBC_VERSION"]), "a libc that does not say its version"),
        processor: processor().to_owned(),
        valgrind: some_or(said("valgrind", &["--version"]), "none"),
    }
}

/// The compiler that cargo uses.
fn rustc() -> String {
    std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}

fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn some_or(said: String, otherwise: &str) -> String {
    if said.is_empty() { otherwise.to_owned() } else { said }
}

/// The libc picks its functions by this; newer extensions than these callgrind does not show to programs.
#[cfg(target_arch = "x86_64")]
fn processor() -> &'static str {
    if std::arch::is_x86_feature_detected!("avx2") { "a processor with AVX2" } else { "a processor without AVX2" }
}

#[cfg(not(target_arch = "x86_64"))]
fn processor() -> &'static str {
    std::env::consts::ARCH
}

#[cfg(test)]
pub(crate) fn sample() -> Origin {
    Origin {
        rustc: "rustc 1.95.0".to_owned(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
        libc: "glibc 2.36".to_owned(),
        processor: "a processor with AVX2".to_owned(),
        valgrind: "valgrind-3.19.0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_and_valgrind_is_not() {
        let here = sample();
        assert_eq!(sample().differs(&here), None);
        assert_eq!(Origin { valgrind: "valgrind-3.25.0".to_owned(), ..sample() }.differs(&here), None);
        let other = Origin { rustc: "rustc 1.88.0".to_owned(), libc: "glibc 2.41".to_owned(), ..sample() };
        assert_eq!(
            other.differs(&here).as_deref(),
            Some("it is from rustc 1.88.0, glibc 2.41; this is rustc 1.95.0, glibc 2.36")
        );
    }
}
