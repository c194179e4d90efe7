#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let (status, body) = ekolopay_properties::reply(input);
    let _ = ekolopay_properties::create_purchase_token(status, body);
});
