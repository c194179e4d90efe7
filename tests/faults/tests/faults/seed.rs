//! The seed of the random tests: `EKOLOPAY_FAULTS_SEED`, or a random number that is printed.

use std::env;
use std::sync::LazyLock;

pub(crate) static SEED: LazyLock<u64> = LazyLock::new(|| {
    let given = env::var("EKOLOPAY_FAULTS_SEED").ok();
    let seed = given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().expect("the seed is a number"));
    println!("EKOLOPAY_FAULTS_SEED={seed}");
    seed
});
