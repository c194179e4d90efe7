trait Read {}
impl<T: serde::de::DeserializeOwned> Read for T {}

fn is_read<T: Read>() {}

fn main() {
    is_read::<ekolopay::verify::PaidPurchase>();
}
