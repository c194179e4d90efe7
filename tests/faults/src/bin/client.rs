//! See `ekolopay_faults::client`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    #[cfg(target_os = "linux")]
    ekolopay_faults::client::run()?;
    Ok(())
}
