fn is_display<T: std::fmt::Display>() {}

fn main() {
    is_display::<ekolopay::Credentials>();
}
