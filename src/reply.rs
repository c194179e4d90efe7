//! The envelope of the replies to both calls: `{"response": {"API_RESPONSE_CODE": …, "API_RESPONSE_DATA": …}}`, and the
//! notice that may stand in its place: `{"code": …, "reason": …, "message": …}`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::transport::{LONGEST_REPLY, Reply};

// Values stay as written until they are used: none is too large, too deep or too odd to be skipped, and none is read
// differently if another crate changes serde_json's numbers (`arbitrary_precision`).

/// A reply, read once as documented. If a key that is read is given twice, the reply is unexpected.
#[derive(Default, Deserialize)]
pub(crate) struct Envelope<'a> {
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    reason: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(rename = "API_RESPONSE_CODE", borrow)]
    code: &'a RawValue,
    #[serde(rename = "API_RESPONSE_DATA", borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Data<'a> {
    /// Read under code 200 only: beside a refusal PHP writes an empty array.
    #[serde(rename = "API_DATA", borrow)]
    api_data: Option<&'a RawValue>,
    #[serde(rename = "clearMessage", borrow)]
    clear_message: Option<&'a RawValue>,
}

/// Why a reply is not a success.
pub(crate) enum Failure {
    /// The code and the message.
    Refused(i64, String),
    /// What differs from the documentation.
    Unexpected(&'static str),
}

impl<'a> Envelope<'a> {
    /// Any body: what can't be read counts as missing.
    pub(crate) fn read(reply: &'a Reply) -> Envelope<'a> {
        std::str::from_utf8(reply.body()).ok().and_then(object).unwrap_or_default()
    }

    /// The reason that stands in a notice, and its message, or else the reason again.
    pub(crate) fn notice(&self) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
        let reason = string(self.reason?)?;
        let message = self.message.and_then(string).filter(|message| !message.trim().is_empty());
        let message = message.unwrap_or_else(|| reason.clone());
        Some((reason, message))
    }

    /// The JSON object `API_DATA` of a success.
    pub(crate) fn api_data(&self, reply: &Reply) -> Result<&'a str, Failure> {
        use Failure::{Refused, Unexpected};

        if reply.body().len() > LONGEST_REPLY {
            return Err(Unexpected("the body is longer than 64 KiB"));
        }
        if (300..400).contains(&reply.status()) {
            return Err(Unexpected("a redirect is not followed"));
        }
        let response = self.response.and_then(|response| object(response.get()));
        let response = response.and_then(|Response { code, data }| Some((code, object::<Data<'_>>(data.get())?)));
        let Some((code, data)) = response else {
            let refusal = self.refusal().filter(|_| self.response.is_none());
            return Err(refusal.unwrap_or(Unexpected("the body is not the documented JSON")));
        };
        match (integer(code), data.clear_message.and_then(string)) {
            (None, _) => Err(Unexpected("API_RESPONSE_CODE is not an integer")),
            (Some(200), _) if !(200..300).contains(&reply.status()) => {
                Err(Unexpected("code 200 under an HTTP status that is not a success"))
            }
            (Some(200), _) if self.refusal().is_some() => Err(Unexpected("a success and a refusal in one reply")),
            (Some(200), _) => data
                .api_data
                .map(RawValue::get)
                .filter(|data| is_object(data))
                .ok_or(Unexpected("code 200 without an API_DATA object")),
            (Some(code), Some(message)) => Err(Refused(code, message.into_owned())),
            (Some(_), None) => Err(Unexpected("a refusal without a clearMessage")),
        }
    }

    /// A refusal without an envelope, as the company's newer API documents it.
    fn refusal(&self) -> Option<Failure> {
        let code = self.code.and_then(integer).filter(|code| *code != 200)?;
        let (_, message) = self.notice()?;
        Some(Failure::Refused(code, message.into_owned()))
    }
}

/// A text that is one JSON object from its first byte to its last. A derived struct alone would also be read from an
/// array, by position.
pub(crate) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    is_object(text).then(|| serde_json::from_str(text).ok())?
}

fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
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
