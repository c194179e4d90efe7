//! The gateway of a run, the lists of its payments, and what must stand in the output for them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use ekolopay_sandbox::{DEMO_API_CLIENT, DEMO_SECRET_KEY, Outcome, Sandbox};

use crate::Result;

pub(crate) struct Gateway {
    sandbox: Sandbox,
    /// In the order of their numbers.
    tokens: Vec<String>,
}

impl Gateway {
    /// Of two payments one is paid.
    pub(crate) fn start(payments: u32) -> Result<Gateway> {
        let sandbox = Sandbox::start()?;
        let tokens = (0..payments).map(|number| {
            let token = sandbox.add_payment("Iphone S", 150_000);
            if is_paid(number) {
                sandbox.settle(&token, Outcome::Paid);
            }
            token
        });
        let tokens = tokens.collect();
        Ok(Gateway { sandbox, tokens })
    }

    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("EKOLOPAY_ORIGIN", self.sandbox.origin()),
            ("EKOLOPAY_API_CLIENT", DEMO_API_CLIENT.to_owned()),
            ("EKOLOPAY_SECRET_KEY", DEMO_SECRET_KEY.to_owned()),
        ]
    }

    /// Writes the first payments as the job reads them.
    pub(crate) fn list(&self, count: u32, path: &Path) -> Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        writeln!(file, "order,token")?;
        for (number, token) in (0..count).zip(&self.tokens) {
            writeln!(file, "order-{number},{token}")?;
        }
        Ok(file.flush()?)
    }

    /// Each of the first payments must stand in the output, once, with its own order and outcome.
    pub(crate) fn must_be_known(&self, count: u32, output: &Path) -> Result<()> {
        let tokens = (0..count).zip(&self.tokens);
        let mut missing: HashMap<&str, u32> = tokens.map(|(number, token)| (token.as_str(), number)).collect();
        for row in csv::Reader::from_path(output)?.records() {
            let row = row?;
            let token = row.get(1).unwrap_or_default();
            let number = missing.remove(token).ok_or_else(|| format!("twice, or unknown: {row:?}"))?;
            let outcome = if is_paid(number) { "paid" } else { "not_paid" };
            if row != [&format!("order-{number}"), token, outcome, ""][..] {
                return Err(format!("a wrong row: {row:?}").into());
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(format!("{} tokens have no row", missing.len()).into()) }
    }
}

fn is_paid(number: u32) -> bool {
    number % 2 == 0
}
