//! A blocking client for **EkoloPay Collect**, the mobile-money payment gateway of Congo.
//!
//! It creates the token of an order, says where the customer pays, reads the gateway's callback, and verifies the
//! payment. It speaks the gateway's API as documented on 1 July 2023. Where the documentation is silent, it makes the
//! choice that ships no unpaid goods and loses no payment.
//!
//! **Guides**, from the keys to going live, with every error by its text: [in English](crate::_guide) and
//! [en français](crate::_guide_fr).
//!
//! **Programs** in the repository, for which a checkout is needed: a local gateway to try everything without an account
//! (`examples/sandbox`), the command `ekolopay` (`examples/cli`), a web shop (`examples/shop`), a night job that checks
//! every payment once more (`examples/reconcile`), and recipes for five web frameworks (`examples/frameworks`).
//!
//! # What it is not
//!
//! It is not a web framework, a queue or a database: it stores nothing, retries nothing and runs nothing in the
//! background. When to check a payment again is the shop's decision. It moves no money out: transfers from the
//! merchant's account are not part of the gateway's API.
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
//! # let gateway = Gateway::new(Credentials::new("demo", "a-secret-key")?);
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
//! Every call first asks whether the gateway is in service, as its documentation requires. An [`Error`] says what
//! happened to the call:
//!
//! | [`delivery()`](Error::delivery) | errors | what to do |
//! |---|---|---|
//! | [`NotSent`](Delivery::NotSent) | `Invalid`, `Unavailable`, `Transport` | nothing was done: fix the input, or call again later |
//! | [`Unknown`](Delivery::Unknown) | `Transport` | it may have arrived. If a check was lost, check again; if a token was lost, create another: nobody has paid for the first |
//! | [`Answered`](Delivery::Answered) | `Refused` | read the message: wrong credentials, unknown token … |
//! | [`Answered`](Delivery::Answered) | `UnexpectedReply` | proves nothing: leave the order open and check again |
//!
//! No error means "not paid": only [`Verification::NotPaid`](verify::Verification::NotPaid) does. Never close an order
//! because of an error.
//!
//! # Security
//!
//! - **A callback is not signed.** Only [`check_payment`](Gateway::check_payment) makes a
//!   [`PaidPurchase`](verify::PaidPurchase).
//! - **The secret key** goes into the bodies of the two calls and nowhere else: not into addresses, the availability
//!   check, `Debug`, `Display`, or the errors, even if the gateway echoes it. It has no getter. Keep it in the
//!   environment ([`Gateway::from_env`]) of the server, never in a page or an app.
//! - **What redaction finds.** Text from the gateway is searched for the key as given, percent-encoded and
//!   JSON-escaped, whole or cut at the end of the text. HTML escapes, text that was escaped twice, and base64 are not
//!   recognized.
//! - **Logs.** The crate itself logs nothing. ureq logs no bodies, but at TRACE `ureq_proto` dumps headers, addresses
//!   and the gateway's replies: limit it to `debug` (`RUST_LOG=trace,ureq_proto=debug`).
//! - **The network.** https with verified certificates; plain http for loopback only. Redirects are not followed, so
//!   the secret goes to no other host. A [proxy](crate#proxies) is never bypassed by mistake.
//! - **Forks.** A forked process opens its own connections: no reply reaches another process.
//! - **The token** is stored with the order. Check the *order's* token, not one from a request.
//!
//! # Proxies
//!
//! The proxy is read from the environment when the gateway is built. It is the first of `https_proxy`, `HTTPS_PROXY`,
//! `all_proxy` and `ALL_PROXY` that is set and not empty: the address of an `http` or `https` proxy, optionally with
//! a user and a password (`http://user:password@proxy.example:3128`). Spaces around it are ignored.
//!
//! - `no_proxy`, or else `NO_PROXY`, lists the hosts to reach directly, separated by commas:
//!   `ekolopay.com`, `.example.com` for every name that ends with it, `*` for all. If both are set, `NO_PROXY` is
//!   ignored. Ports are not supported there.
//! - A proxy that can't be used (a socks proxy, no host, not an address, not Unicode) is [`Error::Invalid`] naming the
//!   variable: nothing is sent directly instead, unless `no_proxy` names the gateway.
//! - An empty variable counts as unset, and the next one is read.
//! - `HTTP_PROXY` is not read: a header of a CGI request can set it.
//! - A gateway on loopback is always reached directly.
//! - While connecting through a proxy, ureq restarts the time limit at each step and each part of the proxy's answer: a
//!   proxy that answers byte by byte can make a call take longer than twice the timeout.
//!
//! # Names
//!
//! The name of the gateway, or of its proxy, is looked up at most once a minute, and again after a failed exchange.
//! IPv4 addresses are tried before IPv6 ones, and connecting, TLS included, gets at most 10 s of the timeout. If a
//! look-up fails or takes more than 5 s (or half of a shorter timeout), addresses found within the last day are used.
//!
//! All of this, except the limit on connecting, is the feature `name-cache`. It relies on an API of ureq that a minor
//! release of ureq may change: if one breaks your build, turn the feature off until there is a new release of this
//! crate.
//!
//! # Threads and asynchronous programs
//!
//! A call blocks its thread for up to twice the [timeout](GatewayBuilder::timeout). It spawns no thread except to
//! look up the name; a gateway given by its address (`http://127.0.0.1:8099`) needs none at all. If no thread can be
//! spawned and no address from the last day is known, the call fails with [`Error::Transport`], `NotSent`. Without the
//! feature `name-cache`, ureq makes one look-up and spawns one thread per exchange, two per call, and panics if it
//! can't.
//!
//! From async code, move a clone of the gateway, which is cheap, to a thread for blocking work:
//!
//! ```
//! # mod tokio {
//! #     pub mod task {
//! #         pub async fn spawn_blocking<T>(f: impl FnOnce() -> T) -> Result<T, ekolopay::Error> { Ok(f()) }
//! #     }
//! # }
//! # use ekolopay::{Error, Gateway, purchase::PurchaseToken, verify::Verification};
//! # async fn check(gateway: &Gateway, token: PurchaseToken) -> Result<Verification, Error> {
//! let gateway = gateway.clone();
//! let verification = tokio::task::spawn_blocking(move || gateway.check_payment(&token)).await??;
//! # Ok(verification)
//! # }
//! ```
//!
//! # Features
//!
//! - `name-cache` (default): [names](crate#names) are looked up by this crate instead of ureq.
//! - `rustls` (default): TLS by rustls, with its bundled roots.
//! - `native-tls`: TLS by the system's library, with the system's trust store. If both are on, rustls is used.
//!
//! Without a TLS feature, https fails with [`Error::Transport`], `NotSent`; loopback http and other
//! [transports](transport) work.
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
mod delivery;
mod env;
mod error;
mod gateway;
mod origin;
pub mod purchase;
mod reply;
mod secret;
mod token;
pub mod transport;
pub mod verify;

pub use credentials::Credentials;
pub use delivery::Delivery;
pub use error::{Error, InvalidInput};
pub use gateway::{Gateway, GatewayBuilder};
