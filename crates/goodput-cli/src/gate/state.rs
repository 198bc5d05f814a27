//! Reads a state file as the instance that wrote it would: what it remembered, and how long ago.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};

use goodput_core::{Freshness, Goodput, Memory};
use goodput_model::{Definition, Row};

use super::gather::Said;
use super::trouble::Trouble;
use crate::read::kind;

/// The longest state file: a service refuses longer ones unread.
const MOST: u64 = 16 << 20;
/// A service writes its state every half minute, so that what it says may be so much older than a status.
const WRITTEN_EVERY: Duration = Duration::from_secs(30);

/// What the file says at this moment.
pub(super) fn read(path: &Path, definition: Option<&Definition>, wall: SystemTime) -> Result<Said, Trouble> {
    let bad = |what: &dyn std::fmt::Display| Trouble::File(what.to_string());
    let definition = definition.ok_or_else(|| bad(&"holds no objectives: expected --file with the SLO file"))?;
    let memory = Memory::decode(bytes(path)?).map_err(|error| bad(&format!("is {error}")))?;
    if memory.service() != definition.service {
        let (own, other) = (memory.service(), &definition.service);
        return Err(bad(&format!("is of service {own:?}: expected {other:?}, which the SLO file is of")));
    }
    let written = memory.written();
    if written.duration_since(wall).is_ok_and(|ahead| ahead > super::SKEW) {
        return Err(bad(&"was written later than now: expected clocks that agree"));
    }
    let instance = memory.instance().to_owned();
    let goodput = Goodput::recall(definition.clone(), memory, wall).map_err(|error| bad(&error))?;
    let status = goodput.status();
    let mut case = status.case();
    for page in case.slos.iter_mut().flat_map(|slo| &mut slo.pages) {
        page.row = as_written(page.row);
    }
    let tick = case.freshness.tick.saturating_add(WRITTEN_EVERY / Freshness::TICKS);
    case.freshness = Freshness::new(wall.duration_since(written).unwrap_or_default(), tick);
    let notes = status.flags.iter().filter(|flag| flag.label() != "no_recent_tick").map(ToString::to_string);
    Ok(Said { case, instance, notes: notes.take(20).collect() })
}

/// The row as a status has it, so that files and statuses can be added: when an alert is told does not matter here.
fn as_written(row: Row) -> Row {
    let (long, short, attos) = (row.long(), row.short(), row.full_outage_attos());
    Row::with_full_outage(row.severity(), long, short, attos, row.objective(), row.period()).unwrap_or(row)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Trouble> {
    let unreachable = |error: std::io::Error| Trouble::Unreachable(format!("cannot be read: {error}"));
    // Before it is opened: opening a pipe nobody writes to would wait for ever. A link may lead anywhere, and a service writes none.
    let meta = fs::symlink_metadata(path).map_err(unreachable)?;
    if !meta.is_file() {
        return Err(Trouble::File(format!("is {}: expected a state file", kind(&meta))));
    }
    if meta.len() > MOST {
        return Err(Trouble::TooLong { most: MOST });
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)).map_err(unreachable)?;
    if bytes.len() as u64 > MOST {
        return Err(Trouble::TooLong { most: MOST });
    }
    Ok(bytes)
}
