use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

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

/// The program as the first process of a container, which gets no signal that it does not ask for. Where that is refused,
/// it says so and returns `None`; with `FAULTS_ALL`, nothing may be left out. The command is that of `unshare`, which ends as
/// the program does.
pub fn as_pid_1(program: impl AsRef<OsStr>) -> Option<Command> {
    let unshare = |program: &OsStr| {
        let mut unshare = command("unshare");
        unshare.args(["--pid", "--fork", "--kill-child"]).arg(program);
        unshare
    };
    if unshare(OsStr::new("true")).output().is_ok_and(|output| output.status.success()) {
        return Some(unshare(program.as_ref()));
    }
    assert!(env::var_os("FAULTS_ALL").is_none(), "no PID namespace can be made");
    // Also shown for a test that passes.
    let _ = writeln!(io::stderr(), "left out: no PID namespace can be made");
    None
}

/// Sends SIGTERM to the program of `as_pid_1`, and returns its exit code, or `None` if it goes on.
pub fn terminate_pid_1(unshare: &mut Child) -> Option<i32> {
    let id = unshare.id();
    let program = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).expect("its children");
    assert!(Command::new("kill").args(["-TERM", program.trim()]).status().expect("kill").success());
    let ended = (0..200).find_map(|_| {
        thread::sleep(Duration::from_millis(100));
        unshare.try_wait().expect("its state")
    });
    if ended.is_none() {
        unshare.kill().expect("the end");
    }
    ended?.code()
}
