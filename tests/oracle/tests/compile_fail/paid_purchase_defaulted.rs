fn is_default<T: Default>() {}

fn main() {
    is_default::<ekolopay::verify::PaidPurchase>();
}
