//! Time and allocations of the SDK's own work, by divan.

use divan::{AllocProfiler, Bencher};
use ekolopay_cost::peers::OWN_CALLS;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = OWN_CALLS.map(|(name, _)| name), sample_size = 1_000)]
fn own_work(bencher: Bencher<'_, '_>, wanted: &str) {
    let (_, call) = OWN_CALLS.into_iter().find(|(name, _)| *name == wanted).expect("a call");
    bencher.bench_local(call());
}
