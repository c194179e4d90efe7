//! A blocking SDK for **EkoloPay Collect**, a mobile-money payment gateway in Congo.
//!
//! It creates the token of an order, says where the customer pays, reads the gateway's callback, and verifies the
//! payment. Where the [gateway's documentation](https://ekolopay.com/documentation/collect-gateway) is silent, it
//! chooses so that no unpaid goods are shipped and no payment is lost.
//!
//! Unofficial. Built from the documentation of 1 July 2023; not yet run against the live gateway.
//!
//! **Guides**, from the keys to going live, with the texts of the errors: [in English](crate::_guide) and
//! [en français](crate::_guide_fr).
//!
//! **Programs** in the repository, for which a checkout is needed: a local gateway to try everything without an account
//! (`examples/sandbox`), the command `ekolopay` (`examples/cli`), a shop to copy (`examples/shop`).
//!
//! # What it is not
//!
//! It is not a web framework, a queue or a database: it stores nothing, repeats no call and checks nothing by itself.
//! When to check a payment again is the shop's decision. It moves no money out: transfers from the merchant's account
//! are not part of the gateway's API.
//!
//! # The five steps of a payment
//!
//! **1. Order.** Describe it, create its token, and store the token with the order before the customer leaves.
//!
//! ```
//! # use ekolopay::canned::{Canned, TOKEN};
//! # let credentials = ekolopay::Credentials::new("demo", "a-secret-key")?;
//! use ekolopay::Gateway;
//! use ekolopay::purchase::{Customer, Product, Purchase};
//!
//! # /*
//! let gateway = Gateway::from_env()?;
//! # */
//! # let gateway = Gateway::builder(credentials).transport(Canned::new().reply(200, TOKEN)).build()?;
//! let purchase = Purchase::new(
//!     150_000, // whole currency units
//!     Product::new("Achat d'un Iphone S"),
//!     Customer::new("066304925"),
//! )?;
//! let token = gateway.create_purchase_token(&purchase)?;
//! # Ok::<(), ekolopay::Error>(())
//! ```
//!
//! **2. Redirect** the customer's browser. The shop itself does not fetch this page.
//!
//! ```
//! # use ekolopay::{Credentials, Gateway};
//! # let gateway = Gateway::new(Credentials::new("demo", "a-secret-key")?)?;
//! # let token = "940d4e9aab5797e6055e1259b84a9875".parse()?;
//! let location = gateway.payment_url(&token);
//! assert_eq!(location, "https://ekolopay.com/purchase-product/940d4e9aab5797e6055e1259b84a9875");
//! # Ok::<(), ekolopay::Error>(())
//! ```
//!
//! **3. Callback.** The gateway posts to the shop when the payment has succeeded or failed. So can anyone else: a
//! callback is a reason to check, not a proof.
//!
//! ```
//! use ekolopay::callback::Callback;
//!
//! let body = b"purchaseToken=940d4e9a&paymentSuccessful=true\
//!     &status=SUCCESS&message=Paiement+r%C3%A9ussi.";
//! let callback = Callback::parse(body)?;
//! let token_to_check = callback.purchase_token();
//! # Ok::<(), ekolopay::InvalidInput>(())
//! ```
//!
//! **4. Verify** the token that was stored with the order: after the callback, when the customer comes back to the
//! redirect URL, and from time to time for open orders, because neither the callback nor the customer is certain to
//! come.
//!
//! ```
//! # use ekolopay::canned::{Canned, PAID};
//! # let credentials = ekolopay::Credentials::new("demo", "a-secret-key")?;
//! # let gateway = ekolopay::Gateway::builder(credentials).transport(Canned::new().reply(200, PAID)).build()?;
//! # let token = "940d4e9a".parse()?;
//! # fn ship(_: ekolopay::verify::PaidPurchase) {}
//! use ekolopay::verify::Verification;
//!
//! match gateway.check_payment(&token)? {
//!     Verification::Paid(paid) => ship(paid),
//!     Verification::NotPaid => {} // or not yet: the order stays open
//! }
//! # Ok::<(), ekolopay::Error>(())
//! ```
//!
//! **5. Ship** against the proof, and find the order *by its token*: a customer who pays for a small order and presents
//! its token for a large one gets the small one.
//!
//! ```
//! # struct Orders;
//! # impl Orders { fn by_token(&self, _: &str) -> Option<u64> { None } }
//! use ekolopay::verify::PaidPurchase;
//!
//! fn ship(orders: &Orders, paid: PaidPurchase) -> Option<u64> {
//!     orders.by_token(paid.token().as_str()) // the database makes sure that it ships once
//! }
//! ```
//!
//! # Errors
//!
//! Every call first asks whether the gateway is in service, as its documentation requires. A *failed* call may be
//! repeated, as far as the documentation lets us assume; a second *successful* creation makes a second token that can be
//! paid, so send the customer to one only.
//!
//! | [`Error`] | when | [`may_have_acted()`](Error::may_have_acted) | what to do |
//! |---|---|---|---|
//! | [`Unavailable`](Error::Unavailable) | the gateway is out of service | no | try again later |
//! | [`Refused`](Error::Refused) | the gateway says no, and why: for example wrong credentials, or an unknown token | no; under HTTP 5xx yes | read its message, probably in French |
//! | [`UnexpectedReply`](Error::UnexpectedReply) | the reply is not a documented one | yes | it proves nothing: leave the order open and check again |
//! | [`Transport`](Error::Transport) | no connection, no reply in time, a reply cut short | no if the call was certainly not sent, else yes | check again; if a token was lost, create another: nobody was sent to the first |
//! | [`Invalid`](Error::Invalid) | an input breaks a rule, before any call | no | fix the [field](InvalidInput::field) that it names |
//!
//! No error means "not paid": only [`Verification::NotPaid`](verify::Verification::NotPaid) does. Never close an order
//! because of an error.
//!
//! # Security
//!
//! - **A callback is not signed.** Only [`check_payment`](Gateway::check_payment) makes a
//!   [`PaidPurchase`](verify::PaidPurchase).
//! - **The secret key** goes into the bodies of the two calls and nowhere else: not into addresses, the availability
//!   check, `Debug`, `Display`, or the errors, even if the gateway echoes it as below. It has no getter. Keep it in the
//!   environment ([`Gateway::from_env`]) of the server, never in a page or an app.
//! - **What redaction finds.** Text from the gateway is searched for the key as given, percent-encoded and
//!   JSON-escaped: whole, or at the end of the text its first 8 characters or more. HTML escapes, text that was escaped
//!   twice, and base64 are not recognized.
//! - **Logs.** The crate itself logs nothing. ureq logs no bodies, but at TRACE `ureq_proto` dumps headers, addresses
//!   and the gateway's replies: limit it to `debug` (`RUST_LOG=trace,ureq_proto=debug`).
//! - **The network.** https with verified certificates; plain http for loopback only. Redirects are not followed, so
//!   the secret goes to no other host. A [proxy](crate#proxies) is never bypassed by mistake.
//! - **Forks.** The SDK's own HTTP, once used in one process, does not send in another, so that no reply reaches the
//!   wrong process. Build a gateway after the fork, or build it before and use it only after.
//! - **The token** is stored with the order. Check the *order's* token, not one from a request.
//!
//! # Proxies
//!
//! The proxy is read from the environment when the gateway is built; [`Gateway::proxy`] says which one is used. It is
//! the first of `https_proxy`, `HTTPS_PROXY`, `all_proxy` and `ALL_PROXY` that is set and not empty: the address of an
//! `http` or `https` proxy, optionally with a user and a password (`http://user:password@proxy.example:3128`). Spaces
//! around it are ignored.
//!
//! - `no_proxy`, or else `NO_PROXY`, lists the hosts to reach directly, separated by commas or spaces:
//!   `ekolopay.com`, `.example.com` for every name that ends with it, `2001:db8::1`, `*` for all. It is looked at first.
//!   If both are set, `NO_PROXY` is ignored. Ports are not supported there.
//! - A proxy that can't be used (a socks proxy, no host, not an address, not Unicode) is an [`InvalidInput`] naming the
//!   variable, when the gateway is built: nothing is sent directly instead.
//! - `HTTP_PROXY` is not read: a header of a CGI request can set it.
//! - A gateway on loopback is always reached directly.
//! - While connecting through a proxy, ureq restarts the time limit at each step and each part of the proxy's answer: a
//!   proxy that answers byte by byte can make a call take longer than twice the timeout.
//!
//! # Names
//!
//! The name of the gateway, or of its proxy, is looked up at most once a minute, and again after a failed exchange.
//! IPv4 addresses are tried before IPv6 ones, and connecting, TLS included, gets at most 10 s of the timeout. If a
//! look-up fails or takes more than 5 s (with a timeout under 10 s: more than half of it), addresses found within the
//! last day are used. `localhost` is this machine and is not looked up.
//!
//! # ureq's unversioned API
//!
//! These look-ups are the feature `ureq-unversioned`, and so is a faster connection: a request of up to 16 KiB leaves in
//! one write, and an idle connection is probed once. It relies on an API of ureq that a minor release of ureq may
//! change, whose traits have not changed since ureq 3.0.12: if a release breaks your build, turn the feature off until
//! there is a new release of this crate.
//!
//! Without it, ureq looks the name up at each exchange, two per call, and spawns a thread for it; `https://localhost` is
//! looked up too, and TLS proves the host. And each exchange over TLS opens a connection of its own: ureq does not notice
//! a TLS record that nobody asked for, which would be taken for the next reply.
//!
//! # Threads and asynchronous programs
//!
//! A call blocks its thread for up to twice the [timeout](GatewayBuilder::timeout). It spawns a thread to look up the
//! name, at most once a minute and after a failed exchange; without a proxy, a gateway given by its address
//! (`https://192.0.2.1`) or on `localhost` needs none. If no thread can be spawned and no address from the last day is
//! known, the call was not sent ([`Error::Transport`]). Without `ureq-unversioned`, ureq panics if it can't spawn one.
//!
//! From async code, move a clone of the gateway, which is cheap, to a thread for blocking work:
//! `tokio::task::spawn_blocking(move || gateway.check_payment(&token)).await`.
//!
//! # Features
//!
//! - `rustls` (default): TLS by rustls, with its bundled roots.
//! - `platform-verifier`: turns `rustls` on, with the system's trust store in place of the bundled roots.
//! - `native-tls`: TLS by the system's library, with the system's trust store. If `rustls` is on too, that is used.
//! - `ureq-unversioned` (default): [above](crate#ureqs-unversioned-api).
//!
//! [Certificates](GatewayBuilder::root_certificates) that are given take the place of all of these roots. Without a TLS
//! feature, https fails with [`Error::Transport`] and is not sent; loopback http and other [transports](transport) work.
//!
//! Cargo unifies features: if another crate in your program enables ureq's `cookies`, every call of a [`Gateway`] sends
//! the gateway's session cookie, and a gateway written in PHP may serve the calls of one session one after the other.
//!
//! # Supported Rust
//!
//! 1.85 and later. Raising the minimum is a minor release.

#![deny(missing_docs, missing_debug_implementations)]
#![warn(clippy::missing_errors_doc, clippy::missing_panics_doc)]
// The tests may; the library may not.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(any(doc, doctest))]
#[doc = include_str!("guide/en.md")]
pub mod _guide {}

#[cfg(any(doc, doctest))]
#[doc = include_str!("guide/fr.md")]
pub mod _guide_fr {}

mod availability;
pub mod callback;
pub mod canned;
mod credentials;
mod error;
mod gateway;
mod invalid;
mod origin;
mod phone;
pub mod purchase;
mod reply;
mod secret;
mod token;
pub mod transport;
pub mod verify;

pub use credentials::Credentials;
pub use error::Error;
pub use gateway::{Gateway, GatewayBuilder};
pub use invalid::InvalidInput;
