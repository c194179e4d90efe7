//! The programs that are measured, built as this one is.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use escargot::CargoBuild;

use crate::{Cost, Result};

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `ekolopay-reconcile`.
    pub job: PathBuf,
    /// A loop over `check_payment`, and no more.
    pub plain: PathBuf,
    /// Who runs them, and tells what it took.
    pub measured: PathBuf,
}

impl Programs {
    /// Builds them, optimized if this program is.
    ///
    /// # Errors
    ///
    /// Cargo's.
    pub fn build() -> Result<Programs> {
        let build = |package: &str, bin: &str| -> Result<PathBuf> {
            let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
            let build = CargoBuild::new().manifest_path(manifest).package(package).bin(bin).arg("--locked");
            // What Cargo told this program of its own package: ring's build script would take it for a change.
            let ours = |name: &str| name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_");
            let told = env::vars_os().filter(|(name, _)| ours(&name.to_string_lossy()));
            let build = told.fold(build, |build, (name, _)| build.env_remove(name));
            let build = if cfg!(debug_assertions) { build } else { build.release() };
            Ok(build.run()?.path().to_owned())
        };
        Ok(Programs {
            job: build("ekolopay-reconcile", "ekolopay-reconcile")?,
            plain: build("ekolopay-growth", "plain")?,
            measured: build("ekolopay-growth", "measured")?,
        })
    }

    /// Runs a program with the given environment and nothing of the user's own credentials and proxies.
    ///
    /// # Errors
    ///
    /// When it cannot be run or fails: what it said.
    pub fn cost<A: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(&str, String)],
    ) -> Result<Cost> {
        let mut command = Command::new(&self.measured);
        for (name, _) in env::vars_os() {
            let lower = name.to_string_lossy().to_lowercase();
            if lower.starts_with("ekolopay_") || lower.ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        let ended = command
            .arg(program)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .output()?;
        if !ended.status.success() {
            return Err(String::from_utf8_lossy(&ended.stderr).into());
        }
        Ok(String::from_utf8(ended.stdout)?.parse()?)
    }
}
