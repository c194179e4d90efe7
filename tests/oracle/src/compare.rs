//! The SDK, through its public functions, and the oracle. Each function panics where the two differ, and otherwise
//! returns what both say; the error of an input is the field at fault.

use std::fmt::Debug;
use std::sync::LazyLock;

use ekolopay::callback::{Callback, Status};
use ekolopay::canned::Canned;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::{Reply, Request, Transport};
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Error, Gateway, GatewayBuilder, InvalidInput};
use ekolopay_test_kit::{API_CLIENT, KEPT_TOKEN, SECRET_KEY};
use url::{Host, Url};

use crate::callback::{self, Claim};
use crate::reply::{self, ExpectedError};
use crate::secret::SecretPattern;
use crate::{form, input};

static SECRET: LazyLock<SecretPattern> = LazyLock::new(|| SecretPattern::new(SECRET_KEY));

/// A callback's body.
pub fn callback(body: &[u8]) -> Result<Claim, &'static str> {
    let sdk = Callback::parse(body).map(|callback| Claim {
        token: callback.purchase_token().as_str().to_owned(),
        success: callback.claims_success(),
        status: status(callback.status()),
        message: callback.message().to_owned(),
    });
    same_verdict(sdk, callback::claim(body), form::pairs(body))
}

/// A reply to check-payment: whether the order is paid.
pub fn check_payment(status: u16, body: &[u8]) -> Result<bool, ExpectedError> {
    let sdk = gateway(Canned::new().reply(status, body)).check_payment(&kept_token()).map(|answer| match answer {
        Verification::Paid(paid) => {
            assert_eq!(paid.token().as_str(), KEPT_TOKEN);
            true
        }
        Verification::NotPaid => false,
    });
    same_answer(sdk, reply::check_payment(status, body), status, body)
}

/// A reply to purchase-token: the token.
pub fn purchase_token(status: u16, body: &[u8]) -> Result<String, ExpectedError> {
    let purchase = Purchase::new(150_000, Product::new("Iphone S"), Customer::new("066304925")).expect("a purchase");
    let sdk = gateway(Canned::new().reply(status, body)).create_purchase_token(&purchase).map(String::from);
    // A token goes to the customer's browser: it must not be the secret.
    let oracle = reply::purchase_token(status, body)
        .and_then(|token| if SECRET.occurs_in(&token) { Err(ExpectedError::Unexpected) } else { Ok(token) });
    same_answer(sdk, oracle, status, body)
}

/// A reply to the availability check.
pub fn availability(status: u16, body: &[u8]) -> Result<(), ExpectedError> {
    let reply = Reply::new(status, body);
    let gateway = gateway(move |_: &Request| Ok(reply.clone()));
    same_answer(gateway.check_availability(), reply::availability(status, body), status, body)
}

/// Whether a text is a token. If so, it is the second of two path segments of its payment page.
pub fn token(text: &str) -> bool {
    let sdk = PurchaseToken::new(text).map(|token| {
        assert_eq!(token.as_str(), text);
        let address = gateway(Canned::new()).payment_url(&token);
        assert_eq!(address, input::payment_page("https://ekolopay.com", text));
        let url = Url::parse(&address).expect("an address");
        let segments: Vec<&str> = url.path_segments().expect("a path").collect();
        let ["purchase-product", segment] = segments[..] else { panic!("other segments: {url}") };
        assert_eq!(urlencoding::decode(segment).expect("Unicode"), text);
        assert_eq!((url.query(), url.fragment(), url.as_str()), (None, None, address.as_str()));
    });
    let oracle = if input::is_token(text) { Ok(()) } else { Err(vec!["purchaseToken"]) };
    same_verdict(sdk, oracle, text).is_ok()
}

/// Whether a text is an origin of the gateway. If so, all addresses begin with it, and `http` stays on this machine.
pub fn origin(text: &str) -> bool {
    let canned = Canned::new();
    let built = builder().origin(text).transport(canned.clone()).build();
    let Some(origin) = input::origin(text) else {
        assert_eq!(built.expect_err(text).field(), "origin");
        return false;
    };
    let gateway = built.unwrap_or_else(|error| panic!("{text:?} is an origin: {error}"));
    assert_eq!(gateway.payment_url(&kept_token()), input::payment_page(&origin, KEPT_TOKEN));
    gateway.check_availability().expect("the canned gateway is in service");
    let asked = canned.requests()[0].url().to_owned();
    assert_eq!(asked, format!("{origin}/api/v1/gateway/check-payment?api_client={API_CLIENT}"));
    if origin.starts_with("http:") {
        let is_loopback = match Url::parse(&asked).expect("an address").host().expect("a host") {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        assert!(is_loopback, "the secret would leave this machine: {text:?}");
    }
    true
}

/// Whether two texts are credentials.
pub fn credentials(api_client: &str, secret_key: &str) -> Result<(), &'static str> {
    let sdk = Credentials::new(api_client, secret_key).map(|made| assert_eq!(made.api_client(), api_client));
    same_verdict(sdk, input::credentials(api_client, secret_key), (api_client, secret_key))
}

/// Whether these make a purchase.
pub fn purchase(amount: u64, label: &str, phone: &str) -> Result<(), &'static str> {
    let sdk = Purchase::new(amount, Product::new(label), Customer::new(phone)).map(|_| ());
    same_verdict(sdk, input::purchase(amount, label, phone), (amount, label, phone))
}

/// If several fields are at fault, the SDK may name any of them.
fn same_verdict<T: Debug + PartialEq>(
    sdk: Result<T, InvalidInput>,
    oracle: Result<T, Vec<&'static str>>,
    input: impl Debug,
) -> Result<T, &'static str> {
    match (sdk, oracle) {
        (Ok(sdk), Ok(oracle)) if sdk == oracle => Ok(sdk),
        (Err(invalid), Err(broken)) if broken.contains(&invalid.field()) => Err(invalid.field()),
        (sdk, oracle) => panic!("SDK {sdk:?}\noracle {oracle:?}\n{input:?}"),
    }
}

fn same_answer<T: Debug + PartialEq>(
    sdk: Result<T, Error>,
    oracle: Result<T, ExpectedError>,
    status: u16,
    body: &[u8],
) -> Result<T, ExpectedError> {
    use ExpectedError::{Refused, Unavailable, Unexpected};
    let redacted = |text: &str, longest| SECRET.redacted(text).chars().take(longest).collect::<String>();
    let oracle = oracle.map_err(|error| match error {
        Unavailable(message) => Unavailable(message.map(|message| redacted(&message, 1_000))),
        Refused(code, message) => Refused(code, redacted(&message, 1_000)),
        Unexpected => Unexpected,
    });
    let sdk = sdk.map_err(|error| match error {
        Error::Unavailable { message, .. } => Unavailable(Some(message)),
        Error::Refused { status: told, code, message, .. } => {
            assert_eq!(told, status);
            Refused(code, message)
        }
        Error::UnexpectedReply { status: told, ref excerpt, .. } => {
            assert_eq!((told, error.may_have_acted()), (status, true));
            let whole = String::from_utf8_lossy(&body[..body.len().min(65_536)]);
            assert_eq!(*excerpt, redacted(&whole, 200));
            Unexpected
        }
        other => panic!("{other:?} for HTTP {status}"),
    });
    match (&sdk, &oracle) {
        // The gateway gave no message, and the SDK writes one.
        (Err(Unavailable(Some(_))), Err(Unavailable(None))) => {}
        _ => assert_eq!(sdk, oracle, "SDK left, oracle right: HTTP {status}, {}", body.escape_ascii()),
    }
    oracle
}

fn builder() -> GatewayBuilder {
    Gateway::builder(Credentials::new(API_CLIENT, SECRET_KEY).expect("the documented credentials"))
}

fn gateway(transport: impl Transport + 'static) -> Gateway {
    builder().transport(transport).build().expect("a gateway")
}

fn kept_token() -> PurchaseToken {
    KEPT_TOKEN.parse().expect("a token")
}

/// A documented word must be a variant, and nothing else may be.
fn status(status: &Status) -> String {
    let text = status.as_str();
    let expected = match text {
        "SUCCESS" => Status::Success,
        "SUCCESSFUL" => Status::Successful,
        "FAILED" => Status::Failed,
        "REJECTED" => Status::Rejected,
        "TIMEOUT" => Status::Timeout,
        other => Status::Other(other.to_owned()),
    };
    assert_eq!(*status, expected);
    text.to_owned()
}
