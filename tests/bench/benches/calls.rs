//! A whole call over loopback, plain and TLS, beside the same two requests written by hand.

use std::process::ExitCode;

use ekolopay::purchase::PurchaseToken;
use ekolopay_bench::{ByHand, Gateway, KEPT_TOKEN, ORDER, Ours, Ratios, bench, say};

fn main() -> ExitCode {
    bench(are_kept)
}

fn are_kept() -> bool {
    // The gateway's threads inherit it. On several cores the scheduler's choice, where to run client and gateway,
    // weighs more than what either does.
    let core = core_affinity::get_core_ids().and_then(|cores| cores.first().copied());
    let pinned = core.is_some_and(core_affinity::set_for_current);
    say(if pinned { "client and gateway on one core" } else { "on any core: rounds will differ" });

    let mut ratios = Ratios::at_most("A whole call, ekolopay ÷ by hand", 1.05);
    let token: PurchaseToken = KEPT_TOKEN.parse().expect("a token");
    for (name, gateway) in [("plain", Gateway::plain()), ("TLS", Gateway::tls())] {
        let root = gateway.root.as_deref();
        let (ours, by_hand) = (Ours::new(&gateway.origin, root), ByHand::new(&gateway.origin, root));
        ratios.compare(
            &format!("check_payment, {name}"),
            || assert!(ours.check_payment(&token).expect("an answer")),
            || assert!(by_hand.check_payment(token.as_str()).expect("an answer")),
        );
        ratios.compare(
            &format!("create_purchase_token, {name}"),
            || assert_eq!(ours.create_purchase_token(&ORDER).expect("a token").as_str(), "string"),
            || assert_eq!(by_hand.create_purchase_token(&ORDER).expect("a token"), "string"),
        );
    }
    ratios.are_kept()
}
