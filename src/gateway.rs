use std::sync::Arc;

use crate::availability;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::invalid::InvalidInput;
use crate::origin::Origin;
use crate::purchase::{self, Purchase};
use crate::reply::{Envelope, Failure};
use crate::token::PurchaseToken;
use crate::transport::{Bytes, Endpoint, LONGEST_REPLY, Reply, Request, Transport, TransportError};
use crate::verify::{self, Verification};

mod builder;

pub use builder::GatewayBuilder;

/// The longest text of the gateway in an error, in characters.
const LONGEST_MESSAGE: usize = 1_000;

/// The longest excerpt of an unexpected reply, in characters.
const LONGEST_EXCERPT: usize = 200;

/// A client for the gateway. Every call blocks until it is answered or times out.
///
/// A clone is cheap and shares connections; one gateway can serve every thread. Make one and keep it: its connections
/// stay open for 3 s between calls, and its name is looked up at most once a minute ([names](crate#names)).
///
/// ```no_run
/// use ekolopay::Gateway;
/// use ekolopay::purchase::{Customer, Product, Purchase};
///
/// let gateway = Gateway::from_env()?;
/// let purchase = Purchase::new(150_000, Product::new("Iphone S"), Customer::new("066304925"))?;
/// let token = gateway.create_purchase_token(&purchase)?;
/// // Store the token with the order, then redirect the customer's browser:
/// println!("Location: {}", gateway.payment_url(&token));
/// # Ok::<(), ekolopay::Error>(())
/// ```
///
/// A gateway that was used in one process does not send in another: a program that forks builds one after the fork.
#[derive(Debug, Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    credentials: Credentials,
    origin: Origin,
    purchase_token_url: Arc<str>,
    check_payment_url: Arc<str>,
    transport: Box<dyn Transport>,
    proxy: Option<String>,
}

impl Gateway {
    /// A client for `https://ekolopay.com` with the default settings.
    ///
    /// # Errors
    ///
    /// The variable of a [proxy](crate#proxies) that can't be used.
    pub fn new(credentials: Credentials) -> Result<Gateway, InvalidInput> {
        GatewayBuilder::new(credentials).build()
    }

    /// A client configured by the environment: `EKOLOPAY_API_CLIENT`, `EKOLOPAY_SECRET_KEY`, and `EKOLOPAY_ORIGIN` if
    /// it is set and not empty.
    ///
    /// To add a timeout or another setting, start with [`GatewayBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// The variable that is missing or breaks a rule.
    pub fn from_env() -> Result<Gateway, InvalidInput> {
        GatewayBuilder::from_env()?.build()
    }

    /// Starts from the default settings.
    pub fn builder(credentials: Credentials) -> GatewayBuilder {
        GatewayBuilder::new(credentials)
    }

    /// Asks whether the gateway is in service: one request, never repeated, without the secret.
    ///
    /// Every call already does this first. Use it to show a shop's customers whether they can pay.
    /// Documentation: « NOTEZ BIEN ».
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Transport`]. The gateway [has not acted](Error::may_have_acted).
    pub fn check_availability(&self) -> Result<(), Error> {
        let reply = self.exchange(Endpoint::Availability, availability::FORM.to_vec());
        let reply = reply.map_err(TransportError::in_check)?;
        availability::message_of_check(&reply).map_or(Ok(()), |message| Err(self.unavailable(&reply, &message)))
    }

    /// Creates the token of an order. Documentation: step 1, « Créer un token d'achat ».
    ///
    /// A failed call is not repeated here; its caller [may repeat it](Error). Each success makes another token that can
    /// be paid: send the customer to one only.
    ///
    /// # Errors
    ///
    /// See [errors](crate#errors). [Above](Gateway) is an example.
    pub fn create_purchase_token(&self, purchase: &Purchase) -> Result<PurchaseToken, Error> {
        let secret = self.inner.credentials.secret_key();
        let body = purchase::encode(purchase, secret);
        self.call(Endpoint::PurchaseToken, body, |api_data| purchase::decode(api_data, secret))
    }

    /// The page on which the customer pays. Documentation: step 2, « Rediriger vers la plateforme de paiement ».
    ///
    /// Redirect the customer's browser there; the shop itself does not fetch it. [An example](crate#the-five-steps-of-a-payment).
    pub fn payment_url(&self, token: &PurchaseToken) -> String {
        self.inner.origin.payment_url(token)
    }

    /// Asks whether the order with this token is paid. Documentation: step 4, « Vérifier le paiement ».
    ///
    /// Pass the token that was stored with the order, not one from a request.
    ///
    /// # Errors
    ///
    /// See [errors](crate#errors). An error says nothing about the payment: check again.
    ///
    /// ```
    /// # use ekolopay::canned::{Canned, NOT_PAID};
    /// # let credentials = ekolopay::Credentials::new("demo", "a-secret-key")?;
    /// # let canned = Canned::new().reply(200, NOT_PAID);
    /// # let gateway = ekolopay::Gateway::builder(credentials).transport(canned).build()?;
    /// # let token = "940d4e9a".parse()?;
    /// use ekolopay::verify::Verification;
    ///
    /// match gateway.check_payment(&token)? {
    ///     Verification::Paid(paid) => println!("ship the order of {}", paid.token()),
    ///     Verification::NotPaid => println!("not paid, or not yet: the order stays open"),
    /// }
    /// # Ok::<(), ekolopay::Error>(())
    /// ```
    pub fn check_payment(&self, token: &PurchaseToken) -> Result<Verification, Error> {
        let body = verify::encode(token, self.inner.credentials.secret_key());
        self.call(Endpoint::CheckPayment, body, |api_data| verify::decode(api_data, token))
    }

    /// Host and port of the [proxy](crate#proxies) in use, without its user and password. `None` with a
    /// [transport](GatewayBuilder::transport) of one's own, too.
    pub fn proxy(&self) -> Option<&str> {
        self.inner.proxy.as_deref()
    }

    fn assemble(
        credentials: Credentials,
        origin: Origin,
        transport: Box<dyn Transport>,
        proxy: Option<String>,
    ) -> Gateway {
        let url = |path| origin.api_url(path, credentials.api_client()).into();
        let (purchase_token_url, check_payment_url) = (url("purchase-token"), url("check-payment"));
        let inner = Inner { credentials, origin, purchase_token_url, check_payment_url, transport, proxy };
        Gateway { inner: Arc::new(inner) }
    }

    /// Check, send, decode.
    fn call<T>(
        &self,
        endpoint: Endpoint,
        body: Vec<u8>,
        decode: impl FnOnce(&str) -> Result<T, Failure>,
    ) -> Result<T, Error> {
        self.check_availability()?;
        let reply = self.exchange(endpoint, body)?;
        let envelope = Envelope::read(&reply);
        if let Some(message) = availability::message_of_outage(&envelope) {
            return Err(self.unavailable(&reply, &message));
        }
        envelope.api_data(&reply).and_then(decode).map_err(|failure| self.failed(&reply, failure))
    }

    fn exchange(&self, endpoint: Endpoint, body: Vec<u8>) -> Result<Reply, TransportError> {
        let url = match endpoint {
            Endpoint::PurchaseToken => &self.inner.purchase_token_url,
            Endpoint::Availability | Endpoint::CheckPayment => &self.inner.check_payment_url,
        };
        let request = Request { endpoint, url: Arc::clone(url), body: Bytes(body) };
        self.inner.transport.send(&request)
    }

    fn unavailable(&self, reply: &Reply, message: &str) -> Error {
        Error::Unavailable { status: reply.status(), message: self.text(message, LONGEST_MESSAGE) }
    }

    fn failed(&self, reply: &Reply, failure: Failure) -> Error {
        let status = reply.status();
        match failure {
            Failure::Refused(code, message) => {
                Error::Refused { status, code, message: self.text(&message, LONGEST_MESSAGE) }
            }
            Failure::Unexpected(reason) => {
                let read = &reply.body()[..reply.body().len().min(LONGEST_REPLY)];
                let excerpt = self.text(&String::from_utf8_lossy(read), LONGEST_EXCERPT);
                Error::UnexpectedReply { status, reason, excerpt }
            }
        }
    }

    /// Every text from a reply goes through here: first the secret is removed, then the text is cut.
    fn text(&self, text: &str, longest: usize) -> String {
        self.inner.credentials.redact(text).chars().take(longest).collect()
    }
}
