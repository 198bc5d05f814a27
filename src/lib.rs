//! Nothing lives here: this package owns the folders `examples/`, `tests/` and `benches/` of the workspace.
