//! Reads lists of routes in any of their three forms.

use super::fields::At;
use super::reader::{Reader, nearest};
use crate::source::shortened;
use crate::{Diagnostic, route};

impl Reader {
    /// The routes of a list that can be read.
    pub(super) fn routes(&mut self, at: &At<'_, '_>) -> Vec<String> {
        let items = self.list(at);
        if at.node.as_list().is_some_and(<[_]>::is_empty) {
            let message = || "an empty list of routes: expected at least one, or no list".to_owned();
            self.wrong(at.node.span, "no-routes", message);
        }
        items.iter().filter_map(|at| self.route(at)).collect()
    }

    fn route(&mut self, at: &At<'_, '_>) -> Option<String> {
        if at.node.as_text().is_some() {
            return self.template(at);
        }
        let [entry] = at.node.as_map().unwrap_or_default() else {
            self.places.insert(at.path.as_str(), at.node.span);
            self.wrong_shape(at.node, at.kind);
            return None;
        };
        let inner = At { node: &entry.value, ..at.clone() };
        match entry.key.as_ref() {
            "work" => self.text(&inner).map(str::to_owned),
            "grpc" => {
                let method = self.text(&inner)?;
                if route::is_method(method) {
                    return Some(format!("/{method}"));
                }
                self.findings.add(|| {
                    let message = format!("gRPC method {:?}: expected pkg.Service/Method", shortened(method, 40));
                    let diagnostic = Diagnostic::error("bad-value", message).at(entry.value.span, "");
                    match method.strip_prefix('/').filter(|method| route::is_method(method)) {
                        Some(method) => diagnostic.help(format!("did you mean {method}?")),
                        None => diagnostic,
                    }
                });
                None
            }
            other => {
                self.findings.add(|| {
                    let message =
                        format!("unknown route kind {:?}: expected grpc, work, or a path", shortened(other, 40));
                    let diagnostic = Diagnostic::error("unknown-route-kind", message).at(entry.key_span, "");
                    match nearest(other, ["grpc", "work"].into_iter()) {
                        Some(kind) => diagnostic.help(format!("did you mean `{kind}`?")),
                        None => diagnostic.help("write an HTTP route as it is: /users/{id}"),
                    }
                });
                None
            }
        }
    }

    fn template(&mut self, at: &At<'_, '_>) -> Option<String> {
        let text = self.text(at)?;
        let Some(problem) = route::template_problem(text) else {
            return Some(text.to_owned());
        };
        self.findings.add(|| {
            let shown = shortened(text, 40);
            let diagnostic = Diagnostic::error("bad-route", format!("route {shown:?}: {problem}")).at(at.node.span, "");
            if text.starts_with('/') {
                diagnostic
            } else {
                diagnostic.help(format!("work is written {{work: {shown}}}"))
            }
        });
        None
    }
}
