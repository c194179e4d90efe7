fn is_serialize<T: serde::Serialize>() {}

fn main() {
    is_serialize::<ekolopay::Credentials>();
}
