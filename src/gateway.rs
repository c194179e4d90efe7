use std::sync::Arc;

use crate::availability;
use crate::credentials::Credentials;
use crate::error::{Error, InvalidInput};
use crate::origin::Origin;
use crate::purchase::{self, Purchase};
use crate::reply::{ApiData, Envelope, Failure};
use crate::token::PurchaseToken;
use crate::transport::{Bytes, Endpoint, LONGEST_REPLY, Reply, Request, Transport};
use crate::verify::{self, Verification};

mod builder;

pub use builder::GatewayBuilder;

/// The longest text of the gateway in an error, in characters.
const LONGEST_MESSAGE: usize = 1_000;

/// The longest excerpt of an unexpected reply, in characters.
const LONGEST_EXCERPT: usize = 200;

/// A client of the gateway. Every call blocks until it is answered or out of time.
///
/// A clone is cheap and shares connections; one gateway may serve every thread. Make one and keep it: its connections
/// stay open for 3 s between calls, and its name is looked up once a minute. A call makes no thread but for that look-up.
/// Without the feature `name-cache`, ureq makes one look-up and one thread per exchange, two per call.
///
/// ```no_run
/// use ekolopay::Gateway;
/// use ekolopay::purchase::{Customer, Product, Purchase};
///
/// let gateway = Gateway::from_env()?;
/// let purchase = Purchase::new(150_000, Product::new("Iphone S"), Customer::new("066304925"))?;
/// let token = gateway.create_purchase_token(&purchase)?;
/// // Keep the token with the order, then redirect the customer's browser:
/// println!("Location: {}", gateway.payment_url(&token));
/// # Ok::<(), ekolopay::Error>(())
/// ```
///
/// # Errors of every call
///
/// - [`Error::Unavailable`]: the gateway is out of service;
/// - [`Error::Refused`]: it refused, and says why;
/// - [`Error::UnexpectedReply`]: it answered what the documentation does not know;
/// - [`Error::Transport`]: the exchange failed;
/// - [`Error::Invalid`]: only from [`Gateway::new`], where the environment names a [proxy](crate#proxies) that can't be
///   used.
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
    /// An error where the environment names a proxy that can't be used: [`Gateway::new`] has no way to say so.
    transport: Result<Box<dyn Transport>, InvalidInput>,
}

impl Gateway {
    /// A client of `https://ekolopay.com` with the default settings.
    ///
    /// Where the environment names a [proxy](crate#proxies) that can't be used, each call fails with
    /// [`Error::Invalid`].
    pub fn new(credentials: Credentials) -> Gateway {
        let builder = GatewayBuilder::new(credentials);
        let transport = builder.http().map(|http| -> Box<dyn Transport> { Box::new(http) });
        Gateway::assemble(builder.credentials, Origin::default(), transport)
    }

    /// A client as the environment describes it: `EKOLOPAY_API_CLIENT`, `EKOLOPAY_SECRET_KEY`, and
    /// `EKOLOPAY_ORIGIN` when it is set and not empty.
    ///
    /// For a timeout or another setting beside these, begin with [`GatewayBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], naming the variable that is missing or breaks a rule.
    pub fn from_env() -> Result<Gateway, Error> {
        GatewayBuilder::from_env()?.build()
    }

    /// Settings other than the defaults.
    pub fn builder(credentials: Credentials) -> GatewayBuilder {
        GatewayBuilder::new(credentials)
    }

    /// Asks whether the gateway is in service: one request, never repeated, with no secret in it.
    ///
    /// Every call asks this by itself first; call it to show a shop's customers whether they can pay.
    /// Documentation: « NOTEZ BIEN ».
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Transport`], and [`Error::Invalid`] as [every call](Gateway#errors-of-every-call);
    /// the [delivery](Error::delivery) is always `NotSent`.
    pub fn check_availability(&self) -> Result<(), Error> {
        let reply =
            self.exchange(Endpoint::Availability, availability::FORM.to_vec()).map_err(|error| match error {
                Error::Transport(failure) => Error::Transport(failure.in_check()),
                other => other,
            })?;
        availability::stops_call(&reply).map_or(Ok(()), |message| Err(self.unavailable(&message)))
    }

    /// Creates the token of an order. Documentation: step 1, « Créer un token d'achat ».
    ///
    /// Not repeated when it fails. A token that was created and whose reply was lost is not paid by anyone: create
    /// another.
    ///
    /// # Errors
    ///
    /// See [errors of every call](Gateway#errors-of-every-call).
    pub fn create_purchase_token(&self, purchase: &Purchase) -> Result<PurchaseToken, Error> {
        let secret = self.inner.credentials.secret_key();
        let body = purchase::encode(purchase, secret);
        self.call(Endpoint::PurchaseToken, body, |data| purchase::decode(data, secret))
    }

    /// The page on which the customer pays. Documentation: step 2, « Rediriger vers la plateforme de paiement ».
    ///
    /// It is for the customer's browser, by a redirect; the shop has nothing to fetch there.
    ///
    /// ```
    /// use ekolopay::{Credentials, Gateway};
    ///
    /// let gateway = Gateway::new(Credentials::new("demo", "a-secret-key")?);
    /// assert_eq!(
    ///     gateway.payment_url(&"940d/4e9a".parse()?),
    ///     "https://ekolopay.com/purchase-product/940d%2F4e9a"
    /// );
    /// # Ok::<(), ekolopay::Error>(())
    /// ```
    pub fn payment_url(&self, token: &PurchaseToken) -> String {
        self.inner.origin.payment_url(token)
    }

    /// Asks whether the order of this token is paid. Documentation: step 4, « Vérifier le paiement ».
    ///
    /// Give it the token that was kept with the order, not one from a request.
    ///
    /// # Errors
    ///
    /// See [errors of every call](Gateway#errors-of-every-call). An error says nothing about the payment: check again.
    pub fn check_payment(&self, token: &PurchaseToken) -> Result<Verification, Error> {
        let body = verify::encode(token, self.inner.credentials.secret_key());
        self.call(Endpoint::CheckPayment, body, |data| verify::decode(data, token))
    }

    fn assemble(
        credentials: Credentials,
        origin: Origin,
        transport: Result<Box<dyn Transport>, InvalidInput>,
    ) -> Gateway {
        let url = |path| origin.api_url(path, credentials.api_client()).into();
        let (purchase_token_url, check_payment_url) = (url("purchase-token"), url("check-payment"));
        let inner = Inner { credentials, origin, purchase_token_url, check_payment_url, transport };
        Gateway { inner: Arc::new(inner) }
    }

    /// Check, send, decode.
    fn call<T>(
        &self,
        endpoint: Endpoint,
        body: Vec<u8>,
        decode: impl FnOnce(&ApiData<'_>) -> Result<T, Failure>,
    ) -> Result<T, Error> {
        self.check_availability()?;
        let reply = self.exchange(endpoint, body)?;
        let envelope = Envelope::read(&reply);
        if let Some(message) = availability::out_of_service(&envelope) {
            return Err(self.unavailable(&message));
        }
        envelope.data(&reply).and_then(|data| decode(&data)).map_err(|failure| self.failed(&reply, failure))
    }

    fn exchange(&self, endpoint: Endpoint, body: Vec<u8>) -> Result<Reply, Error> {
        let url = match endpoint {
            Endpoint::PurchaseToken => &self.inner.purchase_token_url,
            Endpoint::Availability | Endpoint::CheckPayment => &self.inner.check_payment_url,
        };
        let request = Request { endpoint, url: Arc::clone(url), body: Bytes(body) };
        let transport = self.inner.transport.as_ref().map_err(InvalidInput::clone)?;
        Ok(transport.send(&request)?)
    }

    fn unavailable(&self, message: &str) -> Error {
        Error::Unavailable { message: self.text(message, LONGEST_MESSAGE) }
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

    /// The one way out for texts of a reply: the secret is taken out first, the text cut after.
    fn text(&self, text: &str, longest: usize) -> String {
        self.inner.credentials.secret_key().redact(text).chars().take(longest).collect()
    }
}

impl GatewayBuilder {
    /// The gateway. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] with the field:
    ///
    /// - `origin`, or `EKOLOPAY_ORIGIN`, when it is anything but an origin, has a host of more than 253 characters, or is
    ///   `http` to another machine;
    /// - `timeout`, when it is zero or more than an hour;
    /// - `root_certificates`, when they are not PEM, hold none or hold a key, or without a TLS feature;
    /// - `user_agent`, when it is blank or holds anything but printable ASCII;
    /// - the variable of a [proxy](crate#proxies) that can't be used.
    pub fn build(mut self) -> Result<Gateway, Error> {
        let origin = self.origin.clone()?;
        let transport = match self.transport.take() {
            Some(transport) => transport,
            None => Box::new(self.http()?),
        };
        Ok(Gateway::assemble(self.credentials, origin, Ok(transport)))
    }
}
