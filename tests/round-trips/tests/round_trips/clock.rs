use std::time::Duration;

use ekolopay::verify::Verification;
use ekolopay_round_trips::FarGateway;

use crate::trips;

/// A machine that does not get round to a call for so long, three times in a row, is too busy for any test.
const ROUND_TRIP: Duration = Duration::from_secs(1);

/// Neither a wait that no count shows, nor a round trip that the relay does not see.
#[test]
fn a_call_lasts_as_long_as_the_round_trips_that_are_counted() {
    let lasts_as_long = || {
        let far = FarGateway::tls(ROUND_TRIP).unwrap();
        let gateway = far.gateway().unwrap();
        [4, 2].into_iter().all(|expected| {
            let (cost, verification) = far.cost(|| gateway.check_payment(&"940d4e9a".parse().unwrap()));
            assert!(matches!(verification, Ok(Verification::Paid(_))));
            assert_eq!(cost.crossed.round_trips, expected);
            let counted = trips(cost.crossed);
            (counted..counted + 1.0).contains(&cost.elapsed)
        })
    };
    assert!((0..3).any(|_| lasts_as_long()), "more than a round trip longer, three times");
}
