fn main() {
    let token = "a".parse().unwrap();
    let _ = ekolopay::verify::PaidPurchase { token };
}
