//! Row 116: telephone numbers that decide how a payment ends, without a browser.

use std::thread;
use std::time::Duration;

use ekolopay_sandbox::{Inbox, Sandbox};

use crate::client::{is_paid, purchase, sent, settle, token_for, wait_until};

const PAY_AFTER: Duration = Duration::from_millis(500);

fn at(last: u32) -> (Inbox, Sandbox, String) {
    let inbox = Inbox::start().unwrap();
    let sandbox = Sandbox::builder().pay_after(PAY_AFTER).callback_url(inbox.url()).start().unwrap();
    let token = token_for(&sandbox, "customer", &format!(r#"{{"phone":"0600000{last:02}"}}"#));
    (inbox, sandbox, token)
}

/// What comes: whether check-payment says paid after it, and what the callback says. At the end, whether it is paid.
fn ends(last: u32, received: &[(bool, &str)], paid: bool) {
    let (inbox, sandbox, token) = at(last);
    assert!(!is_paid(&sandbox, &token));
    if last == 8 {
        wait_until("paid, and not yet announced", || is_paid(&sandbox, &token));
        assert!(inbox.recv_timeout(PAY_AFTER * 5).is_err());
    }
    for (then, expected) in received {
        let body = String::from_utf8(inbox.recv_timeout(Duration::from_secs(20)).unwrap()).unwrap();
        assert!(body.starts_with(&format!("purchaseToken={token}&paymentSuccessful={expected}&")), "{last}: {body}");
        thread::sleep(PAY_AFTER / 5);
        assert_eq!(is_paid(&sandbox, &token), *then, "{last}");
    }
    assert!(inbox.recv_timeout(PAY_AFTER * 3).is_err(), "{last}: nothing more comes");
    assert_eq!((is_paid(&sandbox, &token), sent(&sandbox).len()), (paid, received.len()), "{last}");
}

#[test]
fn each_number_ends_its_payment_by_itself() {
    let successful = (true, "true&status=SUCCESSFUL");
    thread::scope(|scope| {
        for (last, received, paid) in [
            (1, vec![(true, "true&status=SUCCESS")], true),
            (2, vec![successful], true),
            (3, vec![(false, "false&status=FAILED")], false),
            (4, vec![(false, "false&status=REJECTED")], false),
            (5, vec![(false, "false&status=TIMEOUT")], false),
            (6, vec![], true),
            (7, vec![successful, successful], true),
            (8, vec![successful], true),
            (9, vec![(false, "false&status=TIMEOUT")], true),
            (10, vec![(false, "true&status=SUCCESSFUL")], false),
            (11, vec![], false),
        ] {
            scope.spawn(move || ends(last, &received, paid));
        }
    });
}

#[test]
fn one_number_is_refused_for_the_merchants_sake_and_a_hand_comes_first() {
    let (_inbox, sandbox, token) = at(1);
    assert_eq!(settle(&sandbox, &token, "failed").status, 303);
    let refused = purchase(&sandbox, &[("customer", Some(r#"{"phone":"060000012"}"#))]);
    assert_eq!(refused.refusal(), "Numéro de marchand suspendu.");
    thread::sleep(PAY_AFTER * 2);
    assert!(!is_paid(&sandbox, &token) && sent(&sandbox).len() == 1, "the number comes too late");
}
