//! What needs the merchant's attention now.

use std::sync::{Mutex, PoisonError};

use crate::problem::{Kind, Problem};

#[derive(Default)]
pub(crate) struct Notices {
    current: Mutex<Current>,
}

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
        self.change(|current| match problem.kind {
            Kind::Refused if problem.is_about_the_key() => current.key = Some(problem.clone()),
            // A refusal of one order is shown beside that order.
            Kind::Refused => current.gateway = None,
            _ => current.gateway = Some(problem.clone()),
        });
    }

    /// Also says that the key is right, as the gateway has accepted it.
    pub(crate) fn gateway_answers(&self) {
        self.change(|current| (current.key, current.gateway) = (None, None));
    }

    pub(crate) fn database_fails(&self, fails: bool) {
        self.change(|current| current.database_fails = fails);
    }

    pub(crate) fn current(&self) -> Current {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Current)) {
        change(&mut self.current.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
