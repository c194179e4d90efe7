use std::collections::BTreeSet;
use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use crate::Outcome;
use crate::crates::{Crate, distinct};

/// All programs, in the order of the table: each is named by the crate that it is about, be it an SDK, or an HTTP client
/// on which the SDK's work is done by hand.
pub const PROGRAMS: [(&str, &str); 8] = [
    ("ekolopay", "SDK"),
    ("ureq", "by hand"),
    ("minreq", "by hand"),
    ("attohttpc", "by hand"),
    ("reqwest", "by hand"),
    ("async-stripe", "SDK"),
    ("paystack-rs", "SDK"),
    ("mtnmomo", "SDK"),
];

/// The program that the others are held against.
pub const BASE: &str = "ureq";

/// The profile of every build: Cargo's own, and stripped.
const PROFILE: [&str; 3] = ["--release", "--config", "profile.release.strip=true"];

/// One of [`PROGRAMS`], copied to a folder of its own, ready to be built.
#[derive(Debug)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: &'static str,
    folder: PathBuf,
}

impl Program {
    /// Copies the program to a folder of its name in this one, with the versions of the repository's lock file.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn lay_out((name, kind): (&'static str, &'static str), below: &Path) -> Outcome<Program> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let templates = repository.join("tests/footprint/programs");
        let folder = below.join(name);
        fs::create_dir_all(&folder)?;
        fs::copy(templates.join("by_hand.rs"), below.join("by_hand.rs"))?;
        fs::copy(templates.join(name).join("main.rs"), folder.join("main.rs"))?;
        let manifest = fs::read_to_string(templates.join(name).join("Cargo.toml"))?;
        // The one path in it is the way from there to the repository.
        let manifest = manifest.replace("../../../..", &repository.display().to_string());
        fs::write(folder.join("Cargo.toml"), manifest)?;
        // Cargo takes from it what the program needs, and adds the rest.
        fs::copy(repository.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Program { name, kind, folder })
    }

    /// What is compiled for the program, itself not counted: its dependencies, theirs, and those of their build scripts
    /// and macros. Cargo has then fetched all of them.
    ///
    /// # Errors
    ///
    /// When Cargo cannot get or join them.
    pub fn crates(&self) -> Outcome<BTreeSet<Crate>> {
        let mut tree = self.cargo("tree");
        let output = tree.args(["--edges", "normal,build", "--prefix", "none"]).stderr(Stdio::piped()).output()?;
        if !output.status.success() {
            return Err(format!(
                "the crates of `{}` are not to be had; they come from the registry, or from Cargo's cache of it:\n{}",
                self.name,
                String::from_utf8_lossy(&output.stderr).trim_end()
            )
            .into());
        }
        Ok(distinct(&String::from_utf8(output.stdout)?))
    }

    /// How long a release build takes with nothing built yet.
    ///
    /// # Errors
    ///
    /// When the build fails; Cargo has then said why.
    pub fn build(&self) -> Outcome<Duration> {
        let target = self.folder.join("target");
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        let mut build = self.cargo("build");
        build.args(["--frozen", "--quiet", "--target-dir"]).arg(&target).args(PROFILE);
        let start = Instant::now();
        let status = build.status()?;
        let time = start.elapsed();
        if !status.success() {
            return Err(format!("`{}` does not build", self.name).into());
        }
        let binary = target.join("release").join(format!("program{EXE_SUFFIX}"));
        fs::rename(&binary, self.binary()).map_err(|error| format!("no {} was built: {error}", binary.display()))?;
        fs::remove_dir_all(target)?;
        Ok(time)
    }

    /// The binary of the last build.
    pub fn binary(&self) -> PathBuf {
        self.folder.join(format!("program{EXE_SUFFIX}"))
    }

    fn cargo(&self, command: &str) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        // A wrapper such as sccache would make builds that are not clean; the others, builds that are not Cargo's own.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text == "CARGO_BUILD_TARGET" || text.ends_with("RUSTFLAGS") || text.starts_with("CARGO_PROFILE_") {
                cargo.env_remove(name);
            }
        }
        cargo.env("RUSTC_WRAPPER", "").arg(command).arg("--manifest-path").arg(self.folder.join("Cargo.toml"));
        cargo
    }
}
