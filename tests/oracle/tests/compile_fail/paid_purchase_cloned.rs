fn is_clone<T: Clone>() {}

fn main() {
    is_clone::<ekolopay::verify::PaidPurchase>();
}
