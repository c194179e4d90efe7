use std::borrow::Cow;
use std::error::Error;

use serde::Deserialize;

/// A callback as a careful merchant would read it: `serde_urlencoded` into a struct, and then the same checks.
#[derive(Debug)]
pub struct Form {
    /// `purchaseToken`.
    pub purchase_token: String,
    /// `paymentSuccessful`.
    pub successful: bool,
    /// `status`.
    pub status: Status,
    /// `message`, or nothing.
    pub message: String,
}

/// `status`.
#[derive(Debug, PartialEq, Eq)]
pub enum Status {
    /// One of the documented words for a payment that was made.
    Paid(&'static str),
    /// One of the others.
    NotPaid(&'static str),
    /// Any other text.
    Other(String),
}

impl Form {
    /// The body of the gateway's request.
    ///
    /// # Errors
    ///
    /// When it breaks a rule.
    pub fn parse(body: &[u8]) -> Result<Form, Box<dyn Error>> {
        #[derive(Deserialize)]
        struct Fields<'a> {
            #[serde(rename = "purchaseToken", borrow)]
            purchase_token: Cow<'a, str>,
            #[serde(rename = "paymentSuccessful", borrow)]
            payment_successful: Cow<'a, str>,
            #[serde(borrow)]
            status: Cow<'a, str>,
            #[serde(borrow)]
            message: Option<Cow<'a, str>>,
        }

        let fields: Fields<'_> = serde_urlencoded::from_bytes(body)?;
        let token = fields.purchase_token.into_owned();
        let visible = token.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || token.is_empty() || token.len() > 1024 || token == "." || token == ".." {
            return Err("purchaseToken".into());
        }
        let successful = match fields.payment_successful.to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" | "" => false,
            _ => return Err("paymentSuccessful".into()),
        };
        let status = match &*fields.status {
            "SUCCESS" => Status::Paid("SUCCESS"),
            "SUCCESSFUL" => Status::Paid("SUCCESSFUL"),
            "FAILED" => Status::NotPaid("FAILED"),
            "REJECTED" => Status::NotPaid("REJECTED"),
            "TIMEOUT" => Status::NotPaid("TIMEOUT"),
            text if text.contains(char::REPLACEMENT_CHARACTER) => return Err("status".into()),
            _ => Status::Other(fields.status.into_owned()),
        };
        let contradicts = match status {
            Status::Paid(_) => !successful,
            Status::NotPaid(_) => successful,
            Status::Other(_) => false,
        };
        if contradicts {
            return Err("paymentSuccessful contradicts status".into());
        }
        let message = fields.message.unwrap_or_default().into_owned();
        Ok(Form { purchase_token: token, successful, status, message })
    }
}
