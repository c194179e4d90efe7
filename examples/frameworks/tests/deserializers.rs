//! Which deserializers of forms keep the rules of a `Callback`, as its documentation says.

use ekolopay::callback::Callback;

/// Forms, and whether `serde_urlencoded`, `serde_html_form` and `serde_qs` make of each what `Callback::parse` makes of it.
const FORMS: [(&str, [bool; 3]); 9] = [
    ("purchaseToken=t&paymentSuccessful=true&status=SUCCESS&extra=1&extra=2&extra[]=3&=&&", [true, true, true]),
    ("purchaseToken=t&paymentSuccessful=true&status=FAILED", [true, true, true]),
    ("purchaseToken=%E9&paymentSuccessful=true&status=SUCCESS", [true, true, false]),
    ("paymentSuccessful=true&status=SUCCESS", [true, true, true]),
    ("purchaseToken=t&paymentSuccessful=&status=FAILED&message=Re%E7u", [true, true, false]),
    ("purchaseToken[]=t&paymentSuccessful=true&status=SUCCESS", [true, true, false]),
    // A key that is given twice: serde_html_form refuses it without its name, serde_qs takes the last one.
    ("purchaseToken=t&purchaseToken=u&paymentSuccessful=true&status=SUCCESS", [true, false, false]),
    ("purchaseToken=t&paymentSuccessful=false&paymentSuccessful=true&status=SUCCESS", [true, false, false]),
    ("purchaseToken=t&paymentSuccessful=true&status=SUCCESS&message=a&message=b", [true, false, false]),
];

#[test]
fn serde_urlencoded_keeps_all_rules_serde_html_form_nearly_all_and_serde_qs_does_not() {
    for (form, as_parsed) in FORMS {
        let parsed = Callback::parse(form.as_bytes()).map_err(|error| error.to_string());
        let html_form = serde_html_form::from_str(form).map_err(|error| error.to_string());
        assert_eq!(html_form.is_ok(), parsed.is_ok(), "{form}");
        let urlencoded = serde_urlencoded::from_str(form).map_err(|error| error.to_string());
        let qs = serde_qs::from_str(form).map_err(|error| error.to_string());
        assert_eq!([urlencoded, html_form, qs].map(|read| read == parsed), as_parsed, "{form}");
    }
}
