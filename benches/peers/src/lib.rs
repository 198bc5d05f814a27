//! Goodput and its peers, each doing what its documentation says for production with metrics only, and each asked
//! afterwards what it counted.

pub mod document;
pub mod figure;
pub mod http;
pub mod ledger;
pub mod machine;
pub mod meters;
pub mod peer;
pub mod peers;
mod processor;
pub mod results;
pub mod router;
pub mod table;
