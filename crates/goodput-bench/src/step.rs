//! Counts the instructions of a child process one by one, where valgrind cannot: its processor has no time stamp counter to
//! trust, so the fast clock falls back there.
//!
//! The kernel stops the child after every single instruction. What is counted is what the processor does, the vDSO included,
//! which callgrind does not see.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use nix::sys::ptrace;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// What the child says when it is about to begin.
const READY: &str = "ready";

/// In the child: says that it is ready, and waits until it is watched.
pub fn wait_to_be_watched() -> io::Result<()> {
    println!("{READY}");
    io::stdin().lock().read_line(&mut String::new()).map(|_| ())
}

/// Runs a command that calls [`wait_to_be_watched`], and counts its instructions from there to its exit. Two runs that differ in
/// how often they do a thing tell what it takes.
pub fn count(command: &mut Command) -> io::Result<u64> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let counted = (|| {
        let mut line = String::new();
        BufReader::new(stdout.ok_or(io::ErrorKind::BrokenPipe)?).read_line(&mut line)?;
        if line.trim_end() != READY {
            return Err(io::Error::other(format!("the child said {line:?}, not that it is ready")));
        }
        let pid = Pid::from_raw(child.id().cast_signed());
        ptrace::attach(pid)?;
        waitpid(pid, None)?;
        // It is in its reading of this line, and goes on from there.
        stdin.ok_or(io::ErrorKind::BrokenPipe)?.write_all(b"\n")?;
        step_to_the_end(pid)
    })();
    if counted.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    counted
}

fn step_to_the_end(pid: Pid) -> io::Result<u64> {
    let mut steps = 0;
    loop {
        ptrace::step(pid, None)?;
        match waitpid(pid, None)? {
            WaitStatus::Stopped(..) => steps += 1,
            WaitStatus::Exited(_, 0) => return Ok(steps),
            other => return Err(io::Error::other(format!("the child ended otherwise: {other:?}"))),
        }
    }
}
