//! The documented bodies that the library offers are those of the documentation, byte for byte.

use ekolopay::canned;

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
