//! The payments: one for each token.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// An order and the state of its payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// The calls that made or named its token, the oldest first: its creation, and the last ones.
    pub calls: Vec<Call>,
    /// The callbacks that were sent, the oldest first.
    pub notifications: Vec<Notification>,
    /// How many checks still find the token unknown.
    pub(crate) late: u32,
}

impl Payment {
    pub(crate) fn new(label: String, amount: u64, phone: String) -> Self {
        Self { token: format!("{:032x}", fastrand::u128(..)), label, amount, phone, ..Self::default() }
    }

    fn order(&self) -> (u64, [&str; 2], [Option<&str>; 3]) {
        let optional = [&self.details, &self.name, &self.uuid].map(Option::as_deref);
        (self.amount, [&self.label, &self.phone], optional)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaymentState {
    /// The customer has not paid yet.
    #[default]
    Pending,
    /// The payment has ended. Only a telephone number that says so makes a payment of one that had timed out.
    Settled(Settlement),
}

/// How a payment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// `SUCCESSFUL`.
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

    /// Its name for machines and for people, and the documented `status` and `message`.
    pub(crate) fn words(self) -> Words {
        let (name, title, status, message) = match self {
            Self::Paid => ("paid", "Réussi", "SUCCESSFUL", "Paiement réussi."),
            Self::Failed => ("failed", "Échoué", "FAILED", "Le paiement a échoué."),
            Self::Rejected => ("rejected", "Rejeté", "REJECTED", "Le paiement est rejeté."),
            Self::TimedOut => ("timeout", "Délai dépassé", "TIMEOUT", "Le temps d'attente de paiement est dépassé."),
        };
        Words { name, title, status, message }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|settlement| settlement.words().name == name)
    }
}

pub(crate) struct Words {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) status: &'static str,
    pub(crate) message: &'static str,
}

/// A callback that was sent to the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    pub at: SystemTime,
    /// The HTTP status of the shop's answer, or the reason why there was no answer.
    pub result: Result<u16, String>,
    /// The form that was sent.
    pub body: String,
    /// The beginning of the shop's answer.
    pub reply: String,
    pub elapsed: Duration,
}

/// A call of the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    pub at: SystemTime,
    /// `purchase-token` or `check-payment`.
    pub name: &'static str,
    /// The fields of its form. The secret key is hidden.
    pub request: BTreeMap<String, String>,
    pub status: u16,
    pub reply: String,
}

/// How many calls of a payment are kept.
const CALLS: usize = 20;

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
    /// Returns the token: with `same_token`, the one of an earlier payment with the same order.
    pub(crate) fn add(&self, payment: Payment, same_token: bool) -> String {
        let mut book = self.lock();
        let mut known = book.payments.iter().rev().take_while(|_| same_token);
        if let Some(known) = known.find(|known| known.order() == payment.order()) {
            return known.token.clone();
        }
        let (token, place) = (payment.token.clone(), book.payments.len());
        book.places.insert(token.clone(), place);
        book.payments.push(payment);
        token
    }

    /// The newest payments, the newest first, and how many there are in all.
    pub(crate) fn newest(&self, count: usize) -> (Vec<Payment>, usize) {
        let book = self.lock();
        (book.payments.iter().rev().take(count).cloned().collect(), book.payments.len())
    }

    /// Whether a payment is paid, or `None` for a token that is not known, or not yet.
    pub(crate) fn check(&self, token: &str) -> Option<bool> {
        self.with(token, |payment| match payment.late {
            0 => Some(payment.state == PaymentState::Settled(Settlement::Paid)),
            late => {
                payment.late = late - 1;
                None
            }
        })?
    }

    pub(crate) fn all(&self) -> Vec<Payment> {
        self.lock().payments.clone()
    }

    pub(crate) fn get(&self, token: &str) -> Option<Payment> {
        self.with(token, |payment| payment.clone())
    }

    /// Settles a payment that is pending, or had timed out when it is late. Returns whether it was, or `None` for an
    /// unknown token.
    pub(crate) fn settle(&self, token: &str, settlement: Settlement, late: bool) -> Option<bool> {
        self.with(token, |payment| {
            let timed_out = payment.state == PaymentState::Settled(Settlement::TimedOut);
            let settles = payment.state == PaymentState::Pending || late && timed_out;
            if settles {
                payment.state = PaymentState::Settled(settlement);
            }
            settles
        })
    }

    pub(crate) fn called(&self, token: &str, call: Call) {
        self.with(token, |payment| {
            if payment.calls.len() == CALLS {
                payment.calls.remove(1);
            }
            payment.calls.push(call);
        });
    }

    /// Forgets all payments, and returns how many there were.
    pub(crate) fn clear(&self) -> usize {
        let book = std::mem::take(&mut *self.lock());
        book.payments.len()
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
