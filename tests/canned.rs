//! The documented bodies that the library offers are those of the documentation, byte for byte.

mod merchant;

use ekolopay::callback::{Callback, Status};
use ekolopay::canned::Canned;
use ekolopay::{Error, canned};
use merchant::{over, purchase, token};

#[test]
fn each_is_as_documented() {
    for (offered, documented) in [
        (canned::TOKEN, include_str!("fixtures/purchase-token.json")),
        (canned::PAID, include_str!("fixtures/check-payment-paid.json")),
        (canned::NOT_PAID, include_str!("fixtures/check-payment-not-paid.json")),
        (canned::REFUSED, include_str!("fixtures/check-payment-refused.json")),
        (canned::UNAVAILABLE, include_str!("fixtures/unavailable.json")),
    ] {
        assert_eq!(offered, documented.trim_end());
    }
}

#[test]
fn a_token_and_a_refusal_hold_any_text() {
    let gateway = over(
        Canned::new()
            .reply(200, canned::token_reply("first"))
            .reply(200, canned::token_reply("\\\"second$1"))
            .reply(200, canned::refusal("Numéro \"suspendu\"\n")),
    );
    for token in ["first", "\\\"second$1"] {
        assert_eq!(gateway.create_purchase_token(&purchase()).unwrap().as_str(), token);
    }
    let error = gateway.create_purchase_token(&purchase()).unwrap_err();
    assert!(
        matches!(&error, Error::Refused { code: 0, message, .. } if message == "Numéro \"suspendu\"\n"),
        "{error:?}"
    );
    assert_eq!(canned::token_reply("string"), canned::TOKEN);
    assert_eq!(canned::refusal("string"), canned::REFUSED);
}

#[test]
fn a_callback_is_what_the_gateway_posts() {
    for (status, claims_success, message) in [
        (Status::Success, true, "Paiement réussi."),
        (Status::Successful, true, "Paiement réussi."),
        (Status::Failed, false, "Le paiement a échoué."),
        (Status::Rejected, false, "Le paiement est rejeté."),
        (Status::Timeout, false, "Le temps d'attente de paiement est dépassé."),
        (Status::Other("En cours & plus".to_owned()), false, ""),
    ] {
        let body = canned::callback(&token(), &status);
        let callback = Callback::parse(&body).unwrap();
        assert_eq!((callback.purchase_token(), callback.status()), (&token(), &status));
        assert_eq!((callback.claims_success(), callback.message()), (claims_success, message));
    }
    let text = String::from_utf8(canned::callback(&token(), &Status::Failed)).unwrap();
    let expected = "purchaseToken=940d4e9aab5797e6055e1259b84a9875&paymentSuccessful=false&status=FAILED\
        &message=Le+paiement+a+%C3%A9chou%C3%A9.";
    assert_eq!(text, expected);
}
