//! The payments: one for each token.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// An order and the state of its payment.
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
    pub state: PaymentState,
    /// The callbacks that were sent, the oldest first.
    pub notifications: Vec<Notification>,
}

impl Payment {
    pub(crate) fn new(label: String, amount: u64, phone: String) -> Self {
        Self {
            token: format!("{:032x}", fastrand::u128(..)),
            label,
            details: None,
            amount,
            phone,
            name: None,
            uuid: None,
            state: PaymentState::Pending,
            notifications: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// The customer has not paid yet.
    Pending,
    /// The payment has ended and does not change any more.
    Settled(Settlement),
}

/// How a payment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// `SUCCESS`.
    Paid,
    /// `FAILED`.
    Failed,
    /// `REJECTED`.
    Rejected,
    /// `TIMEOUT`.
    TimedOut,
}

impl Settlement {
    pub(crate) const ALL: [Self; 4] = [Self::Paid, Self::Failed, Self::Rejected, Self::TimedOut];

    /// Its name in the form of the payment page.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::TimedOut => "timeout",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|settlement| settlement.name() == name)
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

/// A callback that was sent to the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// When it was sent.
    pub at: SystemTime,
    /// The HTTP status of the shop's answer, or the reason why there was no answer.
    pub result: Result<u16, String>,
}

/// The lock is held only while a payment is looked up or changed.
#[derive(Debug, Default)]
pub(crate) struct Payments(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    /// The oldest first.
    payments: Vec<Payment>,
    /// The position of each token's payment in the list.
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

    /// Settles a pending payment. Returns whether it was pending, or `None` for an unknown token.
    pub(crate) fn settle(&self, token: &str, settlement: Settlement) -> Option<bool> {
        self.with(token, |payment| {
            let pending = payment.state == PaymentState::Pending;
            if pending {
                payment.state = PaymentState::Settled(settlement);
            }
            pending
        })
    }

    pub(crate) fn record(&self, token: &str, notification: Notification) {
        self.with(token, |payment| payment.notifications.push(notification));
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
