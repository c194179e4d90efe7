//! Threads that share a `Gateway` open no more connections than there are threads, though each call needs one twice.

use std::thread;

use ekolopay::purchase::PurchaseToken;
use ekolopay_bench::{Gateway, KEPT_TOKEN, Ours};

#[test]
fn as_many_as_threads_at_most() {
    let token: PurchaseToken = KEPT_TOKEN.parse().unwrap();
    for threads in [1, 4, 16, 64] {
        let gateway = Gateway::plain();
        let ours = Ours::new(&gateway.origin, None);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..20).for_each(|_| assert!(ours.check_payment(&token).unwrap())));
            }
        });
        assert!((1..=threads).contains(&gateway.connections()), "{} for {threads}", gateway.connections());
    }
}
