//! `ekolopay completions`

use clap_complete::{Shell, generate};

use crate::exit::Code;
use crate::failure::Failure;
use crate::help;
use crate::output;

pub(crate) fn run(shell: Shell) -> Result<Code, Failure> {
    // In memory first: the generator panics when it cannot write.
    let mut script = Vec::new();
    generate(shell, &mut help::command(), "ekolopay", &mut script);
    output::write(&String::from_utf8_lossy(&script))?;
    Ok(Code::Done)
}
