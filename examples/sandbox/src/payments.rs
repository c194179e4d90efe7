//! The orders for which a token was given, and what became of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// An order, its purchase token, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Payment {
    /// The purchase token: 32 lower-case hexadecimal characters.
    pub token: String,
    /// `product.label`.
    pub label: String,
    /// `product.details`.
    pub details: Option<String>,
    /// `amount`.
    pub amount: u64,
    /// `customer.phone`.
    pub phone: String,
    /// `customer.name`.
    pub name: Option<String>,
    /// `customer.uuid`.
    pub uuid: Option<String>,
    /// Whether it was settled, and how.
    pub state: State,
    /// The callbacks sent, the oldest first.
    pub deliveries: Vec<Delivery>,
}

impl Payment {
    /// An order to be paid, with a new token.
    pub(crate) fn new(label: String, amount: u64, phone: String) -> Self {
        Self {
            token: format!("{:032x}", fastrand::u128(..)),
            label,
            details: None,
            amount,
            phone,
            name: None,
            uuid: None,
            state: State::Pending,
            deliveries: Vec::new(),
        }
    }
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The customer has not paid yet.
    Pending,
    /// The payment ended, and will not change any more.
    Settled(Outcome),
}

/// How a payment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `SUCCESS`.
    Paid,
    /// `FAILED`.
    Failed,
    /// `REJECTED`.
    Rejected,
    /// `TIMEOUT`.
    TimedOut,
}

impl Outcome {
    pub(crate) const ALL: [Self; 4] = [Self::Paid, Self::Failed, Self::Rejected, Self::TimedOut];

    /// The payment page's word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::TimedOut => "timeout",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// The documented `status`.
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::Paid => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Rejected => "REJECTED",
            Self::TimedOut => "TIMEOUT",
        }
    }

    /// The documented `message`.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Paid => "Paiement réussi.",
            Self::Failed => "Le paiement a échoué.",
            Self::Rejected => "Le paiement est rejeté.",
            Self::TimedOut => "Le temps d'attente de paiement est dépassé.",
        }
    }
}

/// One callback sent to the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// When it was sent.
    pub at: SystemTime,
    /// The HTTP status the shop answered, or why there was none.
    pub result: Result<u16, String>,
}

/// The lock is held for the time of a look-up or a change, never longer.
#[derive(Debug, Default)]
pub(crate) struct Payments(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    /// The oldest first.
    payments: Vec<Payment>,
    /// Where a token's payment stands among them.
    places: HashMap<String, usize>,
}

impl Payments {
    pub(crate) fn add(&self, payment: Payment) {
        let mut book = self.lock();
        let place = book.payments.len();
        book.places.insert(payment.token.clone(), place);
        book.payments.push(payment);
    }

    pub(crate) fn all(&self) -> Vec<Payment> {
        self.lock().payments.clone()
    }

    pub(crate) fn get(&self, token: &str) -> Option<Payment> {
        self.with(token, |payment| payment.clone())
    }

    /// Settles a payment unless it already is: whether this call did it, or
    /// nothing for an unknown token.
    pub(crate) fn settle(&self, token: &str, outcome: Outcome) -> Option<bool> {
        self.with(token, |payment| {
            let pending = payment.state == State::Pending;
            if pending {
                payment.state = State::Settled(outcome);
            }
            pending
        })
    }

    pub(crate) fn record(&self, token: &str, delivery: Delivery) {
        self.with(token, |payment| payment.deliveries.push(delivery));
    }

    fn with<T>(&self, token: &str, act: impl FnOnce(&mut Payment) -> T) -> Option<T> {
        let mut book = self.lock();
        let place = *book.places.get(token)?;
        book.payments.get_mut(place).map(act)
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
