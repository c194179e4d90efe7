//! The SDK, through its public functions, beside the oracle: each function here panics where the two differ, and
//! else gives back what both say.

use std::fmt::Debug;
use std::sync::LazyLock;

use ekolopay::callback::{Callback, Status};
use ekolopay::canned::Canned;
use ekolopay::purchase::{Customer, Product, Purchase, PurchaseToken};
use ekolopay::transport::{Endpoint, Reply, Request};
use ekolopay::verify::Verification;
use ekolopay::{Credentials, Delivery, Error, Gateway, InvalidInput};
use url::Url;

use crate::callback::{self, Claim};
use crate::reply::{self, Failure};
use crate::secret::Secret;
use crate::{form, input};

/// The documentation's own.
const API_CLIENT: &str = "demo";
const SECRET_KEY: &str = "054e9a59-ab57-4e9a-940d-97e6b940d875";
const TOKEN: &str = "940d4e9aab5797e6055e1259b84a9875";

static SECRET: LazyLock<Secret> = LazyLock::new(|| Secret::new(SECRET_KEY));

/// A callback's body: what it claims, or the key that the SDK names.
///
/// # Errors
///
/// The key at fault.
///
/// # Panics
///
/// Where the SDK and the oracle differ.
pub fn callback(body: &[u8]) -> Result<Claim, &'static str> {
    let parsed = Callback::parse(body).map(|callback| Claim {
        token: callback.purchase_token().as_str().to_owned(),
        success: callback.claims_success(),
        status: status(callback.status()),
        message: callback.message().to_owned(),
    });
    named(parsed, callback::callback(body), || form::pairs(body))
}

/// A reply to check-payment: paid or not.
///
/// # Errors
///
/// Every other outcome.
///
/// # Panics
///
/// Where the SDK and the oracle differ, and when the proof speaks of another token.
pub fn check_payment(status: u16, body: &[u8]) -> Result<bool, Failure> {
    let verified = gateway(status, body).check_payment(&token_of(TOKEN)).map(|verification| match verification {
        Verification::Paid(paid) => {
            assert_eq!(paid.token().as_str(), TOKEN);
            true
        }
        Verification::NotPaid => false,
    });
    answered(verified, reply::check_payment(status, body), status, body)
}

/// A reply to purchase-token: the token.
///
/// # Errors
///
/// Every other outcome.
///
/// # Panics
///
/// Where the SDK and the oracle differ.
pub fn purchase_token(status: u16, body: &[u8]) -> Result<String, Failure> {
    let purchase = Purchase::new(150_000, Product::new("Iphone S"), Customer::new("066304925")).expect("a purchase");
    let created = gateway(status, body).create_purchase_token(&purchase).map(|token| token.as_str().to_owned());
    // A token goes to the customer's browser: it must not be the secret.
    let expected = reply::purchase_token(status, body)
        .and_then(|token| if SECRET.occurs_in(&token) { Err(Failure::Unexpected) } else { Ok(token) });
    answered(created, expected, status, body)
}

/// A reply to the availability check.
///
/// # Errors
///
/// The gateway is not in service.
///
/// # Panics
///
/// Where the SDK and the oracle differ.
pub fn availability(status: u16, body: &[u8]) -> Result<(), Failure> {
    let reply = Reply::new(status, body);
    let gateway = Gateway::builder(demo()).transport(move |_: &Request| Ok(reply.clone())).build().expect("a gateway");
    answered(gateway.check_availability(), reply::availability(status, body), status, body)
}

/// Whether a text is a token. The payment page of one must have it as the second of two path segments.
///
/// # Panics
///
/// Where the SDK and the oracle differ.
pub fn token(text: &str) -> bool {
    let broken = if input::is_token(text) { vec![] } else { vec!["purchaseToken"] };
    let Ok(token) = named(PurchaseToken::new(text), rule(broken, || token_of(text)), || text) else {
        return false;
    };
    assert_eq!(token.as_str(), text);
    let address = Gateway::builder(demo()).transport(Canned::new()).build().expect("a gateway").payment_url(&token);
    assert_eq!(address, input::payment_page("https://ekolopay.com", text));
    let url = Url::parse(&address).expect("an address");
    let segments: Vec<&str> = url.path_segments().expect("a path").collect();
    let ["purchase-product", segment] = segments[..] else { panic!("other segments: {url}") };
    assert_eq!(urlencoding::decode(segment).expect("Unicode"), text);
    assert_eq!((url.query(), url.fragment(), url.as_str()), (None, None, address.as_str()));
    true
}

/// Whether a text is the gateway's origin. All addresses must begin with it, and be at home where it says `http`.
///
/// # Panics
///
/// Where the SDK and the oracle differ.
pub fn origin(text: &str) -> bool {
    let canned = Canned::new();
    let built = Gateway::builder(demo()).origin(text).transport(canned.clone()).build();
    let Some(origin) = input::origin(text) else {
        let Err(Error::Invalid(invalid)) = built else { panic!("{text:?} is no origin: {built:?}") };
        assert_eq!(invalid.field(), "origin");
        return false;
    };
    let gateway = built.unwrap_or_else(|error| panic!("{text:?} is an origin: {error}"));
    assert_eq!(gateway.payment_url(&token_of(TOKEN)), input::payment_page(&origin, TOKEN));
    gateway.check_availability().expect("the canned gateway is in service");
    let asked = canned.requests()[0].url().to_owned();
    assert_eq!(asked, format!("{origin}/api/v1/gateway/check-payment?api_client={API_CLIENT}"));
    if origin.starts_with("http:") {
        let at_home = match Url::parse(&asked).expect("an address").host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        assert!(at_home, "the secret would leave this machine: {text:?}");
    }
    true
}

/// Whether two texts are credentials.
///
/// # Errors
///
/// The field at fault.
///
/// # Panics
///
/// Where the SDK and the oracle differ.
pub fn credentials(api_client: &str, secret_key: &str) -> Result<(), &'static str> {
    let broken = input::broken_credentials(api_client, secret_key);
    let made = Credentials::new(api_client, secret_key).map(|made| assert_eq!(made.api_client(), api_client));
    named(made, rule(broken, || ()), || (api_client, secret_key.len()))
}

/// Whether these make an order.
///
/// # Errors
///
/// The field at fault.
///
/// # Panics
///
/// Where the SDK and the oracle differ.
pub fn purchase(amount: u64, label: &str, product_amount: Option<u64>, phone: &str) -> Result<(), &'static str> {
    let product = product_amount.into_iter().fold(Product::new(label), Product::amount);
    let made = Purchase::new(amount, product, Customer::new(phone)).map(|_| ());
    let broken = input::broken_purchase(amount, label, product_amount, phone);
    named(made, rule(broken, || ()), || (amount, label, product_amount, phone))
}

fn rule<T>(broken: Vec<&'static str>, value: impl FnOnce() -> T) -> Result<T, Vec<&'static str>> {
    if broken.is_empty() { Ok(value()) } else { Err(broken) }
}

/// Of several fields at fault the SDK may name any.
fn named<T: Debug + PartialEq, I: Debug>(
    sdk: Result<T, InvalidInput>,
    oracle: Result<T, Vec<&'static str>>,
    input: impl Fn() -> I,
) -> Result<T, &'static str> {
    match (sdk, oracle) {
        (Ok(sdk), Ok(oracle)) => {
            assert_eq!(sdk, oracle, "{:?}", input());
            Ok(sdk)
        }
        (Err(invalid), Err(broken)) if broken.contains(&invalid.field()) => Err(invalid.field()),
        (sdk, oracle) => panic!("SDK {sdk:?}\noracle {oracle:?}\n{:?}", input()),
    }
}

fn answered<T: Debug + PartialEq>(
    sdk: Result<T, Error>,
    oracle: Result<T, Failure>,
    status: u16,
    body: &[u8],
) -> Result<T, Failure> {
    let redacted = |text: &str, longest| SECRET.redacted(text).chars().take(longest).collect::<String>();
    let oracle = oracle.map_err(|failure| match failure {
        Failure::Unavailable(message) => Failure::Unavailable(message.map(|message| redacted(&message, 1_000))),
        Failure::Refused(code, message) => Failure::Refused(code, redacted(&message, 1_000)),
        Failure::Unexpected => Failure::Unexpected,
    });
    let sdk = sdk.map_err(|error| match error {
        Error::Unavailable { message, .. } => Failure::Unavailable(Some(message)),
        Error::Refused { status: told, code, message, .. } => {
            assert_eq!(told, status);
            Failure::Refused(code, message)
        }
        Error::UnexpectedReply { status: told, ref excerpt, .. } => {
            assert_eq!((told, error.delivery()), (status, Delivery::Answered));
            let whole = String::from_utf8_lossy(&body[..body.len().min(65_536)]);
            assert_eq!(*excerpt, redacted(&whole, 200));
            Failure::Unexpected
        }
        other => panic!("{other:?} for HTTP {status}"),
    });
    match (&sdk, &oracle) {
        // The gateway had no words of its own, and the SDK finds some.
        (Err(Failure::Unavailable(Some(_))), Err(Failure::Unavailable(None))) => {}
        _ => assert_eq!(sdk, oracle, "SDK left, oracle right: HTTP {status}, {}", body.escape_ascii()),
    }
    oracle
}

/// A gateway in service that answers every call so.
fn gateway(status: u16, body: &[u8]) -> Gateway {
    let reply = Reply::new(status, body);
    let transport = move |request: &Request| match request.endpoint() {
        Endpoint::Availability => Ok(Reply::new(200, "{}")),
        _ => Ok(reply.clone()),
    };
    Gateway::builder(demo()).transport(transport).build().expect("a gateway")
}

fn demo() -> Credentials {
    Credentials::new(API_CLIENT, SECRET_KEY).expect("the documented credentials")
}

fn token_of(text: &str) -> PurchaseToken {
    PurchaseToken::new(text).expect("a token")
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
