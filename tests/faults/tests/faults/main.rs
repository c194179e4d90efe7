//! Rows 1 to 38 and 45 to 53 of the faults that the SDK must survive, and the randomized run that shows its `Delivery` to be sound.
//! Each row is a test; the table of all outcomes is printed at the end.

mod broken_reply;
mod child;
mod connect;
mod delivery;
mod fault;
mod forked;
mod interrupted;
mod judge;
mod log;
mod memory;
mod names;
mod proxy;
mod report;
mod reuse;
mod seed;
mod signals;
mod status;
mod tls;
mod world;

use ekolopay_faults::logs;
use libtest_mimic::{Arguments, Trial};

macro_rules! trials {
    ($($module:ident: $($test:ident),+;)+) => {
        vec![$($(Trial::test(stringify!($test), || { $module::$test(); Ok(()) })),+),+]
    };
}

fn main() {
    let mut arguments = Arguments::from_args();
    // They mostly wait.
    arguments.test_threads.get_or_insert(16);
    logs::watch().expect("no other logger is installed");
    let trials = trials! {
        connect: row_01_name_does_not_resolve, row_02_connection_refused, row_03_connect_unanswered, row_03_connecting_gets_10_s,
                 row_06_plain_http_to_another_machine, row_08_reset_at_accept;
        tls: row_04_certificate_or_version_not_trusted, row_05_handshake_fails, row_21_https_redirected_to_http;
        proxy: row_07_proxy_fails, row_07_proxy_variables_and_a_loopback_origin, row_50_proxy_that_cannot_be_used,
               row_51_http_proxy_is_not_used, row_52_proxy_variables_as_meant;
        interrupted: row_09_closed_after_the_head, row_10_closed_after_the_request, row_11_reset_after_the_request,
                     row_14_silence_after_the_request, row_15_headers_drip, row_16_headers_cut_short,
                     row_17_no_http_1, row_27_content_length_longer_than_the_body, row_28_chunked_body_broken,
                     row_29_close_delimited_body_cut, row_30_body_stalls_or_drips;
        reuse: row_12_idle_connection_closed, row_13_closing_races_with_5000_calls, row_34_extra_bytes_after_a_reply,
               row_37_64_threads_on_one_gateway;
        memory: row_18_oversized_headers, row_31_oversized_bodies;
        status: row_19_redirect_to_another_host, row_20_redirect_that_keeps_the_method, row_22_refusals,
                row_23_server_errors, row_24_unusual_statuses, row_35_unavailable_between_check_and_call,
                row_53_too_many_requests;
        broken_reply: row_25_html_and_wrong_content_type, row_26_no_body, row_32_broken_json,
                      row_33_keys_missing_or_of_another_type;
        signals: row_36_signals_during_the_wait;
        names: row_45_no_thread_can_be_made, warm_calls_look_up_nothing_and_make_no_thread, row_46_silent_name_server, row_47_silent_ipv6_address, row_48_name_moves,
               a_name_is_looked_up_once_a_minute_and_old_addresses_serve_while_that_fails,
               half_of_a_short_time_is_kept_to_connect_to_an_old_address,
               a_look_up_that_fails_is_told_from_one_that_is_not_answered;
        forked: row_49_fork;
        log: row_38_no_log_shows_the_secret;
        delivery: delivery_is_sound_at_every_byte;
    };
    let conclusion = libtest_mimic::run(&arguments, trials);
    report::print();
    let leaks = logs::leaks();
    assert!(leaks.is_empty(), "the log shows the secret: {leaks:#?}");
    conclusion.exit();
}
