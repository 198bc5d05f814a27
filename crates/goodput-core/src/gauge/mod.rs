//! Values that slices of time are judged by: how full something limited is, and how old data is.
//!
//! Each has a name that SLOs look at, and a handle that is asked for once. Setting one takes no lock and allocates nothing.

mod dataset;
mod level;
mod registry;

pub use dataset::Dataset;
pub(crate) use dataset::DatasetCell;
pub use level::Level;
pub(crate) use level::{LevelCell, STEPS};
pub(crate) use registry::Gauges;
