fn main() {
    let credentials = ekolopay::Credentials::new("demo", "a-secret-key").unwrap();
    let _ = credentials == credentials.clone();
}
