//! What is asked: the address of a status, or the path of a state file.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ureq::http::Uri;
use ureq::http::uri::Authority;

use crate::failure::Failure;
use crate::read::shown;

/// Where an instance is heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The address of its status.
    Url(String),
    /// The path of its state file.
    File(PathBuf),
}

impl Source {
    fn new(text: &str) -> Result<Self, Failure> {
        if text.is_empty() {
            return Err(Failure::usage("an empty source: expected an address, or the path of a state file"));
        }
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(Self::File(text.into())) };
        if !["http", "https"].contains(&&*scheme.to_ascii_lowercase()) {
            return Err(Failure::usage(format!("{}: expected an address of http or https", named(text))));
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            let message =
                "an address with a user or password is seen by every user of this machine: expected --token-file";
            return Err(Failure::usage(message));
        }
        // What no request can be sent to is a mistake, and no instance that does not answer.
        if !text.parse().is_ok_and(|uri: Uri| uri.authority().is_some_and(can_be_asked)) {
            return Err(Failure::usage(format!(
                "{}: expected an address such as http://10.0.0.7:9090/slo/status",
                named(text)
            )));
        }
        Ok(Self::Url(text.to_owned()))
    }

    /// What to say of a state file without an SLO file. What is no file may have been meant as an address.
    pub(crate) fn lacks_objectives(&self) -> &'static str {
        match self {
            Self::File(path) if !path.exists() && path.components().count() > 1 => {
                "no file is there: expected a state file, with --file, or an address that begins with http:// or https://"
            }
            _ => "a state file holds counts and no objectives: expected --file with the SLO file",
        }
    }

    /// What people call it, on one line.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Url(url) => named(url),
            Self::File(path) => shown(path),
        }
    }
}

/// Whether there is a host, and a port that is one if there is any.
fn can_be_asked(authority: &Authority) -> bool {
    !authority.host().is_empty() && (authority.port_u16().is_some() || authority.as_str() == authority.host())
}

fn named(text: &str) -> String {
    shown(Path::new(text))
}

/// Every source, each once.
pub(crate) fn all(texts: &[String]) -> Result<Vec<Source>, Failure> {
    let mut seen = HashSet::new();
    if let Some(twice) = texts.iter().find(|text| !seen.insert(text.as_str())) {
        return Err(Failure::usage(format!("{} is given twice: expected each instance once", named(twice))));
    }
    let sources: Result<Vec<_>, _> = texts.iter().map(|text| Source::new(text)).collect();
    let sources = sources?;
    let mut files = HashSet::new();
    for source in &sources {
        // One that is not there is told later, by its name.
        if let Source::File(path) = source
            && path.canonicalize().is_ok_and(|path| !files.insert(path))
        {
            let message = format!("{} is a file that is given before: expected each instance once", source.name());
            return Err(Failure::usage(message));
        }
    }
    Ok(sources)
}

/// The longest token file: a token is at most 256 bytes.
const MOST_TOKEN: u64 = 4_096;

/// The bearer token in a file, without the line end that editors leave there.
pub(crate) fn token(path: &Path) -> Result<String, Failure> {
    let wrong = |what: &str| Failure::usage(format!("{}: {what}: expected a file with one bearer token", shown(path)));
    if !path.metadata().map_err(|error| wrong(&error.to_string()))?.is_file() {
        return Err(wrong("is no file"));
    }
    let mut text = String::new();
    let file = File::open(path).map_err(|error| wrong(&error.to_string()))?;
    file.take(MOST_TOKEN).read_to_string(&mut text).map_err(|error| wrong(&error.to_string()))?;
    let token = text.trim_end_matches(['\r', '\n']);
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("holds no token"));
    }
    Ok(token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_everything_else_is_a_path() {
        for (text, source) in [
            ("http://a/status", Some(Source::Url("http://a/status".to_owned()))),
            ("HTTPS://a", Some(Source::Url("HTTPS://a".to_owned()))),
            ("state/shop.state", Some(Source::File("state/shop.state".into()))),
            ("ftp://a/status", None),
            ("http://", None),
            ("http:///status", None),
            ("http://user:secret@a/status", None),
            ("http://a/sta tus", None),
            ("http://[::1]:9090/status", Some(Source::Url("http://[::1]:9090/status".to_owned()))),
            ("http://a:99999/status", None),
            ("http://a:/status", None),
            ("http://:9090/status", None),
            ("http://[::1/status", None),
            ("", None),
        ] {
            assert_eq!(Source::new(text).ok(), source, "{text}");
        }
    }

    #[test]
    fn a_file_is_asked_once_by_whatever_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.state");
        std::fs::write(&path, "").unwrap();
        let by_another = format!("{}/./shop.state", folder.path().display());
        assert!(all(&[path.display().to_string(), by_another]).is_err());
    }

    #[test]
    fn nothing_is_asked_twice() {
        let texts = ["http://a/status", "shop.state", "http://a/status"].map(str::to_owned);
        assert!(all(&texts).is_err());
        assert_eq!(all(&texts[..2]).unwrap().len(), 2);
    }
}
