//! Orders, the form they are sent in, and the tokens that come back.

mod merchant;

use std::collections::{BTreeMap, HashMap};

use ekolopay::canned::{Canned, TOKEN};
use ekolopay::purchase::{Customer, PhoneNumber, Product, Purchase, PurchaseToken};
use ekolopay::transport::Endpoint;
use ekolopay::{Error, Gateway};
use ekolopay_test_kit::SECRET_KEY;
use merchant::{credentials, over, purchase, token};
use serde_json::{Value, json};

const REFUSED: &str = include_str!("fixtures/purchase-token-refused.json");

#[track_caller]
fn refused(purchase: Result<Purchase, ekolopay::InvalidInput>, text: &str) {
    assert_eq!(purchase.unwrap_err().to_string(), text);
}

#[test]
fn an_order_that_breaks_a_rule_is_refused_by_its_field() {
    let (product, customer) = (|| Product::new("Iphone S"), || Customer::new("066304925"));
    refused(Purchase::new(0, product(), customer()), "amount must be greater than zero");
    refused(Purchase::new(u64::MAX, product(), customer()), "amount must fit a signed 64-bit integer");
    refused(Purchase::new(1, Product::new(""), customer()), "product.label must not be blank");
    refused(Purchase::new(1, Product::new(" \n"), customer()), "product.label must not be blank");
    refused(Purchase::new(1, product(), Customer::new("")), "customer.phone must not be blank");
    refused(Purchase::new(1, product(), Customer::new("\t")), "customer.phone must not be blank");
    assert!(Purchase::new(i64::MAX as u64, product(), customer()).is_ok());
}

/// The form as the gateway gets it: every key once, JSON decoded.
fn sent(purchase: &Purchase) -> BTreeMap<String, Value> {
    let transport = Canned::new().reply(200, TOKEN);
    over(transport.clone()).create_purchase_token(purchase).unwrap();
    let requests = transport.requests();
    assert_eq!(requests[1].endpoint(), Endpoint::PurchaseToken);
    assert_eq!(requests[1].url(), "https://ekolopay.com/api/v1/gateway/purchase-token?api_client=demo");
    assert_eq!(requests[1].content_type(), "application/x-www-form-urlencoded");
    let pairs: Vec<(String, String)> = form_urlencoded::parse(requests[1].body()).into_owned().collect();
    let form: BTreeMap<_, _> = pairs
        .iter()
        .map(|(key, text)| match key.as_str() {
            "product" | "customer" => (key.clone(), serde_json::from_str(text).unwrap()),
            _ => (key.clone(), Value::from(text.as_str())),
        })
        .collect();
    assert_eq!(form.len(), pairs.len(), "no key twice: {pairs:?}");
    form
}

#[test]
fn the_documented_order_is_sent_as_documented() {
    let purchase = Purchase::new(
        150_000,
        Product::new("Achat d'un Iphone S").details("Iphone S, 32 GB, Gris..."),
        Customer::new("066304925").uuid("d34f747e-8876-428c-9466-becf59177bde").name("Kanza"),
    );
    let expected = json!({
        "amount": "150000",
        "product": {"label": "Achat d'un Iphone S", "amount": 150_000, "details": "Iphone S, 32 GB, Gris..."},
        "customer": {"uuid": "d34f747e-8876-428c-9466-becf59177bde", "name": "Kanza", "phone": "066304925"},
        "secret_key": "054e9a59-ab57-4e9a-940d-97e6b940d875",
    });
    assert_eq!(json!(sent(&purchase.unwrap())), expected);
}

#[test]
fn unset_fields_are_left_out_and_the_amount_is_sent_twice() {
    let form = sent(&purchase());
    assert_eq!(form["amount"], "150000");
    assert_eq!(form["product"], json!({"label": "Achat d'un Iphone S", "amount": 150_000}));
    assert_eq!(form["customer"], json!({"phone": "066304925"}));
}

#[test]
fn any_text_arrives_as_it_was() {
    for text in ["é & = + % ;", "\"\\/\u{0}\r\n", "漢字 👩‍👩‍👧", "{\"amount\":1}", "&secret_key=x", "%00%FF"]
    {
        let product = Product::new(format!("x{text}")).details(text);
        let form = sent(&Purchase::new(7, product, Customer::new(format!("0{text}")).name(text).uuid(text)).unwrap());
        assert_eq!(form["product"], json!({"label": format!("x{text}"), "amount": 7, "details": text}));
        assert_eq!(form["customer"], json!({"phone": format!("0{text}"), "name": text, "uuid": text}));
    }
}

#[test]
fn the_documented_replies_are_read() {
    let gateway = over(Canned::new().reply(200, TOKEN).reply(200, REFUSED));
    assert_eq!(gateway.create_purchase_token(&purchase()).unwrap().as_str(), "string");
    let error = gateway.create_purchase_token(&purchase()).unwrap_err();
    assert!(matches!(&error, Error::Refused { code: 0, message, .. } if message == "string"), "{error:?}");
}

#[track_caller]
fn unexpected(data: &Value, expected: &str) {
    let reply = json!({"response": {"API_RESPONSE_CODE": 200, "API_RESPONSE_DATA": {"API_DATA": data}}});
    let gateway = over(Canned::new().reply(200, reply.to_string()));
    let (status, reason, _) = merchant::unexpected(gateway.create_purchase_token(&purchase()).unwrap_err());
    assert_eq!((status, reason), (200, expected));
}

#[test]
fn a_reply_without_a_usable_token_is_unexpected() {
    for data in
        [json!({}), json!({"purchaseToken": null}), json!({"purchaseToken": 5}), json!({"purchaseToken": ["a"]})]
    {
        unexpected(&data, "purchaseToken is not a string");
    }
    for text in ["", ".", "..", "a b", "é", "a\n", "x".repeat(1025).as_str()] {
        unexpected(&json!({"purchaseToken": text}), "purchaseToken is not a valid token");
    }
    for data in [Value::Null, json!(["t"]), json!("t")] {
        unexpected(&data, "code 200 without an API_DATA object");
    }
    let twice = TOKEN.replace("\"string\"", "\"a\", \"purchaseToken\": \"b\"");
    let error = over(Canned::new().reply(200, twice)).create_purchase_token(&purchase()).unwrap_err();
    assert_eq!(merchant::unexpected(error).1, "purchaseToken is not a string");
    for text in [SECRET_KEY.to_owned(), format!("no token, but {SECRET_KEY}")] {
        unexpected(&json!({"purchaseToken": text}), "purchaseToken holds the secret key");
    }
}

#[test]
fn a_token_becomes_its_text_and_is_found_by_it() {
    assert_eq!(String::from(token()), token().as_str());
    let text = token().to_string();
    assert_eq!(HashMap::from([(token(), 7)]).get(text.as_str()), Some(&7));
    assert_eq!(BTreeMap::from([(token(), 7)]).get(text.as_str()), Some(&7));
}

#[test]
fn a_token_is_visible_ascii_of_bounded_length_and_no_dots() {
    #[track_caller]
    fn refused(text: &str, reason: &str) {
        let invalid = PurchaseToken::new(text).unwrap_err();
        assert_eq!((invalid.field(), invalid.reason()), ("purchaseToken", reason));
        assert_eq!(text.parse::<PurchaseToken>().unwrap_err(), invalid);
        assert_eq!(PurchaseToken::try_from(text.to_owned()).unwrap_err(), invalid);
        assert_eq!(PurchaseToken::try_from(text).unwrap_err(), invalid);
        let json = serde_json::to_string(text).unwrap();
        let error = serde_json::from_str::<PurchaseToken>(&json).unwrap_err().to_string();
        assert!(error.starts_with(&invalid.to_string()), "{error}");
    }
    refused("", "must not be empty");
    for text in ["a b", "a\n", "é", "\u{0}", "a\u{7f}"] {
        refused(text, "must be visible ASCII characters only");
    }
    refused(&"x".repeat(1025), "must be at most 1,024 bytes long");
    refused(".", "must not be `.` or `..`");
    refused("..", "must not be `.` or `..`");
    for text in ["x", "...", ".a", &"x".repeat(1024), &('!'..='~').collect::<String>()] {
        let token = PurchaseToken::new(text).unwrap();
        assert_eq!((token.as_str(), token.as_ref(), token.to_string().as_str()), (text, text, text));
        let json = serde_json::to_string(&token).unwrap();
        assert_eq!(json, serde_json::to_string(text).unwrap());
        assert_eq!(serde_json::from_str::<PurchaseToken>(&json).unwrap(), token);
    }
    assert!(serde_json::from_str::<PurchaseToken>("5").is_err());
    assert_eq!(format!("[{:>4}]", PurchaseToken::new("ab").unwrap()), "[  ab]");
}

#[test]
fn the_payment_page_has_the_token_as_one_segment_of_its_path() {
    let gateway = Gateway::builder(credentials()).transport(Canned::new()).build().unwrap();
    let url = |text: &str| gateway.payment_url(&text.parse().unwrap());
    assert_eq!(gateway.payment_url(&token()), "https://ekolopay.com/purchase-product/940d4e9aab5797e6055e1259b84a9875");
    // RFC 3986, section 2.3: only these are left as they are.
    assert_eq!(url("aZ09-._~"), "https://ekolopay.com/purchase-product/aZ09-._~");
    let others: String = ('!'..='~').filter(|c| !c.is_ascii_alphanumeric() && !"-._~".contains(*c)).collect();
    let encoded: String = others.bytes().map(|byte| format!("%{byte:02X}")).collect();
    assert_eq!(others.len(), 94 - 62 - 4);
    assert_eq!(url(&others), format!("https://ekolopay.com/purchase-product/{encoded}"));
    assert_eq!(url("%7E/../?#"), "https://ekolopay.com/purchase-product/%257E%2F..%2F%3F%23");
}

#[test]
fn what_people_type_becomes_the_documented_number() {
    for typed in [
        "066304925",
        " 06 630 49 25 ",
        "06\u{a0}630\u{202f}49\u{a0}25",
        "06.630.49.25",
        "06-630-49-25",
        "06/630/49/25",
        "06−630·49−25",
        "(06) 630 49 25",
        "tel:+242066304925",
        "Tel: 06 630 49 25",
        "+242 06 630 49 25",
        "00242 066304925",
        "242066304925",
        "\u{202a}06 630 49 25\u{202c}",
        "\u{202d}tel:066304925",
        "\u{200b}066304925\u{feff}",
    ] {
        let phone: PhoneNumber = typed.parse().unwrap_or_else(|invalid| panic!("{typed:?}: {invalid}"));
        assert_eq!((phone.as_str(), phone.to_string().as_str()), ("066304925", "066304925"));
        assert_eq!(phone.grouped(), "06 630 49 25");
        assert_eq!(String::from(phone), "066304925");
    }
    let customer = Customer::new(PhoneNumber::try_from("+242 06 630 49 25").unwrap());
    let form = sent(&Purchase::new(1, Product::new("Iphone S"), customer).unwrap());
    assert_eq!(form["customer"], json!({"phone": "066304925"}));
}

#[test]
fn anything_else_is_not_a_number_of_congo() {
    for typed in
        "|+|tel:|66304925|+24266304925|0663049250|166304925|06630492x|+33612345678|+066304925|00066304925|06 630 49 25 \
         ou 05|242|242242066304925|+242+066304925|٠٦٦٣٠٤٩٢٥|０６６３０４９２５|06630492５|001234567|00 066304925"
            .split('|')
    {
        let invalid = typed.parse::<PhoneNumber>().unwrap_err();
        assert_eq!(invalid.to_string(), "customer.phone must have nine digits, the first a zero", "{typed:?}");
    }
}
