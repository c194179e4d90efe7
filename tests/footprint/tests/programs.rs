//! The programs are fair: small, pinned, built alike, and those of the pair that is held to limits differ by the SDK.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use ekolopay_footprint::{BASE, Crate, PROGRAMS, Program};
use toml::{Table, Value};

fn read(path: PathBuf) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The versions that the repository's lock file has of each crate.
fn locked() -> BTreeSet<Crate> {
    let lock: Table = read(here("../../Cargo.lock")).parse().unwrap();
    let text = |package: &Value, key| package[key].as_str().unwrap().to_owned();
    let packages = lock["package"].as_array().unwrap().iter();
    packages.map(|package| Crate { name: text(package, "name"), version: text(package, "version") }).collect()
}

/// By its requirement, by its path, or because the lock file that is copied in has one version of it.
fn is_pinned(name: &str, dependency: &Value, locked: &BTreeSet<Crate>) -> bool {
    let requirement = dependency.as_str().or(dependency.get("version").and_then(Value::as_str)).unwrap_or("");
    requirement.starts_with('=')
        || dependency.get("path").is_some()
        || locked.iter().filter(|part| part.name == name).count() == 1
}

#[test]
fn every_program_is_a_package_of_its_own_with_pinned_dependencies_and_cargos_own_profile() {
    let locked = locked();
    let mut head = None;
    for (name, kind) in PROGRAMS {
        let mut manifest: Table = read(here("programs").join(name).join("Cargo.toml")).parse().unwrap();
        let dependencies = manifest.remove("dependencies").unwrap();
        let dependencies = dependencies.as_table().unwrap();
        assert!(dependencies.contains_key(name), "{name} is about another crate");
        for (dependency, value) in dependencies {
            assert!(is_pinned(dependency, value, &locked), "{name}: {dependency} may change from day to day");
        }
        assert_eq!(*head.get_or_insert(manifest.clone()), manifest, "{name} is built in another way");
        let code = read(here("programs").join(name).join("main.rs"));
        assert_eq!(code.contains("by_hand::check_payment"), kind == "by hand", "{name} does another work");
    }
    let manifest = head.unwrap();
    assert!(manifest.contains_key("workspace") && !manifest.contains_key("profile"), "{manifest:?}");
}

#[test]
fn by_hand_the_same_ureq_is_used_in_the_same_way() {
    let manifest = |path| read(here(path)).parse::<Table>().unwrap();
    let (sdk, by_hand) = (manifest("../../Cargo.toml"), manifest("programs/ureq/Cargo.toml"));
    let [sdks, hands] = [&sdk, &by_hand].map(|manifest| &manifest["dependencies"]["ureq"]);
    assert_eq!(hands["version"], sdks["version"]);
    assert_eq!(hands["default-features"], sdks["default-features"]);
    assert_eq!(sdk["features"]["default"], Value::from(vec!["name-cache", "rustls"]));
    assert_eq!(sdk["features"]["name-cache"], Value::Array(vec![]));
    assert_eq!(sdk["features"]["rustls"], Value::from(vec!["ureq/rustls"]));
    assert_eq!(hands["features"], Value::from(vec!["rustls"]));
}

/// The two whose size CI holds to the limits, in the versions that CI tests.
#[test]
fn the_sdk_is_three_crates_more_than_by_hand_and_all_are_locked() {
    let folder = tempfile::tempdir().unwrap();
    let crates_of = |wanted| {
        let program = PROGRAMS.into_iter().find(|(name, _)| *name == wanted).unwrap();
        Program::lay_out(program, folder.path()).unwrap().crates().unwrap()
    };
    let (sdk, by_hand) = (crates_of("ekolopay"), crates_of(BASE));
    let more: Vec<&str> = sdk.difference(&by_hand).map(|part| part.name.as_str()).collect();
    assert_eq!(more, ["ekolopay", "thiserror", "thiserror-impl"]);
    assert!(by_hand.is_subset(&sdk), "{:?}", by_hand.difference(&sdk));
    assert!(sdk.is_subset(&locked()), "{:?}", sdk.difference(&locked()));
}
