//! Words, numbers and columns for people.

mod numbers;
mod page;
mod time;

pub(crate) use numbers::{factor, number, percent, plural};
pub(crate) use page::Page;
pub(crate) use time::{Exactly, Over, Took};
