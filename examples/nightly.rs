//! A batch job to copy: checks each payment of a list on one thread, and appends a row for each that the gateway judged.
//!
//! ```sh
//! cargo run --example nightly -- orders.csv night-2026-11-30.csv
//! ```
//!
//! The list has one `order,token` per line, and no header. Start the same command again after a stop: it goes on where it
//! stopped. Give each night an output of its own. `ekolopay reconcile` does this with threads, waiting, and any list.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::{env, process};

use anyhow::{Context, Result, bail, ensure};
use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use ekolopay::{Error, Gateway};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [list, output] = &arguments[..] else { bail!("usage: nightly ORDERS.CSV ANSWERS.CSV") };
    let left = night(&Gateway::from_env()?, Path::new(list), Path::new(output))?;
    if left > 0 {
        eprintln!("{left} tokens have no answer, which does not mean \"not paid\". The same command asks again.");
        process::exit(1);
    }
    Ok(())
}

/// Returns how many tokens got no answer.
fn night(gateway: &Gateway, list: &Path, output: &Path) -> Result<usize> {
    let list = fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    let mut orders = Vec::new();
    for (number, line) in (1..).zip(list.lines()) {
        let (order, token) = line.rsplit_once(',').with_context(|| format!("line {number}: not order,token"))?;
        let token = PurchaseToken::new(token.trim()).with_context(|| format!("line {number}"))?;
        orders.push((order, token));
    }
    let distinct: HashSet<_> = orders.iter().map(|(_, token)| token).collect();
    ensure!(distinct.len() == orders.len(), "a token is there twice: one payment would settle both orders");

    let lines = orders.iter().map(|(order, token)| format!("{order},{token}")).collect();
    let (mut file, answered) = open(output, &lines)?;
    let (mut held, mut is_key_known, mut left) = (Vec::new(), false, 0);
    for (order, token) in orders.iter().filter(|(order, token)| !answered.contains(&format!("{order},{token}"))) {
        let outcome = match gateway.check_payment(token) {
            Ok(Verification::Paid(_)) => "paid",
            Ok(Verification::NotPaid) => "not_paid",
            Err(Error::Refused { .. }) => "refused",
            Err(error @ Error::Unavailable { .. }) => return Err(error.into()),
            Err(error) => {
                eprintln!("{order}: {error}");
                left += 1;
                continue;
            }
        };
        held.push(format!("{order},{token},{outcome}\n"));
        is_key_known |= outcome != "refused";
        // Ten refusals before any other answer: the key is wrong, rather than the tokens.
        ensure!(is_key_known || held.len() < 10, "the gateway refuses every token: is the key right?");
        if is_key_known {
            for row in held.drain(..) {
                file.write_all(row.as_bytes())?;
            }
        }
    }
    // Refusals alone say nothing about the tokens.
    Ok(left + held.len())
}

/// The output, and what of this list is in it. A last row that a kill has cut is dropped.
fn open(path: &Path, list: &HashSet<String>) -> Result<(File, HashSet<String>)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let mut text = fs::read_to_string(path)?;
    text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
    let line = |row: &str| row.rsplit_once(',').map_or(row, |(line, _)| line).to_owned();
    let answered: HashSet<String> = text.lines().map(line).collect();
    ensure!(answered.is_subset(list), "the output has rows that are not of this list: name another");
    file.set_len(text.len() as u64)?;
    Ok((file, answered))
}

#[cfg(test)]
mod tests {
    use ekolopay::Credentials;
    use ekolopay_sandbox::{Sandbox, Settlement};

    use super::*;

    #[test]
    fn a_night_goes_on_after_a_cut_row_and_a_wrong_key_writes_nothing() {
        let sandbox = Sandbox::start().unwrap();
        let folder = env::temp_dir().join(format!("nightly-{}", process::id()));
        fs::create_dir(&folder).unwrap();
        let (list, output) = (folder.join("orders.csv"), folder.join("night.csv"));
        let tokens: Vec<String> = (0..12).map(|_| sandbox.add_payment("Iphone S", 150_000)).collect();
        sandbox.settle(&tokens[1], Settlement::Paid);
        let lines: Vec<String> = tokens.iter().map(|token| format!("A, 1,{token}\n")).collect();
        fs::write(&list, lines.concat()).unwrap();
        let gateway = |key: &str| {
            Gateway::builder(Credentials::new("demo", key).unwrap()).origin(&sandbox.origin()).build().unwrap()
        };
        let wrong = night(&gateway("wrong"), &list, &output).unwrap_err();
        assert_eq!(wrong.to_string(), "the gateway refuses every token: is the key right?");
        assert_eq!(fs::read_to_string(&output).unwrap(), "");

        let rows: Vec<String> = lines.iter().map(|line| format!("{},not_paid\n", line.trim_end())).collect();
        fs::write(&output, format!("{}{}", rows[0], &rows[1][..20])).unwrap();
        assert_eq!(night(&gateway(ekolopay_sandbox::DEMO_SECRET_KEY), &list, &output).unwrap(), 0);
        let expected = rows.concat().replacen(&format!("{},not_paid", tokens[1]), &format!("{},paid", tokens[1]), 1);
        assert_eq!(fs::read_to_string(&output).unwrap(), expected);
        fs::write(&list, lines.concat().replacen('A', "B", 1)).unwrap();
        assert!(
            night(&gateway("any"), &list, &output).unwrap_err().to_string().ends_with("not of this list: name another")
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
