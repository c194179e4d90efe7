use std::env;
use std::ffi::OsStr;
use std::process::Command;

/// A program without the credentials and proxies of the person who runs the tests.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        if upper.starts_with("EKOLOPAY_") || upper.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command
}
