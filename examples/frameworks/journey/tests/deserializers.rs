//! Which deserializers of forms keep the rules of a `Callback`, as its documentation says.

use axum::body::Body;
use axum::extract::FromRequest as _;
use axum::http::Request;
use ekolopay::callback::Callback;
use poem::FromRequest as _;

const TYPE: &str = "application/x-www-form-urlencoded";
const TWICE: [&str; 5] = [
    "purchaseToken=t&purchaseToken=t&paymentSuccessful=true&status=SUCCESS",
    "purchaseToken=t&purchaseToken=u&paymentSuccessful=true&status=SUCCESS",
    "purchaseToken=t&paymentSuccessful=false&paymentSuccessful=true&status=SUCCESS",
    "purchaseToken=t&paymentSuccessful=true&status=FAILED&status=SUCCESS",
    "purchaseToken=t&paymentSuccessful=true&status=SUCCESS&message=a&message=b",
];
const BRACKETS: &str = "purchaseToken[]=t&paymentSuccessful=true&status=SUCCESS";
const OTHER: [&str; 8] = [
    "purchaseToken=t&paymentSuccessful=1&status=SUCCESS&message=Paiement+r%C3%A9ussi.",
    "purchaseToken=t&paymentSuccessful=true&status=SUCCESS&extra=1&extra=2&extra[]=3&=&&",
    "purchaseToken=t&paymentSuccessful=&status=FAILED&message=Re%E7u",
    "purchaseToken=t&paymentSuccessful=true&status=FAILED",
    "purchaseToken=t&paymentSuccessful=true&status=%E9",
    "purchaseToken=%E9&paymentSuccessful=true&status=SUCCESS",
    "purchaseToken=&paymentSuccessful=true&status=SUCCESS",
    "paymentSuccessful=true&status=SUCCESS",
];

type Read = Result<Callback, String>;

fn parsed(form: &str) -> Read {
    Callback::parse(form.as_bytes()).map_err(|error| error.to_string())
}

/// The frameworks only write something before the error.
#[tokio::test]
async fn serde_urlencoded_and_the_forms_built_on_it_keep_all_rules() {
    for form in TWICE.into_iter().chain([BRACKETS]).chain(OTHER) {
        let parsed = parsed(form);
        let after = |prefix: &str| parsed.clone().map_err(|error| format!("{prefix}{error}"));
        assert_eq!(serde_urlencoded::from_str(form).map_err(|error| error.to_string()), parsed, "{form}");
        assert_eq!(by_axum(form).await, after("Failed to deserialize form body: "), "{form}");
        assert_eq!(by_poem(form).await, after("url decode: "), "{form}");
    }
}

#[tokio::test]
async fn serde_html_form_keeps_the_rules_but_not_the_name_of_a_field_that_is_given_twice() {
    for form in [BRACKETS].into_iter().chain(OTHER) {
        assert_eq!(by_serde_html_form(form), parsed(form), "{form}");
    }
    for form in TWICE {
        let ours = parsed(form).unwrap_err();
        assert_eq!(by_serde_html_form(form).unwrap_err(), "unsupported value", "{form}");
        // axum-extra tells where the error was.
        let field = ours.strip_suffix(" is given twice").unwrap();
        let by_axum_extra = by_axum_extra(form).await.unwrap_err();
        assert_eq!(by_axum_extra, format!("Failed to deserialize form body: {field}: unsupported value"), "{form}");
    }
}

/// By itself, and as in its extractors of forms.
#[test]
fn serde_qs_breaks_the_rules() {
    for config in [serde_qs::Config::new(), serde_qs::Config::new().use_form_encoding(true)] {
        let by_serde_qs = |form| config.deserialize_str::<Callback>(form);
        for form in TWICE.into_iter().chain([BRACKETS]) {
            assert!(parsed(form).is_err() && by_serde_qs(form).is_ok(), "{form}");
        }
        assert_eq!(by_serde_qs(TWICE[1]).unwrap().purchase_token().as_str(), "u", "the last one");
        let latin_1 = OTHER[2];
        assert!(parsed(latin_1).is_ok() && by_serde_qs(latin_1).is_err(), "the notification is lost");
    }
}

fn by_serde_html_form(form: &str) -> Read {
    serde_html_form::from_str(form).map_err(|error| error.to_string())
}

async fn by_axum(form: &str) -> Read {
    let read = axum::Form::from_request(request(form), &()).await;
    read.map(|form| form.0).map_err(|error| error.to_string())
}

async fn by_axum_extra(form: &str) -> Read {
    let read = axum_extra::extract::Form::from_request(request(form), &()).await;
    read.map(|form| form.0).map_err(|error| error.to_string())
}

async fn by_poem(form: &str) -> Read {
    let request = poem::Request::builder().method(poem::http::Method::POST).content_type(TYPE).body(form.to_owned());
    let (request, mut body) = request.split();
    let read = poem::web::Form::from_request(&request, &mut body).await;
    read.map(|form| form.0).map_err(|error| error.to_string())
}

fn request(form: &str) -> Request<Body> {
    Request::post("/").header("Content-Type", TYPE).body(Body::from(form.to_owned())).unwrap()
}
