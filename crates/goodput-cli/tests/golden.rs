//! Everything the command prints, as files: `TRYCMD=overwrite cargo test -p goodput-cli --test golden` writes them anew.

#[test]
fn the_command_prints_what_the_files_say() {
    // So that the commands name their files as people do.
    std::env::set_current_dir("tests/files").expect("the folder of the files");
    let cases = trycmd::TestCases::new();
    cases.env("NO_COLOR", "1").case("../cmd/*.trycmd");
}
