//! The library's direct dependencies are the five, and no other.

use std::process::Command;

#[test]
fn the_direct_dependencies_are_the_five() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", "ekolopay", "--edges", "normal,build"])
        .args(["--depth", "1", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut names: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(names, ["form_urlencoded", "serde", "serde_json", "thiserror", "ureq"], "{text}{stderr}");
}
