//! A long night: many tokens, a gateway in trouble, and a job that is killed again and again.

use std::collections::{HashMap, HashSet};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use ekolopay_sandbox::{PaymentState, Sandbox, Settlement, Trouble};
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
    // In random order. The gateway does not know some of the tokens.
    let mut tokens: Vec<String> = (0..TOKENS).map(|_| sandbox.add_payment("Iphone S", 150_000)).collect();
    for token in tokens.iter().filter(|_| chance.bool()) {
        sandbox.settle(token, Settlement::Paid);
    }
    tokens.extend((0..UNKNOWN).map(|number| format!("unknown-{number}")));
    chance.shuffle(&mut tokens);
    let lines: String = tokens.iter().map(|token| format!("order of {token},{token}\n")).collect();
    let folder = Folder::new(format!("order,token\n{lines}"));

    let mut kills = 0;
    let code = loop {
        let mut program = folder.program(&sandbox.origin());
        program.args(["orders.csv", "--threads", "16", "--pause", "2ms"]);
        let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if kills < KILLS {
            thread::sleep(Duration::from_millis(chance.u64(1..800)));
            // It may have ended before.
            let _ = child.kill();
        }
        match child.wait().unwrap().code() {
            None => kills += 1,
            Some(code) => break code,
        }
    };

    let rows = folder.rows();
    let verdict = |state| if state == PaymentState::Settled(Settlement::Paid) { "paid" } else { "not_paid" };
    let expected = sandbox.payments().into_iter().map(|payment| (payment.token, verdict(payment.state)));
    let expected: HashMap<_, _> = expected.collect();
    let (mut errors, mut tokens) = (0, HashSet::new());
    for [order, token, verdict, detail] in &rows {
        assert!(tokens.insert(token), "{token} has two rows");
        assert_eq!(*order, format!("order of {token}"));
        match (verdict.as_str(), expected.get(token)) {
            ("error", _) => errors += 1,
            ("refused", None) => {}
            (verdict, Some(right)) => assert_eq!(verdict, *right, "{token}: {detail}"),
            (verdict, None) => panic!("the gateway does not know {token}, and it is {verdict}"),
        }
    }
    assert_eq!(rows.len(), TOKENS + UNKNOWN);
    assert_eq!(code, 1, "some are refused");
    assert!(errors < TOKENS / 100, "{errors} errors");
    assert!(kills > 0);
}
