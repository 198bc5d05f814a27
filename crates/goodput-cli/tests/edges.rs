//! What the command makes of files that are none, of streams without an end, and of places where nothing can be written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::{TempDir, tempdir};

const GOOD: &str = r#"version: 1
service: checkout
slos:
  - {name: ok, sli: availability, objective: 99%, links: {runbook: "https://runbooks.example/ok"}}
"#;
const MEBIBYTE: usize = 1 << 20;

fn goodput(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goodput"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    goodput(folder, args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Whether the command gave up with this message, said nothing else, and left the folder as it was.
#[track_caller]
fn check_refused(folder: &Path, args: &[&str], code: i32, part: &str) {
    let before = names(folder);
    let output = run(folder, args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
    assert!(text(&output.stderr).contains(part), "{args:?}: {}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "", "{args:?}");
    assert_eq!(names(folder), before, "{args:?}");
}

/// A folder of things that are no SLO files.
fn curiosities() -> TempDir {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("long.yaml"), vec![b'#'; MEBIBYTE + 1]).unwrap();
    fs::write(at("latin1.yaml"), b"version: 1\nservice: caf\xe9\n").unwrap();
    fs::create_dir(at("folder.yaml")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere.yaml", at("broken.yaml")).unwrap();
    folder
}

#[test]
fn what_cannot_be_read_is_named_with_what_was_expected() {
    let folder = curiosities();
    for (file, message) in [
        ("missing.yaml", "missing.yaml: does not exist"),
        ("missing/slo.yaml", "missing/slo.yaml: does not exist"),
        ("latin1.yaml/slo.yaml", "latin1.yaml/slo.yaml: Not a directory"),
        ("long.yaml", "long.yaml: is longer than 1 MiB: expected an SLO file of at most 1,048,576 bytes"),
        ("latin1.yaml", "not UTF-8: byte 0xe9 at offset 23: expected an SLO file in UTF-8\n --> latin1.yaml:2:13\n"),
        ("folder.yaml", "folder.yaml: is a directory: expected a file"),
        ("broken.yaml", "broken.yaml: is a symbolic link to nowhere.yaml, which does not exist"),
    ] {
        check_refused(folder.path(), &["explain", file], 1, message);
        check_refused(folder.path(), &["convert", file, "--to", "new.yaml"], 1, message);
        check_refused(folder.path(), &["plan", "target", "--measured", file], 1, message);
        let validated = run(folder.path(), &["validate", file]);
        assert_eq!(validated.status.code(), Some(1));
        assert!(text(&validated.stdout).contains(message), "{}", text(&validated.stdout));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_without_an_end_is_waited_for() {
    let folder = tempdir().unwrap();
    check_refused(folder.path(), &["explain", "/dev/zero"], 1, "/dev/zero: is a device: expected a file");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    check_refused(folder.path(), &["explain", "pipe"], 1, "pipe: is a pipe: expected a file");
    check_refused(folder.path(), &["init", "--output", "pipe", "--force"], 1, "pipe: is a pipe: expected a file");

    let zeros = goodput(folder.path(), &["explain", "-"]).stdin(File::open("/dev/zero").unwrap()).output().unwrap();
    assert_eq!(zeros.status.code(), Some(1));
    assert!(text(&zeros.stderr).contains("<stdin>: is longer than 1 MiB"), "{zeros:?}");
}

#[test]
fn standard_input_is_a_file_like_any_other() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("slo.yaml");
    fs::write(&path, GOOD).unwrap();
    let open = || File::open(&path).unwrap();
    let output = goodput(folder.path(), &["validate", "-"]).stdin(open()).output().unwrap();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "<stdin>: ok, 1 SLO of checkout\n"));
    let converted = goodput(folder.path(), &["convert", "-"]).stdin(open()).output().unwrap();
    assert!(text(&converted.stdout).starts_with("version: 1\n"), "{converted:?}");
}

#[test]
fn a_file_that_is_there_is_left_as_it_is_unless_forced() {
    for args in [&["init", "--output", "slo.yaml"][..], &["convert", "good.yaml", "--to", "slo.yaml"]] {
        let folder = tempdir().unwrap();
        let path = folder.path().join("slo.yaml");
        fs::write(folder.path().join("good.yaml"), GOOD).unwrap();
        fs::write(&path, "mine").unwrap();
        check_refused(folder.path(), args, 1, "slo.yaml: exists already and is left as it is");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");

        let forced = run(folder.path(), &[args, &["--force"]].concat());
        assert_eq!(forced.status.code(), Some(0), "{forced:?}");
        assert!(fs::read_to_string(&path).unwrap().contains("version: 1"));
        assert_eq!(names(folder.path()), ["good.yaml", "slo.yaml"]);
    }
}

#[test]
fn where_nothing_can_be_written_nothing_is_left_behind() {
    let folder = curiosities();
    for (path, message) in [
        ("missing/slo.yaml", "missing: does not exist: expected the folder of the new file"),
        ("latin1.yaml/slo.yaml", "latin1.yaml: is no directory: expected the folder of the new file"),
        ("folder.yaml", "folder.yaml: is a directory: expected a file, or a name for a new one"),
        ("broken.yaml", "broken.yaml: is a symbolic link: expected a file, or a name for a new one"),
    ] {
        check_refused(folder.path(), &["init", "--output", path], 1, message);
        check_refused(folder.path(), &["init", "--output", path, "--force"], 1, message);
    }
    // Nobody, not even the superuser, can write there.
    #[cfg(target_os = "linux")]
    check_refused(folder.path(), &["init", "--output", "/proc/slo.yaml"], 1, "/proc: ");
}

#[test]
fn every_template_that_is_written_holds_and_can_be_explained() {
    let folder = tempdir().unwrap();
    for template in ["api", "pipeline", "grpc"] {
        for tier in ["critical", "essential", "standard", "best-effort"] {
            let args =
                ["init", "--template", template, "--tier", tier, "--service", "my-shop", "-o", "slo.yaml", "--force"];
            let written = run(folder.path(), &args);
            assert_eq!(written.status.code(), Some(0), "{written:?}");
            assert!(text(&written.stderr).contains("goodput validate slo.yaml"), "{written:?}");
            let validated = run(folder.path(), &["validate", "--deny-warnings", "slo.yaml"]);
            assert_eq!(validated.status.code(), Some(0), "{}", text(&validated.stdout));
            assert!(text(&validated.stdout).contains("of my-shop"), "{}", text(&validated.stdout));
            assert_eq!(run(folder.path(), &["explain", "slo.yaml"]).status.code(), Some(0));
        }
    }
}

/// What stands in an SLO file, as `service: <the name in quotes>`, is a text for every reader of YAML.
#[test]
fn a_service_called_like_a_number_or_a_word_of_yaml_is_quoted() {
    let folder = tempdir().unwrap();
    for (name, line) in [
        ("checkout", "service: checkout"),
        ("1", "service: \"1\""),
        ("1e3", "service: \"1e3\""),
        ("No", "service: \"No\""),
        ("null", "service: \"null\""),
        ("north", "service: north"),
    ] {
        let written = run(folder.path(), &["init", "--service", name]);
        assert!(text(&written.stdout).lines().any(|found| found == line), "{name}: {}", text(&written.stdout));
    }
}

#[test]
fn every_command_that_a_template_speaks_of_is_there() {
    let folder = tempdir().unwrap();
    for template in ["api", "pipeline", "grpc"] {
        let written = run(folder.path(), &["init", "--template", template]);
        let mut found = 0;
        for part in text(&written.stdout).split("`goodput ").skip(1) {
            let command = part.split(['`', ' ']).next().unwrap();
            assert_eq!(run(folder.path(), &[command, "--help"]).status.code(), Some(0), "{template}: {command}");
            found += 1;
        }
        assert!(found > 0, "{template} speaks of no command");
    }
}

#[test]
fn what_plan_writes_for_an_slo_file_holds_in_one() {
    let folder = tempdir().unwrap();
    for quantiles in ["p50=800ms,p99=900ms", "p50=1us,p99.9=40us", "p99=800ms,p99=800ms", "p50=1.2s,p95=80s"] {
        let args =
            ["plan", "target", "--good", "997000", "--total", "1000000", "--over", "28d", "--quantiles", quantiles];
        let planned = run(folder.path(), &args);
        let (_, slos) = text(&planned.stdout).split_once("In an SLO file:\n").unwrap();
        fs::write(folder.path().join("slo.yaml"), format!("version: 1\nservice: checkout\nslos:\n{slos}")).unwrap();
        let validated = run(folder.path(), &["validate", "slo.yaml"]);
        assert_eq!(validated.status.code(), Some(0), "{slos}{}", text(&validated.stdout));
    }
}

#[test]
fn a_calendar_is_that_of_some_place() {
    let folder = tempdir().unwrap();
    for (zone, period, code) in
        [("Mars/Phobos", "month", 1), ("Mars/Phobos", "28d", 0), ("Europe/Berlin", "month", 0), ("UTC", "quarter", 0)]
    {
        let file = GOOD.replace("slos:", &format!("time_zone: {zone}\ndefaults: {{period: {period}}}\nslos:"));
        fs::write(folder.path().join("slo.yaml"), file).unwrap();
        let validated = run(folder.path(), &["validate", "slo.yaml"]);
        let said = text(&validated.stdout);
        assert_eq!(validated.status.code(), Some(code), "{zone} over {period}: {said}");
        assert_eq!(said.contains("slo.yaml:3:12"), code == 1, "{said}");
    }
}

#[test]
fn a_reader_who_leaves_early_is_no_failure() {
    let folder = tempdir().unwrap();
    let mut child = goodput(folder.path(), &["schema", "--of", "explain"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn colour_is_for_those_who_ask_for_it() {
    let folder = tempdir().unwrap();
    let path: PathBuf = folder.path().join("slo.yaml");
    fs::write(path, GOOD).unwrap();
    let escapes = |args: &[&str], no_color: Option<&str>| {
        let mut command = goodput(folder.path(), args);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let output = command.output().unwrap();
        output.stdout.contains(&0x1b) || output.stderr.contains(&0x1b)
    };
    for args in [&["explain", "slo.yaml"][..], &["validate", "slo.yaml"], &["--help"], &["explain", "missing.yaml"]] {
        assert!(!escapes(args, None), "{args:?} on a pipe");
        let always = [&["--color", "always"], args].concat();
        assert!(escapes(&always, None), "{always:?}");
        assert!(!escapes(&[&["--color=never"], args].concat(), None), "{args:?}");
    }
    assert!(!escapes(&["explain", "slo.yaml"], Some("1")));
}

#[test]
fn completions_are_there_for_five_shells() {
    let folder = tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(folder.path(), &["completions", shell]);
        assert!(output.status.success() && text(&output.stdout).contains("deny-warnings"), "{shell}");
    }
}
