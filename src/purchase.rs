//! Step 1, « Créer un token d'achat »: what is bought, by whom, and the token that the gateway gives it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::credentials::Credentials;
use crate::error::{Error, InvalidInput, require, require_visible_ascii};
use crate::reply::{self, string, unexpected};
use crate::transport::Reply;

/// An order to be paid. Valid once built.
///
/// ```
/// use ekolopay::purchase::{Customer, Product, Purchase};
///
/// let purchase = Purchase::new(
///     150_000,
///     Product::new("Achat d'un Iphone S").amount(150_000).details("Iphone S, 32 GB, Gris..."),
///     Customer::new("066304925").uuid("d34f747e-8876-428c-9466-becf59177bde").name("Kanza"),
/// )?;
///
/// let invalid = Purchase::new(0, Product::new("Rien"), Customer::new("066304925")).unwrap_err();
/// assert_eq!(invalid.to_string(), "amount must be greater than zero");
/// # Ok::<(), ekolopay::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    amount: u64,
    product: Product,
    customer: Customer,
}

impl Purchase {
    /// An order of this amount, in whole currency units.
    ///
    /// # Errors
    ///
    /// - `amount`, when it is zero, or greater than the gateway's signed 64-bit `int` can hold;
    /// - `product.label` or `customer.phone`, when it is blank;
    /// - `product.amount`, when it is set and is not the order's amount.
    pub fn new(amount: u64, product: Product, customer: Customer) -> Result<Purchase, InvalidInput> {
        require(amount > 0, "amount", "must be greater than zero")?;
        require(i64::try_from(amount).is_ok(), "amount", "must fit a signed 64-bit integer")?;
        require(product.amount.is_none_or(|own| own == amount), "product.amount", "must equal the order's amount")?;
        let is_blank = |text: &str| text.trim().is_empty();
        require(!is_blank(&product.label), "product.label", "must not be blank")?;
        require(!is_blank(&customer.phone), "customer.phone", "must not be blank")?;
        Ok(Purchase { amount, product, customer })
    }
}

/// What is sold: `product` of the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    label: String,
    amount: Option<u64>,
    details: Option<String>,
}

impl Product {
    /// A product with its label, the customer's first line on the payment page.
    pub fn new(label: impl Into<String>) -> Product {
        Product { label: label.into(), amount: None, details: None }
    }

    /// The amount once more, in whole currency units; it must equal the order's. Default: left out.
    pub fn amount(mut self, amount: u64) -> Product {
        self.amount = Some(amount);
        self
    }

    /// A description. Default: left out.
    pub fn details(mut self, details: impl Into<String>) -> Product {
        self.details = Some(details.into());
        self
    }
}

/// Who buys: `customer` of the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    uuid: Option<String>,
    name: Option<String>,
    phone: String,
}

impl Customer {
    /// A customer with a telephone number, as the documentation writes it: `066304925`.
    pub fn new(phone: impl Into<String>) -> Customer {
        Customer { uuid: None, name: None, phone: phone.into() }
    }

    /// The customer's UUID in the shop. Default: left out.
    pub fn uuid(mut self, uuid: impl Into<String>) -> Customer {
        self.uuid = Some(uuid.into());
        self
    }

    /// The customer's name. Default: left out.
    pub fn name(mut self, name: impl Into<String>) -> Customer {
        self.name = Some(name.into());
        self
    }
}

/// The gateway's name for one order, from [`create_purchase_token`](crate::Gateway::create_purchase_token).
///
/// Keep it with the order, and find the order by it. 1 to 1,024 bytes of visible ASCII, neither `.` nor `..`,
/// which an address could not carry. `Deserialize` holds to the same rule.
///
/// ```
/// use ekolopay::purchase::PurchaseToken;
///
/// let token: PurchaseToken = "940d4e9aab5797e6055e1259b84a9875".parse()?;
/// assert_eq!(token.as_str(), "940d4e9aab5797e6055e1259b84a9875");
/// assert!(PurchaseToken::new("..").is_err());
/// # Ok::<(), ekolopay::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PurchaseToken(String);

impl PurchaseToken {
    /// A token that was kept.
    ///
    /// # Errors
    ///
    /// `purchaseToken`, when the text is no token.
    pub fn new(text: impl Into<String>) -> Result<PurchaseToken, InvalidInput> {
        const FIELD: &str = "purchaseToken";
        let text = text.into();
        require_visible_ascii(FIELD, &text)?;
        require(text.len() <= 1024, FIELD, "must be at most 1,024 bytes long")?;
        require(text != "." && text != "..", FIELD, "must not be `.` or `..`")?;
        Ok(PurchaseToken(text))
    }

    /// The token as the gateway wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PurchaseToken {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<PurchaseToken, InvalidInput> {
        PurchaseToken::new(text)
    }
}

impl TryFrom<String> for PurchaseToken {
    type Error = InvalidInput;

    fn try_from(text: String) -> Result<PurchaseToken, InvalidInput> {
        PurchaseToken::new(text)
    }
}

impl fmt::Display for PurchaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for PurchaseToken {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The form of `POST /purchase-token`.
#[expect(clippy::expect_used, reason = "texts and numbers can always be written as JSON")]
pub(crate) fn encode(purchase: &Purchase, credentials: &Credentials) -> Vec<u8> {
    #[derive(Serialize)]
    struct ProductJson<'a> {
        label: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        amount: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<&'a str>,
    }

    #[derive(Serialize)]
    struct CustomerJson<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        uuid: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        phone: &'a str,
    }

    let Purchase { amount, product, customer } = purchase;
    let Product { label, amount: own, details } = product;
    let product = ProductJson { label, amount: *own, details: details.as_deref() };
    let Customer { uuid, name, phone } = customer;
    let customer = CustomerJson { uuid: uuid.as_deref(), name: name.as_deref(), phone };
    form_urlencoded::Serializer::new(String::with_capacity(512))
        .append_pair("amount", &amount.to_string())
        .append_pair("product", &serde_json::to_string(&product).expect("JSON"))
        .append_pair("customer", &serde_json::to_string(&customer).expect("JSON"))
        .append_pair("secret_key", credentials.secret_key())
        .finish()
        .into_bytes()
}

/// The token in the reply to `POST /purchase-token`.
pub(crate) fn decode(reply: &Reply, credentials: &Credentials) -> Result<PurchaseToken, Error> {
    match reply::decode(reply)?.purchase_token.and_then(string) {
        // It would be sent to the customer's browser.
        Some(token) if credentials.occur_in(&token) => Err(unexpected(reply, "purchaseToken holds the secret key")),
        Some(token) => PurchaseToken::new(token).map_err(|_| unexpected(reply, "purchaseToken is no token")),
        None => Err(unexpected(reply, "purchaseToken is not a string")),
    }
}
