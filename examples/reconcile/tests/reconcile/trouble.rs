//! The long night: many tokens, a gateway in trouble, and a job that is killed again and again.

use std::collections::HashMap;
use std::env;
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ekolopay_sandbox::{PaymentState, Sandbox, Settlement, Trouble};
use fastrand::Rng;

use crate::support::Folder;

const TOKENS: usize = 20_000;
const UNKNOWN: usize = 100;
const KILLS: usize = 12;

/// Set to repeat a run: the seed that it printed.
const SEED: &str = "EKOLOPAY_RECONCILE_SEED";

#[test]
fn every_token_ends_exactly_once_in_the_output() {
    let seed = env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().expect("a number"));
    println!("{SEED}={seed}");
    let mut chance = Rng::with_seed(seed);
    let trouble = Trouble { seed, error_pages: 0.025, cuts: 0.025, delays: 0.02, outages: 0.0004 };
    let sandbox = Sandbox::builder().trouble(trouble).start().expect("a sandbox");
    let folder = Folder::with(night(&sandbox, &mut chance));

    let (mut starts, mut kills, mut outages, mut no_answers) = (0, 0, 0, 0);
    let code = loop {
        starts += 1;
        assert!(starts < 1000, "{kills} kills, {outages} outages, {no_answers} without an answer");
        let mut program = folder.program(&sandbox.origin());
        program.args(["orders.csv", "--threads", "16", "--pause", "2ms"]);
        let child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program");
        let kill_at = (kills < KILLS).then(|| Instant::now() + Duration::from_millis(chance.u64(1..800)));
        match end(child, kill_at).code() {
            None => kills += 1,
            Some(3) => outages += 1,
            Some(4) => no_answers += 1,
            Some(code) => break code,
        }
    };

    let rows = folder.rows();
    let expected = expected(&sandbox);
    let (mut errors, mut refused) = (0, 0);
    let mut met = HashMap::new();
    for [order, token, outcome, detail] in &rows {
        assert_eq!(met.insert(token, order), None, "{token} stands there twice");
        assert_eq!(*order, format!("order of {token}"));
        match (outcome.as_str(), expected.get(token)) {
            ("error", _) => errors += 1,
            ("refused", None) => refused += 1,
            (outcome, Some(right)) => assert_eq!(outcome, *right, "{token}: {detail}"),
            (outcome, None) => panic!("{token} is unknown to the gateway, and {outcome}"),
        }
    }
    println!(
        "{starts} starts, {kills} kills, {outages} outages, {no_answers} without an answer: {} rows, {errors} of them \
         error, {refused} refused",
        rows.len()
    );
    assert_eq!(rows.len(), TOKENS + UNKNOWN);
    assert_eq!(code, 1, "some are refused");
    assert!(errors < TOKENS / 100, "{errors} errors");
    assert!(kills > 0 && outages > 0, "{kills} kills, {outages} outages");
}

/// The orders of a night, in any order, some of them with tokens that the gateway does not know.
fn night(sandbox: &Sandbox, chance: &mut Rng) -> String {
    let mut tokens: Vec<String> = (0..UNKNOWN).map(|number| format!("unknown-{number}")).collect();
    for _ in 0..TOKENS {
        let token = sandbox.add_payment("Iphone S", 150_000);
        match chance.u8(..4) {
            0 | 1 => sandbox.settle(&token, Settlement::Paid),
            2 => sandbox.settle(&token, Settlement::Rejected),
            _ => None,
        };
        tokens.push(token);
    }
    chance.shuffle(&mut tokens);
    let lines = tokens.iter().map(|token| format!("order of {token},{token}\n"));
    format!("order,token\n{}", lines.collect::<String>())
}

/// What the sandbox itself says became of each token.
fn expected(sandbox: &Sandbox) -> HashMap<String, &'static str> {
    let outcome = |state| if state == PaymentState::Settled(Settlement::Paid) { "paid" } else { "not_paid" };
    sandbox.payments().into_iter().map(|payment| (payment.token, outcome(payment.state))).collect()
}

/// Waits for the end of a start, or brings it about.
fn end(mut child: Child, kill_at: Option<Instant>) -> ExitStatus {
    while let Some(at) = kill_at {
        if let Some(status) = child.try_wait().expect("its state") {
            return status;
        }
        if Instant::now() >= at {
            child.kill().expect("killed");
            break;
        }
        thread::sleep(Duration::from_millis(2));
    }
    child.wait().expect("its end")
}
