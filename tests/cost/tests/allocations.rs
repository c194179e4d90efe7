//! Where each allocation of a call comes from: the function of the SDK that asked for it, by dhat's backtraces.

use std::collections::BTreeMap;

use dhat::Profiler;
use ekolopay_cost::peers::OWN_CALLS;
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// How many blocks each function asked for: the innermost that is written in the SDK, or in this package.
fn allocations(name: &str) -> BTreeMap<String, u64> {
    let (_, call) = OWN_CALLS.into_iter().find(|(own, _)| *own == name).unwrap();
    let mut call = call();
    // Work that is done once (thread locals, tables) is not the call's.
    call();
    let file = tempfile::NamedTempFile::new().unwrap();
    let profiler = Profiler::builder().file_name(file.path()).trim_backtraces(None).build();
    call();
    drop(profiler);
    let profile: Value = serde_json::from_reader(file).unwrap();
    let mut origins = BTreeMap::new();
    for point in profile["pps"].as_array().unwrap() {
        let mut frames = point["fs"].as_array().unwrap().iter().filter_map(Value::as_u64);
        let origin = frames.find_map(|frame| function(profile["ftbl"][usize::try_from(frame).unwrap()].as_str()?));
        *origins.entry(origin.expect("the SDK asked for it").to_owned()).or_default() += point["tbk"].as_u64().unwrap();
    }
    origins
}

/// `verify::encode` of `0x5581: ekolopay::verify::encode (src/verify.rs:70:9)`; `None` for the
/// code of others, or of a derive.
fn function(frame: &str) -> Option<&str> {
    let (_, name) = frame.split_once(": ekolopay")?;
    let (name, _) = name.split_once(" (")?;
    let name = name.trim_start_matches("::").trim_end_matches("::{{closure}}");
    (!name.contains('<')).then_some(name)
}

/// One test: dhat counts for the whole program.
#[test]
fn each_is_known() {
    // The canned transport's copies of both replies, the check's form, and the code in its normal form, to be compared.
    let of_both = [("transport::Reply::new", 2), ("gateway::Gateway::check_availability", 1), ("reply::integer", 1)];
    // The form, and the token of the proof.
    let check = [("verify::encode", 1), ("verify::decode", 1)];
    let create = [
        // The order's texts.
        ("purchase::Product::new", 1),
        ("purchase::Product::details", 1),
        ("purchase::Customer::new", 1),
        ("purchase::Customer::name", 1),
        // The form, its amount, its product and its customer; and the token.
        ("purchase::encode", 4),
        ("token::PurchaseToken::new", 1),
    ];
    let callback = [
        // The message as form_urlencoded decodes it: its `+`, its `%`, and once more to make room.
        ("callback::Callback::parse", 3),
        // The boolean in small letters.
        ("callback::boolean", 1),
        ("token::PurchaseToken::new", 1),
    ];
    for (name, known) in [
        ("check_payment, canned", [&of_both[..], &check].concat()),
        ("create_purchase_token, canned", [&of_both[..], &create].concat()),
        ("Callback::parse", callback.to_vec()),
    ] {
        let known = known.into_iter().map(|(function, blocks)| (function.to_owned(), blocks)).collect();
        assert_eq!(allocations(name), known, "{name}");
    }
}
