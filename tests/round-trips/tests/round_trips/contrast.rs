//! Gateways that make a call cost more: what the counts are to show, they show.

use ekolopay::Gateway;
use ekolopay::verify::Verification;
use ekolopay_round_trips::{Afterwards, Crossed, FarGateway, Served, Server};
use ekolopay_tls_tests::Authority;
use rustls::crypto::{CryptoProvider, ring};
use rustls::version::{TLS12, TLS13};
use rustls::{DEFAULT_VERSIONS, SupportedProtocolVersion};

use crate::{ROUND_TRIP, costs};

fn far(
    provider: CryptoProvider,
    versions: &[&'static SupportedProtocolVersion],
    afterwards: Afterwards,
) -> (FarGateway, Gateway) {
    let authority = Authority::new();
    let config = authority.config_speaking("127.0.0.1", provider, versions);
    let server = Server::start(Some(config), afterwards).unwrap();
    let far = FarGateway::new(ROUND_TRIP, server, Some(authority)).unwrap();
    let gateway = far.gateway().unwrap();
    (far, gateway)
}

fn check(gateway: &Gateway) {
    let token = "940d4e9a".parse().unwrap();
    assert!(matches!(gateway.check_payment(&token), Ok(Verification::Paid(_))));
}

#[test]
fn a_connection_that_is_not_reused_costs_two_round_trips_a_request_more() {
    let (far, gateway) = far(ring::default_provider(), DEFAULT_VERSIONS, Afterwards::Close);
    let crossed = Crossed { connections: 2, round_trips: 6 };
    costs(&far, crossed, Served { full: 1, resumed: 1, requests: 2 }, || check(&gateway));
    costs(&far, crossed, Served { full: 0, resumed: 2, requests: 2 }, || check(&gateway));
}

#[test]
fn tls_1_2_costs_one_round_trip_more() {
    let (far, gateway) = far(ring::default_provider(), &[&TLS12], Afterwards::KeepOpen);
    let crossed = Crossed { connections: 1, round_trips: 5 };
    costs(&far, crossed, Served { full: 1, resumed: 0, requests: 2 }, || check(&gateway));
}

/// The client guesses X25519, and has to be told that the server only knows P-384.
#[test]
fn a_curve_that_the_client_did_not_guess_costs_one_round_trip_more() {
    let mut provider = ring::default_provider();
    provider.kx_groups = vec![ring::kx_group::SECP384R1];
    let (far, gateway) = far(provider, &[&TLS13], Afterwards::KeepOpen);
    let crossed = Crossed { connections: 1, round_trips: 5 };
    costs(&far, crossed, Served { full: 1, resumed: 0, requests: 2 }, || check(&gateway));
}
