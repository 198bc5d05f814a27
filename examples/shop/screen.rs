//! What is seen while the show runs: in a terminal a table that redraws itself, elsewhere a plain one now and then.

use std::io::{self, IsTerminal, Stdout, Write};
use std::net::SocketAddr;
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, MoveToNextLine, Show};
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, size,
};
use crossterm::{execute, queue};
use goodput::{Goodput, Status};
use tokio::sync::watch;
use tokio::time::{Instant, interval_at};

use crate::script::Phase;
use crate::tables;

const LEGEND: &str = "burns: long/short window >what the long needs; gone: client left; s: real time";

/// Shows the status until the show is over. When `quiet`, says only where the shop is, on standard error.
pub(crate) async fn show(
    goodput: &'static Goodput,
    address: SocketAddr,
    speed: u32,
    mut phase: watch::Receiver<Phase>,
    quiet: bool,
) -> io::Result<()> {
    let title = format!("shop on http://{address}");
    if quiet {
        return writeln!(io::stderr(), "{title}, timeline {speed}x");
    }
    let terminal = if io::stdout().is_terminal() {
        Some(Terminal::take()?)
    } else {
        writeln!(io::stdout(), "{title}, timeline {speed}x")?;
        None
    };
    let every = Duration::from_millis(if terminal.is_some() { 500 } else { 10_000 });
    let (mut earlier, mut drawn) = (goodput.status(), Instant::now());
    let mut frames = interval_at(drawn + every, every);
    loop {
        tokio::select! {
            _ = frames.tick() => {}
            _ = phase.wait_for(|phase| *phase == Phase::Over) => return Ok(()),
        }
        let (status, now) = (goodput.status(), Instant::now());
        let narrow = terminal.is_some() && size()?.0 < 88;
        let gap = if narrow { 1 } else { 2 };
        let text = format!(
            "{title}  {}\n{}\n\n{}\n\n{LEGEND}\n{}\n",
            *phase.borrow(),
            times(&status, speed),
            tables::slos(&status, gap).trim_fmt(),
            tables::routes(&status, &earlier, now - drawn, gap).trim_fmt(),
        );
        match &terminal {
            Some(terminal) => terminal.draw(&text)?,
            None => writeln!(io::stdout(), "\n{text}")?,
        }
        (earlier, drawn) = (status, now);
    }
}

fn times(status: &Status, speed: u32) -> String {
    let minutes = status.age.as_secs() / 60;
    format!("The timeline runs {speed}x: {}h {:02}m went by on it. Latencies are real.", minutes / 60, minutes % 60)
}

/// The terminal's second screen, given back when dropped.
#[derive(Debug)]
struct Terminal {
    out: Stdout,
}

impl Terminal {
    fn take() -> io::Result<Self> {
        let mut out = io::stdout();
        execute!(out, EnterAlternateScreen, Hide, DisableLineWrap)?;
        Ok(Self { out })
    }

    /// Overwrites what was there, line by line, which does not flicker. What does not fit is left out.
    fn draw(&self, text: &str) -> io::Result<()> {
        let mut out = self.out.lock();
        let (_, rows) = size()?;
        queue!(out, MoveTo(0, 0))?;
        for line in text.lines().take(rows.into()) {
            queue!(out, Print(line), Clear(ClearType::UntilNewLine), MoveToNextLine(1))?;
        }
        queue!(out, Clear(ClearType::FromCursorDown))?;
        out.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Nobody is left to tell if this fails.
        let _ = execute!(self.out, EnableLineWrap, Show, LeaveAlternateScreen);
    }
}
