//! The `goodput` command: writes, checks, explains and converts SLO files, and does the arithmetic of error budgets.
//!
//! A program, not a library: what it promises is its command line, its exit codes ([`exit`]), and the schemas of its JSON
//! answers (`goodput schema --of <command>`).

#![forbid(unsafe_code)]

mod calc;
mod cli;
mod completions;
mod convert;
pub mod exit;
mod explain;
mod failure;
mod form;
mod gate;
mod init;
mod plan;
mod read;
mod replay;
mod schema;
mod terminal;
mod text;
mod validate;
mod write;

pub use cli::main;
