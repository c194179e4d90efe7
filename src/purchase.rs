//! Step 1, « Créer un token d'achat »: what is bought, by whom, and the token that the gateway gives the order.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::invalid::{InvalidInput, require};
pub use crate::phone::PhoneNumber;
use crate::reply::{Failure, object, string};
use crate::secret::Secret;
pub use crate::token::PurchaseToken;

/// An order to be paid. Valid once built.
///
/// ```
/// use ekolopay::purchase::{Customer, Product, Purchase};
///
/// let purchase = Purchase::new(
///     150_000,
///     Product::new("Achat d'un Iphone S").details("Iphone S, 32 GB, Gris..."),
///     Customer::new("066304925").uuid("d34f747e-8876-428c-9466-becf59177bde").name("Kanza"),
/// )?;
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
    /// - `amount`: zero, or more than a signed 64-bit integer can hold, which PHP's `int` is;
    /// - `product.label` or `customer.phone`: blank.
    pub fn new(amount: u64, product: Product, customer: Customer) -> Result<Purchase, InvalidInput> {
        require(amount > 0, "amount", "must be greater than zero")?;
        require(i64::try_from(amount).is_ok(), "amount", "must fit a signed 64-bit integer")?;
        let is_blank = |text: &str| text.trim().is_empty();
        require(!is_blank(&product.label), "product.label", "must not be blank")?;
        require(!is_blank(&customer.phone), "customer.phone", "must not be blank")?;
        Ok(Purchase { amount, product, customer })
    }
}

/// What is sold: `product` in the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    label: String,
    details: Option<String>,
}

impl Product {
    /// A product with its label, « Libellé de la commande ».
    pub fn new(label: impl Into<String>) -> Product {
        Product { label: label.into(), details: None }
    }

    /// A description. Default: none.
    pub fn details(mut self, details: impl Into<String>) -> Product {
        self.details = Some(details.into());
        self
    }
}

/// Who buys: `customer` in the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    uuid: Option<String>,
    name: Option<String>,
    phone: String,
}

impl Customer {
    /// A customer with a telephone number, sent as it is: any text that is not blank. The documentation writes
    /// `066304925`, which a [`PhoneNumber`] makes of the number that people type.
    pub fn new(phone: impl Into<String>) -> Customer {
        Customer { uuid: None, name: None, phone: phone.into() }
    }

    /// The customer's UUID in the shop. Default: none.
    pub fn uuid(mut self, uuid: impl Into<String>) -> Customer {
        self.uuid = Some(uuid.into());
        self
    }

    /// The customer's name. Default: none.
    pub fn name(mut self, name: impl Into<String>) -> Customer {
        self.name = Some(name.into());
        self
    }
}

/// The form of `POST /purchase-token`.
pub(crate) fn encode(purchase: &Purchase, secret: &Secret) -> Vec<u8> {
    let Purchase { amount, product: Product { label, details }, customer: Customer { uuid, name, phone } } = purchase;
    let text = |text: &String| Value::from(text.as_str());
    let product = json([
        ("label", Some(text(label))),
        ("amount", Some((*amount).into())),
        ("details", details.as_ref().map(text)),
    ]);
    let customer =
        json([("uuid", uuid.as_ref().map(text)), ("name", name.as_ref().map(text)), ("phone", Some(text(phone)))]);
    form_urlencoded::Serializer::new(String::with_capacity(512))
        .append_pair("amount", &amount.to_string())
        .append_pair("product", &product)
        .append_pair("customer", &customer)
        .append_pair("secret_key", secret.expose())
        .finish()
        .into_bytes()
}

/// A JSON object of the members that are set.
fn json(members: [(&str, Option<Value>); 3]) -> String {
    let set = members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(set.collect()).to_string()
}

/// The token in the reply to `POST /purchase-token`.
pub(crate) fn decode(api_data: &str, secret: &Secret) -> Result<PurchaseToken, Failure> {
    #[derive(Deserialize)]
    struct ApiData<'a> {
        #[serde(rename = "purchaseToken", borrow)]
        purchase_token: Option<&'a RawValue>,
    }

    let token = object(api_data).and_then(|data: ApiData<'_>| string(data.purchase_token?));
    let token = token.ok_or(Failure::Unexpected("purchaseToken is not a string"))?;
    // It would be sent to the customer's browser.
    if secret.occurs_in(&token) {
        return Err(Failure::Unexpected("purchaseToken holds the secret key"));
    }
    PurchaseToken::new(token).map_err(|_| Failure::Unexpected("purchaseToken is not a valid token"))
}
