//! The envelope of the replies to both calls: `{"response": {"API_RESPONSE_CODE": …, "API_RESPONSE_DATA": …}}`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::transport::{LONGEST_REPLY, Reply};

/// A reply, read once as documented. If a key that is read here is given twice, the reply is unexpected.
#[derive(Default, Deserialize)]
pub(crate) struct Envelope<'a> {
    #[serde(borrow)]
    reason: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<Object<Response<'a>>>,
}

/// Why a reply is not a success.
pub(crate) enum Failure {
    /// `API_RESPONSE_CODE` and `clearMessage`.
    Refused(i64, String),
    /// What differs from the documentation.
    Unexpected(&'static str),
}

impl<'a> Envelope<'a> {
    /// Any body: what can't be read counts as missing.
    pub(crate) fn read(reply: &'a Reply) -> Envelope<'a> {
        #[derive(Deserialize)]
        struct Notice<'a> {
            #[serde(borrow)]
            reason: Option<&'a RawValue>,
            #[serde(borrow)]
            message: Option<&'a RawValue>,
        }

        // A gateway that is out of service says so beside a `response` of any shape.
        let notice = |Notice { reason, message }| Envelope { reason, message, response: None };
        let text = std::str::from_utf8(reply.body()).unwrap_or_default();
        object(text).or_else(|| object(text).map(notice)).unwrap_or_default()
    }

    pub(crate) fn reason(&self) -> Option<Cow<'a, str>> {
        self.reason.and_then(string)
    }

    pub(crate) fn message(&self) -> Option<Cow<'a, str>> {
        self.message.and_then(string)
    }

    /// What `API_DATA` holds on success.
    pub(crate) fn data(&self, reply: &Reply) -> Result<ApiData<'a>, Failure> {
        use Failure::{Refused, Unexpected};

        if reply.body().len() > LONGEST_REPLY {
            return Err(Unexpected("the body is longer than 64 KiB"));
        }
        if (300..400).contains(&reply.status()) {
            return Err(Unexpected("a redirect is not followed"));
        }
        let Some(Object(Response { code, data: Object(data) })) = &self.response else {
            return Err(Unexpected("the body is not the documented JSON"));
        };
        match (integer(code), data.clear_message.and_then(string)) {
            (None, _) => Err(Unexpected("API_RESPONSE_CODE is not an integer")),
            (Some(200), _) if !(200..300).contains(&reply.status()) => {
                Err(Unexpected("code 200 under an HTTP status that is not a success"))
            }
            (Some(200), _) => {
                let data = data.api_data.and_then(|data| object(data.get()));
                data.ok_or(Unexpected("code 200 without an API_DATA object"))
            }
            (Some(code), Some(message)) => Err(Refused(code, message.into_owned())),
            (Some(_), None) => Err(Unexpected("a refusal without a clearMessage")),
        }
    }
}

/// A text that is one JSON object from its first byte to its last.
fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    let Object(value) = serde_json::from_str(text).ok()?;
    Some(value)
}

// Values stay as written until they are used: none is too large, too deep or too odd to be skipped, and none is read
// differently if another crate changes serde_json's numbers (`arbitrary_precision`).

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(rename = "API_RESPONSE_CODE", borrow)]
    code: &'a RawValue,
    #[serde(rename = "API_RESPONSE_DATA", borrow)]
    data: Object<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    /// Read under code 200 only: beside a refusal PHP writes an empty array.
    #[serde(rename = "API_DATA", borrow)]
    api_data: Option<&'a RawValue>,
    #[serde(rename = "clearMessage", borrow)]
    clear_message: Option<&'a RawValue>,
}

/// The data of either call.
#[derive(Deserialize)]
pub(crate) struct ApiData<'a> {
    #[serde(rename = "purchaseToken", borrow)]
    pub(crate) purchase_token: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) payment_successful: Option<&'a RawValue>,
}

/// What a string says, if the value is one.
pub(crate) fn string(value: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    // If there is no string, serde_json would format an error that nobody reads.
    if !value.get().starts_with('"') {
        return None;
    }
    let Text(text) = serde_json::from_str(value.get()).ok()?;
    Some(text)
}

/// PHP may write a scalar as a string: `"200"` for 200, `"true"` for true.
pub(crate) fn unquoted(value: &RawValue) -> Cow<'_, str> {
    string(value).unwrap_or(Cow::Borrowed(value.get()))
}

/// An integer, written in the one usual way.
fn integer(value: &RawValue) -> Option<i64> {
    let text = unquoted(value);
    text.parse().ok().filter(|code: &i64| code.to_string() == text)
}

/// A `T` read from a JSON object. A derived struct alone would also be read from an array, by position.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}
