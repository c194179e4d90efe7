trait IsWritten {}

// Else the message lists some of the types that serde knows, and changes with them.
#[diagnostic::do_not_recommend]
impl<T: serde::Serialize> IsWritten for T {}

fn is_written<T: IsWritten>() {}

fn main() {
    is_written::<ekolopay::Credentials>();
}
