//! Calendar periods: when the present month or quarter began somewhere on earth, and how long it is.

use std::fmt;
use std::time::{Duration, SystemTime};

use goodput_model::{CalendarUnit, Window};

/// A calendar period in a time zone.
#[cfg(feature = "calendar")]
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    unit: CalendarUnit,
    zone: jiff::tz::TimeZone,
}

/// Without the calendar there is none.
#[cfg(not(feature = "calendar"))]
#[derive(Clone, Debug)]
pub(crate) enum Calendar {}

/// The period that a moment lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Present {
    pub(crate) unit: CalendarUnit,
    /// What has gone by of it, in whole seconds: one at least, and never more than the longest such period.
    pub(crate) gone: Window,
    /// From its first moment to that of the next one.
    pub(crate) length: Duration,
}

/// Why a calendar period cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CalendarError {
    /// The library was built without its calendar.
    WithoutFeature,
    /// The time zone is none that is known.
    UnknownZone {
        /// As written.
        zone: String,
    },
}

impl fmt::Display for CalendarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithoutFeature => {
                f.write_str("expected the feature \"calendar\" of goodput, or a rolling period such as 30d")
            }
            Self::UnknownZone { zone } => {
                write!(f, "time zone {zone:?}: expected a name of the IANA database, such as UTC or Europe/Berlin")
            }
        }
    }
}

impl std::error::Error for CalendarError {}

#[cfg(feature = "calendar")]
impl Calendar {
    /// The database of zones comes with the library: what a month is depends on no file of the machine.
    pub(crate) fn new(unit: CalendarUnit, zone: &str) -> Result<Self, CalendarError> {
        let found = jiff::tz::TimeZoneDatabase::bundled().get(zone);
        found.map(|zone| Self { unit, zone }).map_err(|_| CalendarError::UnknownZone { zone: zone.to_owned() })
    }

    /// The period that `wall` lies in; nothing beyond the years -9999 to 9999.
    pub(crate) fn present(&self, wall: SystemTime) -> Option<Present> {
        let now = jiff::Timestamp::try_from(wall).ok()?;
        let month = now.to_zoned(self.zone.clone()).date().first_of_month();
        let (first, months) = match self.unit {
            CalendarUnit::Month => (month, 1),
            CalendarUnit::Quarter => {
                (jiff::civil::Date::new(month.year(), (month.month() - 1) / 3 * 3 + 1, 1).ok()?, 3)
            }
        };
        let next = first.checked_add(jiff::Span::new().months(months)).ok()?;
        let begin = self.first_moment(first)?;
        let length = since(self.first_moment(next)?, begin)?;
        let longest = goodput_model::Period::Calendar(self.unit).longest();
        // Where a zone moved across the date line, a month was longer than any is now.
        let gone = u32::try_from(since(now, begin)?.as_secs()).unwrap_or(u32::MAX).clamp(1, longest.secs());
        Some(Present { unit: self.unit, gone: Window::from_secs(gone).ok()?, length })
    }

    /// Midnight, or what comes after it where clocks skip that.
    fn first_moment(&self, day: jiff::civil::Date) -> Option<jiff::Timestamp> {
        Some(day.to_zoned(self.zone.clone()).ok()?.start_of_day().ok()?.timestamp())
    }
}

/// Nothing if it is before.
#[cfg(feature = "calendar")]
fn since(later: jiff::Timestamp, earlier: jiff::Timestamp) -> Option<Duration> {
    later.duration_since(earlier).try_into().ok()
}

#[cfg(not(feature = "calendar"))]
impl Calendar {
    pub(crate) fn new(_: CalendarUnit, _: &str) -> Result<Self, CalendarError> {
        Err(CalendarError::WithoutFeature)
    }

    pub(crate) fn present(&self, _: SystemTime) -> Option<Present> {
        match *self {}
    }
}

#[cfg(test)]
#[cfg(feature = "calendar")]
mod tests {
    use goodput_model::Period;
    use proptest::prelude::*;

    use super::*;

    fn at(zoned: &str) -> SystemTime {
        zoned.parse::<jiff::Zoned>().expect(zoned).timestamp().into()
    }

    fn present(unit: CalendarUnit, zone: &str, wall: SystemTime) -> Present {
        Calendar::new(unit, zone).unwrap().present(wall).unwrap()
    }

    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;

    #[test]
    fn a_period_is_as_long_as_the_calendar_and_the_clocks_of_its_zone_have_it() {
        use CalendarUnit::{Month, Quarter};
        for (unit, zone, date, gone, length) in [
            (Month, "UTC", "2023-02-28T23:59:59", 28 * DAY - 1, 28 * DAY),
            (Month, "UTC", "2024-02-29T00:00:00", 28 * DAY, 29 * DAY),
            (Month, "UTC", "2024-03-01T00:00:00", 1, 31 * DAY), // not nothing
            (Month, "UTC", "2024-12-31T12:00:00", 30 * DAY + 12 * HOUR, 31 * DAY),
            (Quarter, "UTC", "2024-01-01T00:00:01", 1, 91 * DAY),
            (Quarter, "UTC", "2023-03-31T00:00:00", 89 * DAY, 90 * DAY),
            (Quarter, "UTC", "2024-06-30T00:00:00", 90 * DAY, 91 * DAY),
            (Quarter, "UTC", "2024-12-31T00:00:00", 91 * DAY, 92 * DAY),
            // Clocks go forward on the last Sunday of March, and back on that of October.
            (Month, "Europe/Berlin", "2024-03-31T12:00:00", 30 * DAY + 11 * HOUR, 31 * DAY - HOUR),
            (Month, "Europe/Berlin", "2024-10-27T12:00:00", 26 * DAY + 13 * HOUR, 31 * DAY + HOUR),
            (Quarter, "Europe/Berlin", "2024-12-31T00:00:00", 91 * DAY + HOUR, 92 * DAY + HOUR),
            (Month, "America/New_York", "2024-11-30T23:00:00", 30 * DAY, 30 * DAY + HOUR),
            (Month, "Pacific/Auckland", "2024-02-15T00:00:00", 14 * DAY, 29 * DAY),
            // Midnight of the first of April 2005 did not come: clocks went from there to one o'clock.
            (Month, "Asia/Amman", "2005-04-01T02:00:00", HOUR, 30 * DAY - HOUR),
        ] {
            let found = present(unit, zone, at(&format!("{date}[{zone}]")));
            let (gone, length) = (Duration::from_secs(gone), Duration::from_secs(length));
            assert_eq!(
                (found.unit, found.gone.duration(), found.length),
                (unit, gone, length),
                "{unit:?} {date} {zone}"
            );
        }
    }

    #[test]
    fn times_that_no_calendar_has_are_no_period() {
        let calendar = Calendar::new(CalendarUnit::Month, "UTC").unwrap();
        let beyond = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(1 << 40)).expect("the system has it");
        assert_eq!(calendar.present(beyond), None);
        assert!(calendar.present(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).is_some());
    }

    proptest! {
        /// The windows of calendar periods never reach beyond what is remembered for them.
        #[test]
        fn what_has_gone_by_is_never_more_than_the_longest_period(
            secs in 0_u64..8_000_000_000,
            zone in prop::sample::select(jiff::tz::TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect::<Vec<_>>()),
            quarter in any::<bool>(),
        ) {
            let unit = if quarter { CalendarUnit::Quarter } else { CalendarUnit::Month };
            let found = present(unit, &zone, SystemTime::UNIX_EPOCH + Duration::from_secs(secs));
            prop_assert!(found.gone <= Period::Calendar(unit).longest());
            prop_assert!(found.gone.duration() <= found.length.max(Duration::from_secs(1)) || found.gone == Period::Calendar(unit).longest());
            prop_assert!(found.length >= Duration::from_secs(27 * DAY));
        }
    }
}

#[cfg(test)]
#[cfg(not(feature = "calendar"))]
mod without_the_feature {
    use goodput_model::{Period, Slo};

    #[test]
    fn a_calendar_period_is_refused_and_the_feature_named() {
        let slo = Slo::availability("ok", "99%").period(Period::QUARTER);
        let error = crate::Goodput::builder("calendar").slo(slo).build().unwrap_err().to_string();
        assert!(error.starts_with("SLO \"ok\": period quarter: expected the feature \"calendar\""), "{error}");
    }
}
