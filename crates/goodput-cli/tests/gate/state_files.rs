//! State files: they say what their instance would, as old as they are, and whatever is not one is told.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use goodput_core::{Definition, Timeline};

use crate::command::Said;
use crate::services::Instance;

/// The only instance of a service, as a file defines it.
const SLO_FILE: &str = r#"version: 1
service: checkout
instances: single
slos:
  - {name: ok, sli: availability, objective: 99%, period: 1d, links: {runbook: "https://runbooks.example/ok"}}
"#;

fn definition() -> Definition {
    goodput_spec::read(&goodput_spec::Source::new("slo.yaml", SLO_FILE)).unwrap().definition
}

/// A folder with the SLO file, and the state of an instance of whose events so many of 1,000 were bad.
fn folder(bad_in_1000: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("slo.yaml"), SLO_FILE).unwrap();
    fs::write(at("other.yaml"), SLO_FILE.replace("checkout", "payments")).unwrap();
    fs::write(at("broken.yaml"), "version: 7").unwrap();
    let instance = Instance::new(definition()).hours(|_| (1_000 - bad_in_1000, bad_in_1000));
    fs::write(at("shop.state"), instance.goodput.memory().unwrap().as_bytes()).unwrap();
    folder
}

/// Runs the gate in the folder. What is said of so old a file is said of one an hour old as well, for a slow machine.
fn gate_in(folder: &Path, args: &[&str]) -> Said {
    let mut command = crate::command::command();
    command.current_dir(folder).args(["--max-age", "1h", "--risk", "low"]).args(args).output().unwrap().into()
}

#[test]
fn a_state_file_says_what_its_instance_would() {
    for (bad, code) in [(0, 0), (8, 4), (30, 1)] {
        let folder = folder(bad);
        let said = gate_in(folder.path(), &["--file", "slo.yaml", "shop.state"]);
        assert_eq!(said.code, code, "{bad} bad: {said:?}");
        let json = gate_in(folder.path(), &["--file", "slo.yaml", "--output", "json", "shop.state"]).json();
        assert_eq!((&json["sources"][0]["kind"], &json["decision"]["service"]), (&"file".into(), &"checkout".into()));
        assert!(crate::answers::gate_schema().is_valid(&json), "{json:#}");
    }
}

#[test]
fn a_file_that_was_written_long_ago_is_stale() {
    let folder = folder(0);
    let system = Timeline::system();
    let began = system.wall_at(system.now()) - Duration::from_secs(25 * 3_600 + 600);
    let instance = Instance::beginning_at(began, definition()).hours(|_| (1_000, 0));
    fs::write(folder.path().join("shop.state"), instance.goodput.memory().unwrap().as_bytes()).unwrap();
    let mut command = crate::command::command();
    command.current_dir(folder.path()).args(["--risk", "low", "--file", "slo.yaml", "shop.state"]);
    let said = Said::from(command.output().unwrap());
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.out.contains("the newest tick is 10m"), "{said:?}");
}

#[test]
fn a_copy_of_a_state_file_is_the_same_instance() {
    let folder = folder(0);
    let at = |name: &str| folder.path().join(name);
    fs::copy(at("shop.state"), at("copy.state")).unwrap();
    fs::hard_link(at("shop.state"), at("link.state")).unwrap();
    for other in ["copy.state", "link.state"] {
        let said = gate_in(
            folder.path(),
            &["--file", "slo.yaml", "--expect-replicas", "2", "--output", "json", "shop.state", other],
        );
        assert_eq!(said.code, 3, "{other}: {said:?}");
        assert_eq!(said.json()["sources"][1]["problem"]["code"], "same_instance");
        assert_eq!(said.json()["decision"]["replicas"], serde_json::json!({"seen": 1, "expected": 2}));
    }
}

#[test]
fn an_address_and_the_state_file_of_its_instance_are_the_same_instance() {
    let folder = folder(0);
    let instance = Instance::new(definition()).hours(|_| (1_000, 0));
    let url = instance.serve();
    fs::write(folder.path().join("own.state"), instance.goodput.memory().unwrap().as_bytes()).unwrap();
    let gate = |state: &str| {
        let files = ["--file", "slo.yaml", "--expect-replicas", "2", "--output", "json", &url, state];
        gate_in(folder.path(), &files).json()
    };
    assert_eq!(gate("own.state")["sources"][1]["problem"]["code"], "same_instance");
    let other = gate("shop.state");
    assert_eq!((&other["sources"][1]["problem"], &other["decision"]["replicas"]["seen"]), (&().into(), &2.into()));
}

#[test]
fn what_is_no_state_file_is_told_as_what_it_is() {
    let folder = folder(0);
    let at = |name: &str| folder.path().join(name);
    let good = fs::read(at("shop.state")).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(at(name), bytes).unwrap();
    write("empty.state", b"");
    write("half.state", &good[..good.len() / 2]);
    let mut flipped = good.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    write("flipped.state", &flipped);
    File::create(at("huge.state")).unwrap().set_len((16 << 20) + 1).unwrap();
    File::create(at("endless.state")).unwrap().set_len(1 << 40).unwrap();
    std::os::unix::fs::symlink("shop.state", at("link.state")).unwrap();
    assert!(Command::new("mkfifo").arg(at("pipe.state")).status().unwrap().success());
    for (file, code, message) in [
        ("missing.state", "unreachable", "No such file or directory"),
        ("empty.state", "bad_file", "state of 0 bytes"),
        ("half.state", "bad_file", "bytes: expected"),
        ("flipped.state", "bad_file", "damaged state"),
        ("huge.state", "too_long", "longer than 16777216 bytes"),
        ("endless.state", "too_long", "longer than 16777216 bytes"),
        ("slo.yaml", "bad_file", "no state of goodput"),
        ("link.state", "bad_file", "is a symbolic link: expected a state file"),
        ("pipe.state", "bad_file", "is a pipe: expected a state file"),
        (".", "bad_file", "is a directory: expected a state file"),
        ("/dev/zero", "bad_file", "is a device: expected a state file"),
    ] {
        let said = gate_in(folder.path(), &["--file", "slo.yaml", "--output", "json", file]);
        assert_eq!(said.code, 3, "{file}: {said:?}");
        let problem = &said.json()["sources"][0]["problem"];
        assert_eq!(problem["code"], code, "{file}: {problem}");
        assert!(problem["message"].as_str().unwrap().contains(message), "{file}: {problem}");
        let code = if code == "unreachable" { 0 } else { 3 };
        let told = gate_in(folder.path(), &["--file", "slo.yaml", "--on-no-data", "approve", file]);
        assert_eq!(told.code, code, "{file}: {told:?}");
    }
    let other = gate_in(folder.path(), &["--file", "other.yaml", "shop.state"]);
    assert_eq!(other.code, 3);
    assert!(
        other.out.contains("is of service \"checkout\": expected \"payments\", which the SLO file is of"),
        "{other:?}"
    );
    assert_eq!(gate_in(folder.path(), &["--file", "broken.yaml", "shop.state"]).code, 2);
    assert_eq!(gate_in(folder.path(), &["--file", "missing.yaml", "shop.state"]).code, 2);
    assert_eq!(gate_in(folder.path(), &["shop.state"]).code, 2);
}
