//! What needs the merchant's attention now.

use parking_lot::Mutex;

use crate::problem::{Kind, Problem};

#[derive(Default)]
pub(crate) struct Notices(Mutex<Current>);

#[derive(Default, Clone)]
pub(crate) struct Current {
    /// The gateway refuses this merchant: the key is wrong.
    pub(crate) key: Option<Problem>,
    /// The gateway fails.
    pub(crate) gateway: Option<Problem>,
    /// The database is locked, or the disk is full.
    pub(crate) database_fails: bool,
}

impl Notices {
    pub(crate) fn gateway(&self, problem: &Problem) {
        let mut current = self.0.lock();
        match problem.kind {
            Kind::Refused if problem.is_about_the_key() => current.key = Some(problem.clone()),
            // A refusal of one order is shown beside that order.
            Kind::Refused => current.gateway = None,
            _ => current.gateway = Some(problem.clone()),
        }
    }

    /// Also says that the key is right, as the gateway has accepted it.
    pub(crate) fn gateway_answers(&self) {
        let mut current = self.0.lock();
        (current.key, current.gateway) = (None, None);
    }

    pub(crate) fn database_fails(&self, fails: bool) {
        self.0.lock().database_fails = fails;
    }

    pub(crate) fn current(&self) -> Current {
        self.0.lock().clone()
    }
}
