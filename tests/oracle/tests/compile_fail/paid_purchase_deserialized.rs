trait IsRead {}

// Else the message lists some of the types that serde knows, and changes with them.
#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned> IsRead for T {}

fn is_read<T: IsRead>() {}

fn main() {
    is_read::<ekolopay::verify::PaidPurchase>();
}
