//! The envelope that both calls are answered in: `{"response": {"API_RESPONSE_CODE": …, "API_RESPONSE_DATA": …}}`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::transport::{LONGEST_REPLY, Reply};

/// What `API_DATA` holds on success; else why there is none.
pub(crate) fn decode(reply: &Reply) -> Result<ApiData<'_>, Error> {
    if reply.body().len() > LONGEST_REPLY {
        return Err(unexpected(reply, "the body is longer than 64 KiB"));
    }
    if (300..400).contains(&reply.status()) {
        return Err(unexpected(reply, "a redirect is not followed"));
    }
    let Some(Envelope { response }) = parse(reply.body()) else {
        return Err(unexpected(reply, "the body is not the documented JSON"));
    };
    let data = response.0.data.0;
    match (integer(response.0.code), data.clear_message.and_then(string), data.api_data) {
        (None, ..) => Err(unexpected(reply, "API_RESPONSE_CODE is not an integer")),
        (Some(200), ..) if !(200..300).contains(&reply.status()) => {
            Err(unexpected(reply, "code 200 under an HTTP status that is no success"))
        }
        (Some(200), _, Some(Object(data))) => Ok(data),
        (Some(200), ..) => Err(unexpected(reply, "code 200 without API_DATA")),
        (Some(code), Some(message), _) => Err(Error::Refused { code, message: message.into_owned() }),
        (Some(_), ..) => Err(unexpected(reply, "a refusal without a clearMessage")),
    }
}

/// An answer that is not documented. The excerpt is the whole text still: it is cut on the way out of the
/// gateway, after the secret is taken out of it.
pub(crate) fn unexpected(reply: &Reply, reason: &'static str) -> Error {
    let beginning = &reply.body()[..reply.body().len().min(LONGEST_REPLY)];
    Error::UnexpectedReply { status: reply.status(), reason, excerpt: String::from_utf8_lossy(beginning).into_owned() }
}

/// A body that is one JSON object from its first byte to its last, in UTF-8 throughout.
pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    let text = std::str::from_utf8(body).ok()?;
    let Object(value) = serde_json::from_str(text).ok()?;
    Some(value)
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    response: Object<Response<'a>>,
}

// Values stay as they are written until they are looked at: none is too large, too deep or too odd to be passed over,
// and none is read differently where another crate changes serde_json's numbers (`arbitrary_precision`).

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(rename = "API_RESPONSE_CODE", borrow)]
    code: &'a RawValue,
    #[serde(rename = "API_RESPONSE_DATA", borrow)]
    data: Object<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "API_DATA", borrow)]
    api_data: Option<Object<ApiData<'a>>>,
    #[serde(rename = "clearMessage", borrow)]
    clear_message: Option<&'a RawValue>,
}

/// What either call answers.
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

    // Asked for a string that is none, serde_json would write an error that nobody reads.
    let Text(text) = value.get().starts_with('"').then(|| serde_json::from_str(value.get()).ok())??;
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
