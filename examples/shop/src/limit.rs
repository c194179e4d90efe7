//! How many may do something at the same time.

use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) struct Limit {
    most: usize,
    taken: AtomicUsize,
}

/// One of the places, until it is dropped.
pub(crate) struct Place<'a>(&'a Limit);

impl Limit {
    pub(crate) const fn new(most: usize) -> Limit {
        Limit { most, taken: AtomicUsize::new(0) }
    }

    pub(crate) fn take(&self) -> Option<Place<'_>> {
        let place = Place(self);
        (self.taken.fetch_add(1, Ordering::SeqCst) < self.most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::SeqCst);
    }
}
