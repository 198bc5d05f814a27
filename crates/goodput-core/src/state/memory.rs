//! What is remembered of a service across restarts, as one value: the bytes of a state file that is whole, read where they lie.

use std::fmt;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use goodput_model::Counts;

use super::column::{Column, column, skip_column};
use super::excluded::{Excluded, MAX_LOOKS};
use super::format::{HEADER, MAX_COUNTS, MAX_MARKS, MemoryError, check};
use super::mute::{MAX_MUTES, SavedMute};
use super::standing::SavedStanding;
use super::varint::Cursor;
use crate::clock::Moment;

/// So many restarts in an hour: more are not told apart.
pub(crate) const MAX_RESTARTS: usize = 1_000;

/// What an instance knew about its SLOs when it wrote this, for the next one to [remember](crate::GoodputBuilder::remember).
///
/// It is the bytes of a state file, known to be whole, and takes no more memory than those. [`Goodput::memory`](crate::Goodput::memory)
/// makes one, [`StateFile`](crate::StateFile) keeps it in a file. What does not suit the definition that remembers it is passed over:
/// each SLO finds its past by its name and by everything that makes an event good.
#[derive(Clone, PartialEq, Eq)]
pub struct Memory {
    bytes: Vec<u8>,
    fields: Fields,
}

impl Memory {
    /// Reads a state file. Total on every sequence of bytes, and takes no memory beside them.
    ///
    /// # Errors
    /// If these are not the bytes of a whole state file of a version that is known.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, MemoryError> {
        check(&bytes)?;
        let fields = Fields::read(&bytes).ok_or(MemoryError::Malformed)?;
        Ok(Self { bytes, fields })
    }

    /// The bytes of the file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The service whose memory it is.
    pub fn service(&self) -> &str {
        self.text(&self.fields.service)
    }

    /// The name of the [instance](crate::Goodput::instance) that wrote it.
    pub fn instance(&self) -> &str {
        self.text(&self.fields.instance)
    }

    /// When it was written, by the clock on the wall.
    pub fn written(&self) -> SystemTime {
        let written = Duration::from_nanos(self.fields.written);
        SystemTime::UNIX_EPOCH.checked_add(written).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// What is remembered of each SLO.
    pub fn slos(&self) -> impl Iterator<Item = RememberedSlo<'_>> {
        let mut cursor = self.cursor(self.fields.slos_at);
        (0..self.fields.slos).map_while(move |_| {
            let key = cursor.text()?;
            let length = usize::try_from(cursor.number()?).ok()?;
            RememberedSlo::read(self, key, Cursor::new(cursor.bytes(length)?))
        })
    }

    pub(super) fn written_since_epoch(&self) -> Duration {
        Duration::from_nanos(self.fields.written)
    }

    /// When the oldest of it began.
    pub(super) fn origin(&self) -> Moment {
        self.fields.origin
    }

    /// When the counters were read last.
    pub(super) fn last(&self) -> Moment {
        self.fields.last
    }

    /// The marks, none earlier than the one before, and the last moment.
    pub(super) fn moments(&self) -> impl Iterator<Item = Moment> {
        let (mut cursor, mut at) = (self.cursor(self.fields.marks_at), self.fields.origin);
        (0..=self.fields.marks).map_while(move |_| {
            at = span(&mut cursor, at)?;
            Some(at)
        })
    }

    /// The bands that its SLOs stood in.
    pub(super) fn bands(&self) -> &str {
        self.text(&self.fields.bands)
    }

    /// The mutes that were in force.
    pub(super) fn mutes(&self) -> impl Iterator<Item = SavedMute> {
        let mut cursor = self.cursor(self.fields.mutes_at);
        (0..self.fields.mutes).map_while(move |_| SavedMute::read(&mut cursor).map(SavedMute::owned))
    }

    /// When processes were restarted, within the hour before this was written.
    pub(super) fn restarts(&self) -> impl Iterator<Item = Duration> {
        let mut cursor = self.cursor(self.fields.restarts_at);
        (0..self.fields.restarts).map_while(move |_| cursor.number().map(Duration::from_nanos))
    }

    /// When it was looked at what is excluded: within an hour, and within a day.
    pub(super) fn looks(&self) -> [Vec<Duration>; 2] {
        let mut cursor = self.cursor(self.fields.looks_at);
        self.fields.looks.map(|looks| (0..looks).map_while(|_| cursor.number().map(Duration::from_nanos)).collect())
    }

    fn text(&self, at: &Range<usize>) -> &str {
        self.bytes.get(at.clone()).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }

    fn cursor(&self, at: usize) -> Cursor<'_> {
        Cursor::new(self.bytes.get(at..).unwrap_or_default())
    }
}

/// Says what it is of, and not all of its counts.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slos: Vec<_> = self.slos().map(|slo| (slo.key, slo.last())).collect();
        f.debug_struct("Memory")
            .field("service", &self.service())
            .field("written", &self.written())
            .field("marks", &self.fields.marks)
            .field("slos", &slos)
            .finish_non_exhaustive()
    }
}

/// Where everything lies in a file.
#[derive(Clone, PartialEq, Eq)]
struct Fields {
    service: Range<usize>,
    instance: Range<usize>,
    written: u64, // nanoseconds since 1970
    origin: Moment,
    last: Moment,
    marks: u64,
    marks_at: usize,
    bands: Range<usize>,
    mutes: u64,
    mutes_at: usize,
    restarts: u64,
    restarts_at: usize,
    /// Looks at what is excluded, within an hour and within a day.
    looks: [u64; 2],
    looks_at: usize,
    slos: u64,
    slos_at: usize,
}

impl Fields {
    /// Looks at every byte once; nothing if one of them is not as it should be.
    fn read(bytes: &[u8]) -> Option<Self> {
        let at = |cursor: Cursor<'_>| bytes.len().checked_sub(cursor.rest().len());
        let mut cursor = Cursor::new(bytes.get(HEADER..)?);
        let text = |cursor: &mut Cursor<'_>| {
            let length = cursor.text()?.len();
            Some(at(*cursor)?.checked_sub(length)?..at(*cursor)?)
        };
        let (service, instance) = (text(&mut cursor)?, text(&mut cursor)?);
        let written = cursor.number()?;
        let origin = span(&mut cursor, Moment::default())?;
        let marks = cursor.number().filter(|marks| *marks <= MAX_MARKS)?;
        let marks_at = at(cursor)?;
        let mut last = origin;
        for _ in 0..marks {
            last = span(&mut cursor, last)?;
        }
        let last = span(&mut cursor, last)?;
        let bands = text(&mut cursor)?;
        let mutes = cursor.number().filter(|mutes| *mutes <= MAX_MUTES)?;
        let mutes_at = at(cursor)?;
        for _ in 0..mutes {
            SavedMute::read(&mut cursor)?;
        }
        let restarts = cursor.number().filter(|restarts| *restarts <= MAX_RESTARTS as u64)?;
        let restarts_at = at(cursor)?;
        for _ in 0..restarts {
            cursor.number()?;
        }
        let mut looks = || cursor.number().filter(|looks| *looks <= MAX_LOOKS as u64);
        let looks = [looks()?, looks()?];
        let looks_at = at(cursor)?;
        for _ in 0..looks.iter().sum() {
            cursor.number()?;
        }
        let slos = cursor.number()?;
        if slos.checked_mul(marks + 2)? > MAX_COUNTS {
            return None;
        }
        let slos_at = at(cursor)?;
        for _ in 0..slos {
            cursor.text()?;
            let length = usize::try_from(cursor.number()?).ok()?;
            let own = Cursor::new(cursor.bytes(length)?);
            check_slo(own, (origin, last), marks, looks.iter().sum())?;
        }
        let fields = Self {
            service,
            instance,
            written,
            origin,
            last,
            marks,
            marks_at,
            bands,
            mutes,
            mutes_at,
            restarts,
            restarts_at,
            looks,
            looks_at,
            slos,
            slos_at,
        };
        Some(fields).filter(|_| cursor.is_empty())
    }
}

fn check_slo(mut cursor: Cursor<'_>, (origin, last): (Moment, Moment), marks: u64, looks: u64) -> Option<()> {
    if span(&mut cursor, origin)?.since_origin() > last.since_origin() {
        return None;
    }
    for _part in 0..3 {
        let mut column = column(&mut cursor)?;
        skip_column(&mut column, marks + 2)?;
        Some(column).filter(|column| column.is_empty())?;
    }
    band(&mut cursor)?;
    Excluded::skip(&mut cursor, looks + 1)?;
    for _ in 0..cursor.number()? {
        SavedStanding::read(&mut cursor)?;
    }
    Some(()).filter(|()| cursor.is_empty())
}

/// In which band it stands, the fullest being 0, and since when, if it stands in one.
#[expect(clippy::option_option, reason = "malformed, or nowhere")]
fn band(cursor: &mut Cursor<'_>) -> Option<Option<(u64, Duration)>> {
    let Some(position) = cursor.number()?.checked_sub(1) else { return Some(None) };
    Some(Some((position, Duration::from_nanos(cursor.number()?))))
}

/// The moment that is a span after another.
fn span(cursor: &mut Cursor<'_>, from: Moment) -> Option<Moment> {
    let (gone, slept) = (cursor.number()?, cursor.number()?);
    let limit = Duration::from_nanos(u64::MAX);
    let since_origin = from.since_origin().checked_add(Duration::from_nanos(gone)).filter(|since| *since <= limit)?;
    let awake = Duration::from_nanos(gone.checked_sub(slept)?);
    Some(Moment::with_awake(since_origin, from.awake().checked_add(awake)?))
}

/// What is remembered of one SLO.
#[derive(Clone, Debug)]
pub struct RememberedSlo<'a> {
    key: &'a str,
    beginning: Moment,
    columns: [Column<'a>; 3],
    counts: u64,
    band: Option<(u64, Duration)>,
    looks: u64,
    excluded: Cursor<'a>,
    standings: Cursor<'a>,
}

impl<'a> RememberedSlo<'a> {
    fn read(memory: &Memory, key: &'a str, mut cursor: Cursor<'a>) -> Option<Self> {
        let beginning = span(&mut cursor, memory.fields.origin)?;
        let counts = memory.fields.marks + 2;
        let mut next = || Some(Column::new(column(&mut cursor)?));
        let columns = [next()?, next()?, next()?];
        let (band, excluded) = (band(&mut cursor)?, cursor);
        let looks = memory.fields.looks.iter().sum();
        Excluded::skip(&mut cursor, looks + 1)?;
        Some(Self { key, beginning, columns, counts, band, looks, excluded, standings: cursor })
    }

    /// Its name and all that makes an event good, as one text.
    pub fn key(&self) -> &'a str {
        self.key
    }

    /// What its counters stood at when this was written, since whatever they began with.
    pub fn last(&self) -> Counts {
        self.counts().last().unwrap_or_default()
    }

    /// Where its alerts stand.
    pub fn standings(&self) -> impl Iterator<Item = SavedStanding> {
        let mut cursor = self.standings;
        let many = cursor.number().unwrap_or_default();
        (0..many).map_while(move |_| {
            let (of, standing) = SavedStanding::read(&mut cursor)?;
            Some(SavedStanding { of: of.to_owned(), ..standing })
        })
    }

    /// In which band it stood, the fullest being 0, and since when, if it stood in one.
    pub(super) fn band(&self) -> Option<(u64, Duration)> {
        self.band
    }

    /// How often its events were excluded for which reason, by each look and last.
    pub(crate) fn excluded(&self) -> Excluded {
        let mut cursor = self.excluded;
        Excluded::read(&mut cursor, self.looks + 1).unwrap_or_default()
    }

    /// Since when it was counted as it is now.
    pub(super) fn beginning(&self) -> Moment {
        self.beginning
    }

    /// What its counters stood at: at its beginning, at each mark, and last.
    pub fn counts(&self) -> impl Iterator<Item = Counts> + use<'a> {
        let [mut good, mut bad, mut excluded] = self.columns.clone();
        (0..self.counts).map(move |_| Counts { good: good.next(), bad: bad.next(), excluded: excluded.next() })
    }
}
