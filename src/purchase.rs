//! Step 1, « Créer un token d'achat »: what is bought, by whom, and the token that the gateway gives the order.

use serde::Serialize;

use crate::error::{InvalidInput, require};
use crate::reply::{ApiData, Failure, string};
use crate::secret::Secret;
pub use crate::token::PurchaseToken;

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
    /// - `amount`: zero, or more than the gateway's signed 64-bit `int` can hold;
    /// - `product.label` or `customer.phone`: blank;
    /// - `product.amount`: set, but not the order's amount.
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

/// What is sold: `product` in the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    label: String,
    amount: Option<u64>,
    details: Option<String>,
}

impl Product {
    /// A product with its label, the first line on the payment page.
    pub fn new(label: impl Into<String>) -> Product {
        Product { label: label.into(), amount: None, details: None }
    }

    /// The amount again, in whole currency units; it must equal the order's. Default: none.
    pub fn amount(mut self, amount: u64) -> Product {
        self.amount = Some(amount);
        self
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
    /// A customer with a telephone number, as the documentation writes it: `066304925`.
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
#[expect(clippy::expect_used, reason = "texts and numbers can always be written as JSON")]
pub(crate) fn encode(purchase: &Purchase, secret: &Secret) -> Vec<u8> {
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
        .append_pair("secret_key", secret.expose())
        .finish()
        .into_bytes()
}

/// The token in the reply to `POST /purchase-token`.
pub(crate) fn decode(data: &ApiData<'_>, secret: &Secret) -> Result<PurchaseToken, Failure> {
    let token = data.purchase_token.and_then(string).ok_or(Failure::Unexpected("purchaseToken is not a string"))?;
    // It would be sent to the customer's browser.
    if secret.occurs_in(&token) {
        return Err(Failure::Unexpected("purchaseToken holds the secret key"));
    }
    PurchaseToken::new(token).map_err(|_| Failure::Unexpected("purchaseToken is not a valid token"))
}
