//! Why an order cannot be paid or checked now: the kind is stored, and told to the merchant in French.

use std::error::Error;
use std::iter::successors;

use strum::{EnumString, IntoStaticStr};

#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    /// The gateway's or the database's own words, if there are any; the order that has the token.
    pub(crate) text: Option<String>,
    /// In the time of Brazzaville, once it is stored.
    pub(crate) time: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Kind {
    /// The gateway says that it is out of service.
    Unavailable,
    /// It does not answer.
    Unreachable,
    /// It refuses the request: a wrong key, an account that is suspended, a token that it does not know.
    Refused,
    /// Its answer is not a documented one, or the shop's own request was invalid.
    Unexpected,
    /// It gave the token of another order.
    TokenTaken,
    /// The order is paid, and the database refuses to store it.
    NotStored,
}

impl Problem {
    pub(crate) fn of(error: &ekolopay::Error) -> Problem {
        let (kind, text) = match error {
            ekolopay::Error::Unavailable { message, .. } => (Kind::Unavailable, Some(message.clone())),
            ekolopay::Error::Transport(_) => (Kind::Unreachable, None),
            ekolopay::Error::Refused { message, .. } => (Kind::Refused, Some(message.clone())),
            _ => (Kind::Unexpected, None),
        };
        Problem { kind, text, time: None }
    }

    /// For the merchant.
    pub(crate) fn sentence(&self) -> String {
        let text = self.text.as_deref().unwrap_or_default();
        match self.kind {
            Kind::Unavailable => format!("La plateforme de paiement est hors service\u{a0}: «\u{a0}{text}\u{a0}»"),
            Kind::Unreachable => "La plateforme de paiement ne répond pas".to_owned(),
            Kind::Refused => format!("La plateforme de paiement refuse la demande\u{a0}: «\u{a0}{text}\u{a0}»"),
            Kind::Unexpected => "La plateforme de paiement a donné une réponse imprévue".to_owned(),
            Kind::NotStored => {
                format!("Payée, mais le paiement n’a pas pu être enregistré\u{a0}: «\u{a0}{text}\u{a0}»")
            }
            Kind::TokenTaken => format!("La plateforme de paiement a redonné le token de la commande {text}"),
        }
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
