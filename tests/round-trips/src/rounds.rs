use std::error::Error;
use std::thread;
use std::time::Duration;

use ekolopay::purchase::PurchaseToken;
use ekolopay::verify::Verification;
use ekolopay_round_trips::{Cost, FarGateway};

pub(crate) const ROUNDS: usize = 5;

/// Both clients give a connection up after 3 s.
const IDLE: Duration = Duration::from_millis(3_200);

/// One line: what each call cost each client, round for round.
pub(crate) struct Measured {
    pub(crate) delay: Duration,
    pub(crate) calls: [Call; 3],
}

pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) ekolopay: Vec<Cost>,
    pub(crate) by_hand: Vec<Cost>,
}

/// Each round begins with two new clients, which take turns with each call and at being the first.
pub(crate) fn measure(delay: Duration) -> Result<Measured, Box<dyn Error>> {
    let far = FarGateway::tls(delay)?;
    let token: PurchaseToken = "940d4e9a".parse()?;
    let mut calls = ["first call", "second, within 3 s", "after 3 s idle"].map(|name| Call {
        name,
        ekolopay: Vec::new(),
        by_hand: Vec::new(),
    });
    for round in 0..ROUNDS {
        let (gateway, by_hand) = (far.gateway()?, far.by_hand());
        for (number, call) in calls.iter_mut().enumerate() {
            if number == 2 {
                thread::sleep(IDLE);
            }
            for turn in 0..2 {
                let ours = (round + turn) % 2 == 0;
                let (cost, paid) = far.cost(|| -> Result<bool, Box<dyn Error>> {
                    if ours {
                        return Ok(matches!(gateway.check_payment(&token)?, Verification::Paid(_)));
                    }
                    by_hand.check_payment(token.as_str())
                });
                if !paid? {
                    return Err("the order is not paid, at a gateway that says yes to every call".into());
                }
                if ours { &mut call.ekolopay } else { &mut call.by_hand }.push(cost);
            }
        }
    }
    Ok(Measured { delay, calls })
}
