//! What the random tests begin with: `EKOLOPAY_FAULTS_SEED`, or a number that is printed.

use std::env;
use std::sync::LazyLock;

/// The variable that gives it.
pub(crate) const VARIABLE: &str = "EKOLOPAY_FAULTS_SEED";

pub(crate) static SEED: LazyLock<u64> = LazyLock::new(|| {
    let given = env::var(VARIABLE).ok();
    let seed = given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().expect("the seed is a number"));
    // At once, and not with the table: it is wanted most where that is not reached.
    println!("{VARIABLE}={seed}");
    seed
});
