//! Step 1, « Créer un token d'achat »: what is bought, by whom, and the token that the gateway gives it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::credentials::Credentials;
use crate::error::{Error, InvalidInput, require_visible_ascii};
use crate::reply::{self, unexpected};
use crate::transport::Reply;

/// An order to be paid. Valid once built.
///
/// ```
/// use ekolopay::purchase::{Customer, Product, Purchase};
///
/// let purchase = Purchase::new(
///     150_000,
///     Product::new("Achat d'un Iphone S").details("Iphone S, 32 GB, Gris..."),
///     Customer::new("066304925").name("Kanza"),
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
    pub fn new(
        amount: u64,
        product: Product,
        customer: Customer,
    ) -> Result<Purchase, InvalidInput> {
        if amount == 0 {
            return Err(InvalidInput::new("amount", "must be greater than zero"));
        }
        if i64::try_from(amount).is_err() {
            return Err(InvalidInput::new(
                "amount",
                "must fit a signed 64-bit integer",
            ));
        }
        if product.amount.is_some_and(|own| own != amount) {
            return Err(InvalidInput::new(
                "product.amount",
                "must equal the order's amount",
            ));
        }
        require_text("product.label", &product.label)?;
        require_text("customer.phone", &customer.phone)?;
        Ok(Purchase {
            amount,
            product,
            customer,
        })
    }
}

fn require_text(field: &'static str, text: &str) -> Result<(), InvalidInput> {
    if text.trim().is_empty() {
        return Err(InvalidInput::new(field, "must not be blank"));
    }
    Ok(())
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
        Product {
            label: label.into(),
            amount: None,
            details: None,
        }
    }

    /// The amount once more, in whole currency units; it must equal the order's. Default: left out.
    #[must_use]
    pub fn amount(self, amount: u64) -> Product {
        Product {
            amount: Some(amount),
            ..self
        }
    }

    /// A description. Default: left out.
    #[must_use]
    pub fn details(self, details: impl Into<String>) -> Product {
        Product {
            details: Some(details.into()),
            ..self
        }
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
        Customer {
            uuid: None,
            name: None,
            phone: phone.into(),
        }
    }

    /// The customer's UUID in the shop. Default: left out.
    #[must_use]
    pub fn uuid(self, uuid: impl Into<String>) -> Customer {
        Customer {
            uuid: Some(uuid.into()),
            ..self
        }
    }

    /// The customer's name. Default: left out.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Customer {
        Customer {
            name: Some(name.into()),
            ..self
        }
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
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
        if text.len() > 1024 {
            return Err(InvalidInput::new(FIELD, "must be at most 1,024 bytes long"));
        }
        if text == "." || text == ".." {
            return Err(InvalidInput::new(FIELD, "must not be `.` or `..`"));
        }
        Ok(PurchaseToken(text))
    }

    /// The token as the gateway wrote it.
    #[must_use]
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

impl Serialize for PurchaseToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The form of `POST /purchase-token`.
pub(crate) fn encode(purchase: &Purchase, credentials: &Credentials) -> Vec<u8> {
    let Purchase {
        amount,
        product,
        customer,
    } = purchase;
    let product = object([
        ("amount", product.amount.map(Value::from)),
        ("label", Some(Value::from(product.label.as_str()))),
        ("details", product.details.as_deref().map(Value::from)),
    ]);
    let customer = object([
        ("uuid", customer.uuid.as_deref().map(Value::from)),
        ("name", customer.name.as_deref().map(Value::from)),
        ("phone", Some(Value::from(customer.phone.as_str()))),
    ]);
    form_urlencoded::Serializer::new(String::new())
        .append_pair("amount", &amount.to_string())
        .append_pair("product", &product)
        .append_pair("customer", &customer)
        .append_pair("secret_key", credentials.secret_key())
        .finish()
        .into_bytes()
}

/// The JSON text of what is set.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> String {
    let set = members
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(set.collect()).to_string()
}

/// The token in the reply to `POST /purchase-token`.
pub(crate) fn decode(reply: &Reply) -> Result<PurchaseToken, Error> {
    #[derive(Deserialize)]
    struct Data {
        #[serde(rename = "purchaseToken", default)]
        token: Value,
    }

    match reply::decode(reply)? {
        Data {
            token: Value::String(token),
        } => PurchaseToken::new(token).map_err(|_| unexpected(reply, "purchaseToken is no token")),
        _ => Err(unexpected(reply, "purchaseToken is not a string")),
    }
}
