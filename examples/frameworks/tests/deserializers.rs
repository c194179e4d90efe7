//! Which deserializers of forms keep the rules of a `Callback`, as its documentation says.

use ekolopay::callback::Callback;

const TWICE: [&str; 3] = [
    "purchaseToken=t&purchaseToken=u&paymentSuccessful=true&status=SUCCESS",
    "purchaseToken=t&paymentSuccessful=false&paymentSuccessful=true&status=SUCCESS",
    "purchaseToken=t&paymentSuccessful=true&status=SUCCESS&message=a&message=b",
];
const BRACKETS: &str = "purchaseToken[]=t&paymentSuccessful=true&status=SUCCESS";
const LATIN_1: &str = "purchaseToken=t&paymentSuccessful=&status=FAILED&message=Re%E7u";
const OTHER: [&str; 4] = [
    "purchaseToken=t&paymentSuccessful=true&status=SUCCESS&extra=1&extra=2&extra[]=3&=&&",
    "purchaseToken=t&paymentSuccessful=true&status=FAILED",
    "purchaseToken=%E9&paymentSuccessful=true&status=SUCCESS",
    "paymentSuccessful=true&status=SUCCESS",
];

fn parsed(form: &str) -> Result<Callback, String> {
    Callback::parse(form.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn serde_urlencoded_keeps_all_rules() {
    for form in TWICE.into_iter().chain([BRACKETS, LATIN_1]).chain(OTHER) {
        assert_eq!(serde_urlencoded::from_str(form).map_err(|error| error.to_string()), parsed(form), "{form}");
    }
}

#[test]
fn serde_html_form_keeps_the_rules_but_not_the_name_of_a_field_that_is_given_twice() {
    for form in [BRACKETS, LATIN_1].into_iter().chain(OTHER) {
        assert_eq!(serde_html_form::from_str(form).map_err(|error| error.to_string()), parsed(form), "{form}");
    }
    assert!(TWICE.into_iter().all(|form| serde_html_form::from_str::<Callback>(form).is_err()));
}

#[test]
fn serde_qs_breaks_the_rules() {
    for form in TWICE.into_iter().chain([BRACKETS]) {
        assert!(parsed(form).is_err() && serde_qs::from_str::<Callback>(form).is_ok(), "{form}");
    }
    assert_eq!(serde_qs::from_str::<Callback>(TWICE[0]).unwrap().purchase_token().as_str(), "u", "the last one");
    assert!(parsed(LATIN_1).is_ok() && serde_qs::from_str::<Callback>(LATIN_1).is_err(), "the callback is lost");
}
