//! A long night: many tokens, a gateway in trouble, and a job that is killed again and again.

use std::collections::HashSet;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use ekolopay_sandbox::{Sandbox, Settlement, Trouble};
use fastrand::Rng;

use crate::support::Folder;

const TOKENS: usize = 20_000;
const UNKNOWN: usize = 100;
const KILLS: usize = 12;

#[test]
fn every_token_gets_exactly_one_row() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut chance = Rng::with_seed(seed);
    let trouble = Trouble { seed, error_pages: 0.025, cuts: 0.025, delays: 0.02, outages: 0.0004 };
    let sandbox = Sandbox::builder().trouble(trouble).start().unwrap();
    // In random order, and named after what is to be found. The gateway does not know some of the tokens.
    let mut list: Vec<String> = (0..UNKNOWN).map(|number| format!("refused of {number},unknown-{number}\n")).collect();
    for number in 0..TOKENS {
        let (token, is_paid) = (sandbox.add_payment("Iphone S", 150_000), chance.bool());
        if is_paid {
            sandbox.settle(&token, Settlement::Paid);
        }
        list.push(format!("{} of {number},{token}\n", if is_paid { "paid" } else { "not_paid" }));
    }
    chance.shuffle(&mut list);
    let folder = Folder::new(format!("order,token\n{}", list.concat()));

    let mut kills = 0;
    let code = loop {
        let mut program = folder.program(&sandbox.origin());
        program.args(["orders.csv", "--threads", "16", "--pause", "2ms"]);
        let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(chance.u64(1..800)));
        if kills == KILLS || child.try_wait().unwrap().is_some() {
            break child.wait().unwrap().code();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    };

    let rows = folder.rows();
    let (mut errors, mut tokens) = (0, HashSet::new());
    for [order, token, verdict, detail] in &rows {
        assert!(tokens.insert(token), "{token} has two rows");
        if verdict == "error" {
            errors += 1;
        } else {
            assert!(order.starts_with(&format!("{verdict} of ")), "{order} is {verdict}: {detail}");
        }
    }
    assert_eq!(rows.len(), TOKENS + UNKNOWN);
    assert_eq!(code, Some(1), "some are refused");
    assert!(errors < TOKENS / 100, "{errors} errors");
    assert!(kills > 0);
}
