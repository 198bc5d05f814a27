//! The two streams people and programs read, coloured where that helps.

use std::ffi::OsStr;
use std::io::{ErrorKind, Write};

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};

use crate::failure::Failure;

pub(crate) const HEAD: Style = Style::new().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();

/// `text` in this style. Whether it is seen so is for the streams to decide.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// What the command answers. A reader who has seen enough and closes the pipe is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::input(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}

/// What the command has to say beside its answer. There is nobody left to tell when this fails.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// `warning: ...`
pub(crate) fn warn(text: &str) {
    say(&format!("{} {text}", styled(WARN, "warning:")));
}

/// `error: ...`
pub(crate) fn complain(text: &str) {
    say(&format!("{} {text}", styled(BAD, "error:")));
}

/// Settles the question of colour before the arguments are read, since what is wrong with them is coloured too. Without the
/// flag the streams decide: a terminal is coloured unless `NO_COLOR` or `CLICOLOR=0` says no.
pub(crate) fn choose_color<'a>(args: impl Iterator<Item = &'a OsStr>) {
    if let Some(choice) = asked(args) {
        choice.write_global();
    }
}

fn asked<'a>(args: impl Iterator<Item = &'a OsStr>) -> Option<ColorChoice> {
    let mut last = None;
    let mut follows = false;
    for arg in args.map_while(OsStr::to_str).take_while(|arg| *arg != "--") {
        let value = if follows { Some(arg) } else { arg.strip_prefix("--color=") };
        match value {
            Some("always") => last = Some(ColorChoice::Always),
            Some("never") => last = Some(ColorChoice::Never),
            Some("auto") => last = Some(ColorChoice::Auto),
            _ => {}
        }
        follows = arg == "--color";
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_is_found_in_both_spellings_and_the_last_one_wins() {
        for (args, choice) in [
            (&["goodput", "schema"][..], None),
            (&["goodput", "--color", "never"], Some(ColorChoice::Never)),
            (&["goodput", "--color=always"], Some(ColorChoice::Always)),
            (&["goodput", "--color=always", "schema", "--color", "auto"], Some(ColorChoice::Auto)),
            (&["goodput", "--color=sometimes"], None),
            (&["goodput", "--color"], None),
            (&["goodput", "--", "--color=always"], None),
        ] {
            assert_eq!(asked(args.iter().map(OsStr::new)), choice, "{args:?}");
        }
    }
}
