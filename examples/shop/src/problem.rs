//! Why a call to the gateway failed: its kind is stored, and told in French.

use std::error::Error;
use std::iter::successors;

use rusqlite::{Result, Row};

#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    /// The gateway's own words, in French, if there are any.
    pub(crate) text: Option<String>,
    /// In the time of Brazzaville; empty until it is stored.
    pub(crate) time: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The gateway says that it is out of service.
    Unavailable,
    /// It does not answer.
    Unreachable,
    /// It refuses the request: a wrong key, or a number that it does not accept.
    Refused,
    /// Its answer is not a documented one, or the shop's own request was invalid.
    Unexpected,
}

const KINDS: [Kind; 4] = [Kind::Unavailable, Kind::Unreachable, Kind::Refused, Kind::Unexpected];

impl Kind {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Kind::Unavailable => "unavailable",
            Kind::Unreachable => "unreachable",
            Kind::Refused => "refused",
            Kind::Unexpected => "unexpected",
        }
    }
}

impl Problem {
    pub(crate) fn of(error: &ekolopay::Error) -> Problem {
        let (kind, text) = match error {
            ekolopay::Error::Unavailable { message, .. } => (Kind::Unavailable, Some(message.clone())),
            ekolopay::Error::Transport(_) => (Kind::Unreachable, None),
            ekolopay::Error::Refused { message, .. } => (Kind::Refused, Some(message.clone())),
            _ => (Kind::Unexpected, None),
        };
        Problem { kind, text, time: String::new() }
    }

    pub(crate) fn from_row(row: &Row<'_>) -> Result<Option<Problem>> {
        let code: Option<String> = row.get("problem")?;
        let Some(kind) = KINDS.into_iter().find(|kind| Some(kind.code()) == code.as_deref()) else {
            return Ok(None);
        };
        Ok(Some(Problem { kind, text: row.get("problem_text")?, time: row.get("problem_time")? }))
    }

    /// For the merchant.
    pub(crate) fn sentence(&self) -> String {
        let text = self.text.as_deref().unwrap_or_default();
        match self.kind {
            Kind::Unavailable => format!("La plateforme de paiement est hors service\u{a0}: «\u{a0}{text}\u{a0}»"),
            Kind::Unreachable => "La plateforme de paiement ne répond pas".to_owned(),
            Kind::Refused => format!("La plateforme de paiement refuse la demande\u{a0}: «\u{a0}{text}\u{a0}»"),
            Kind::Unexpected => "La plateforme de paiement a donné une réponse imprévue".to_owned(),
        }
    }

    /// Whether the gateway refused the customer's number, by the field that its documentation names.
    pub(crate) fn is_about_the_number(&self) -> bool {
        let text = self.text.as_deref().unwrap_or_default().to_lowercase();
        self.kind == Kind::Refused && ["phone", "téléphone", "numéro"].iter().any(|word| text.contains(word))
    }

    /// Whether the gateway refused the merchant's credentials.
    pub(crate) fn is_about_the_key(&self) -> bool {
        let text = self.text.as_deref().unwrap_or_default().to_lowercase();
        self.kind == Kind::Refused && ["secret_key", "api_client", "clé"].iter().any(|word| text.contains(word))
    }
}

/// An error and all its sources in one line, for the log.
pub(crate) fn with_sources(error: &(dyn Error + 'static)) -> String {
    let chain = successors(Some(error), |&error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
