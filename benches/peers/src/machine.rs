//! Where and with what figures were taken.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::peers;

/// The machine, the compiler and the day.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// As the processor calls itself.
    pub processor: String,
    /// How many of them, hyperthreads counted.
    pub cores: usize,
    /// Name and release of the kernel.
    pub kernel: String,
    /// `rustc --version`.
    pub rustc: String,
    /// Year, month and day.
    pub date: String,
}

impl Machine {
    /// This one, on the day that is given, or that `SOURCE_DATE_EPOCH` gives, or today.
    pub fn here(date: Option<String>) -> Result<Self> {
        let date = match date {
            Some(date) => date,
            None => civil_date(seconds_since_epoch()?),
        };
        Ok(Self {
            processor: processor(),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            kernel: kernel(&output_of("uname", &["-sr"])),
            rustc: output_of("rustc", &["--version"]),
            date,
        })
    }

    /// As one line.
    pub fn line(&self) -> String {
        let Self { processor, cores, kernel, rustc, date } = self;
        format!("{processor}, {cores} cores, {kernel}, {rustc}, {date}")
    }
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or_else(|| "unknown processor".to_owned(), |(_, model)| model.trim().to_owned())
}

/// Name and release, as far as two numbers: what follows them is the builder's.
fn kernel(named: &str) -> String {
    named.split('.').take(2).collect::<Vec<_>>().join(".")
}

fn output_of(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or_else(
        |_| format!("{program} unknown"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn seconds_since_epoch() -> Result<u64> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => {
            seconds.parse().with_context(|| format!("SOURCE_DATE_EPOCH is no number of seconds: {seconds:?}"))
        }
        Err(_) => Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()),
    }
}

/// The day in the Gregorian calendar, by counting eras of 400 years from 1 March of the year 0.
fn civil_date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year}-{month:02}-{day_of_month:02}")
}

/// The version of a package in the lock file; the newest if there are several.
pub fn locked_version(package: &str) -> Option<&'static str> {
    const LOCK: &str = include_str!("../Cargo.lock");
    let name = format!("name = \"{package}\"");
    let blocks = LOCK.split("[[package]]").filter(|block| block.lines().any(|line| line == name));
    let versions =
        blocks.filter_map(|block| block.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"')));
    versions.last()
}

/// The version of every package that is measured.
pub fn versions() -> BTreeMap<String, String> {
    let packages = peers::ALL.iter().map(|peer| peer.package);
    let locked = packages.filter_map(|package| Some((package.to_owned(), locked_version(package)?.to_owned())));
    locked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_as_calendars_do() {
        let rows = [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_251_199, "2024-02-29"),
            (4_102_444_800, "2100-01-01"),
        ];
        for (seconds, date) in rows {
            assert_eq!(civil_date(seconds), date);
        }
    }

    #[test]
    fn kernels_are_named_by_two_numbers() {
        let rows = [
            ("Linux 6.18.44-some-build", "Linux 6.18"),
            ("Darwin 25.1", "Darwin 25.1"),
            ("uname unknown", "uname unknown"),
        ];
        for (named, kernel_of_it) in rows {
            assert_eq!(kernel(named), kernel_of_it);
        }
    }

    #[test]
    fn every_measured_package_is_in_the_lock_file() {
        for peer in peers::ALL {
            assert!(versions().contains_key(peer.package), "{}", peer.package);
        }
    }
}
