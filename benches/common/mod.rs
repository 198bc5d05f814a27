//! What several benches share.

pub(crate) mod instances;
pub(crate) mod threads;

/// Whether times are taken. `cargo test` runs every bench once to see that it works, and a small set-up does for that.
pub(crate) fn measures() -> bool {
    std::env::args().any(|arg| arg == "--bench")
}
