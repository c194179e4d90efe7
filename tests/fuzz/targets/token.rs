#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ekolopay_oracle::fuzzed::run("token", input));
