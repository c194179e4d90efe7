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
    /// How many checks still find the token unknown.
    pub(crate) late: u32,
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
            late: 0,
        }
    }

    fn order(&self) -> (u64, [&str; 2], [Option<&str>; 3]) {
        let optional = [&self.details, &self.name, &self.uuid].map(Option::as_deref);
        (self.amount, [&self.label, &self.phone], optional)
    }

    /// Whether this lower-case text is in the token, the label or the telephone number.
    fn matches(&self, text: &str) -> bool {
        let number: String = text.split_whitespace().collect();
        self.token.contains(text) || self.label.to_lowercase().contains(text) || self.phone.contains(&number)
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

    /// Its name in the form of the payment page, its documented `status` and `message`, and its name on the dashboard.
    fn words(self) -> [&'static str; 4] {
        match self {
            Self::Paid => ["paid", "SUCCESS", "Paiement réussi.", "Réussi"],
            Self::Failed => ["failed", "FAILED", "Le paiement a échoué.", "Échoué"],
            Self::Rejected => ["rejected", "REJECTED", "Le paiement est rejeté.", "Rejeté"],
            Self::TimedOut => ["timeout", "TIMEOUT", "Le temps d'attente de paiement est dépassé.", "Délai dépassé"],
        }
    }

    pub(crate) fn name(self) -> &'static str {
        self.words()[0]
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|settlement| settlement.name() == name)
    }

    pub(crate) fn status(self) -> &'static str {
        self.words()[1]
    }

    pub(crate) fn message(self) -> &'static str {
        self.words()[2]
    }

    pub(crate) fn title(self) -> &'static str {
        self.words()[3]
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

/// One page of the payments that match a search, the newest first.
pub(crate) struct Page {
    pub(crate) payments: Vec<Payment>,
    /// From 1 to `pages`.
    pub(crate) number: usize,
    pub(crate) pages: usize,
    /// How many payments match.
    pub(crate) total: usize,
}

const PAGE: usize = 50;

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

    /// An empty text matches every payment. After the last page comes the last page.
    pub(crate) fn search(&self, text: &str, page: usize) -> Page {
        let text = text.to_lowercase();
        let book = self.lock();
        let matching: Vec<&Payment> = book.payments.iter().rev().filter(|payment| payment.matches(&text)).collect();
        let (total, pages) = (matching.len(), matching.len().div_ceil(PAGE).max(1));
        let number = page.clamp(1, pages);
        let payments = matching.into_iter().skip((number - 1) * PAGE).take(PAGE).cloned().collect();
        Page { payments, number, pages, total }
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
