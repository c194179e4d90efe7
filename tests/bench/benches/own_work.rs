//! The SDK's own work: its code from argument to result, with no network. Time and allocations by divan.
//!
//! What the canned transport costs (a copy of each reply) is a benchmark of its own, to be taken off.

use divan::{AllocProfiler, black_box};
use ekolopay::callback::Callback;
use ekolopay::canned::{PAID, REFUSED};
use ekolopay::purchase::PurchaseToken;
use ekolopay::transport::Reply;
use ekolopay_bench::{DOCUMENTED_CALLBACK, KEPT_TOKEN, canned, purchase};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench]
fn check_availability(bencher: divan::Bencher<'_, '_>) {
    let gateway = canned();
    bencher.bench(|| gateway.check_availability());
}

#[divan::bench]
fn check_payment(bencher: divan::Bencher<'_, '_>) {
    let gateway = canned();
    let token: PurchaseToken = KEPT_TOKEN.parse().expect("a token");
    bencher.bench(|| gateway.check_payment(black_box(&token)));
}

#[divan::bench]
fn create_purchase_token(bencher: divan::Bencher<'_, '_>) {
    let gateway = canned();
    bencher.bench(|| gateway.create_purchase_token(&purchase()));
}

#[divan::bench]
fn the_canned_transport_alone() -> (Reply, Reply) {
    (Reply::new(200, black_box(REFUSED)), Reply::new(200, black_box(PAID)))
}

#[divan::bench]
fn callback_parse(bencher: divan::Bencher<'_, '_>) {
    bencher.bench(|| Callback::parse(black_box(DOCUMENTED_CALLBACK.as_bytes())));
}
