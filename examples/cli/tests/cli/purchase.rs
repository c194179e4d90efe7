//! `purchase`

use ekolopay_sandbox::Sandbox;
use serde_json::json;

use crate::program::run_at;

#[test]
fn every_option_reaches_the_gateway() {
    let sandbox = Sandbox::start().unwrap();
    let order = "purchase|--json|--amount=150000|--label=Achat d'un Iphone S|--phone=066304925|--name=Kanza|\
                 --details=Iphone S, 32 GB|--uuid=d34f747e";
    let run = run_at(&sandbox.origin(), &order.split('|').collect::<Vec<_>>());
    let payment = sandbox.payments().pop().unwrap();
    let url = format!("{}/purchase-product/{}", sandbox.origin(), payment.token);
    run.says(0, "");
    assert_eq!(run.json(), [json!({ "purchaseToken": payment.token, "paymentUrl": url })]);
    assert_eq!((payment.amount, payment.label.as_str()), (150_000, "Achat d'un Iphone S"));
    assert_eq!((payment.phone.as_str(), payment.details.as_deref()), ("066304925", Some("Iphone S, 32 GB")));
    assert_eq!((payment.name.as_deref(), payment.uuid.as_deref()), (Some("Kanza"), Some("d34f747e")));
}
