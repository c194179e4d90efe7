//! The envelope that both calls are answered in: `{"response": {"API_RESPONSE_CODE": …, "API_RESPONSE_DATA": …}}`.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::error::Error;
use crate::transport::{LONGEST_REPLY, Reply};

/// What `API_DATA` holds on success, as a `D`; else why there is none.
pub(crate) fn decode<D: DeserializeOwned>(reply: &Reply) -> Result<D, Error> {
    if reply.body().len() > LONGEST_REPLY {
        return Err(unexpected(reply, "the body is longer than 64 KiB"));
    }
    if (300..400).contains(&reply.status()) {
        return Err(unexpected(reply, "a redirect is not followed"));
    }
    let Some(Envelope { response }) = parse::<Envelope<D>>(reply.body()) else {
        return Err(unexpected(reply, "the body is not the documented JSON"));
    };
    let data = response.0.data.0;
    let Some(code) = integer(&response.0.code) else {
        return Err(unexpected(reply, "API_RESPONSE_CODE is not an integer"));
    };
    if code != 200 {
        return Err(match data.clear_message {
            Value::String(message) => Error::Refused { code, message },
            _ => unexpected(reply, "a refusal without a clearMessage"),
        });
    }
    if !(200..300).contains(&reply.status()) {
        return Err(unexpected(reply, "code 200 under an HTTP error"));
    }
    match data.api_data {
        Some(Object(data)) => Ok(data),
        None => Err(unexpected(reply, "code 200 without API_DATA")),
    }
}

/// An answer that is not documented. The excerpt is the whole text still: it is cut on the way out of the
/// gateway, after the secret is taken out of it.
pub(crate) fn unexpected(reply: &Reply, reason: &'static str) -> Error {
    let beginning = &reply.body()[..reply.body().len().min(LONGEST_REPLY)];
    Error::UnexpectedReply {
        status: reply.status(),
        reason,
        excerpt: String::from_utf8_lossy(beginning).into_owned(),
    }
}

/// A body that is one JSON object from its first byte to its last, in UTF-8 throughout.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(body).ok()?;
    let Object(value) = serde_json::from_str(text).ok()?;
    Some(value)
}

#[derive(Deserialize)]
struct Envelope<D> {
    response: Object<Response<D>>,
}

#[derive(Deserialize)]
struct Response<D> {
    #[serde(rename = "API_RESPONSE_CODE")]
    code: Value,
    #[serde(rename = "API_RESPONSE_DATA")]
    data: Object<Data<D>>,
}

#[derive(Deserialize)]
struct Data<D> {
    #[serde(rename = "API_DATA")]
    api_data: Option<Object<D>>,
    #[serde(rename = "clearMessage", default)]
    clear_message: Value,
}

/// PHP may write an integer as its decimal string.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text
            .parse()
            .ok()
            .filter(|code: &i64| code.to_string() == *text),
        _ => None,
    }
}

/// A `T` read from a JSON object. A derived struct alone would also be read from an array, by position.
pub(crate) struct Object<T>(pub(crate) T);

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
