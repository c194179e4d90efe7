#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| drop(ekolopay_properties::callback(input)));
