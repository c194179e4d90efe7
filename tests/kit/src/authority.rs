use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::version::TLS13;
use rustls::{ServerConfig, SupportedProtocolVersion};

/// A certificate authority made on the spot, which nobody trusts unless told to.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    #[expect(clippy::new_without_default, reason = "each is another authority")]
    pub fn new() -> Authority {
        // Authorities are found by their names: of two with the same name, OpenSSL tries only one.
        static NUMBER: AtomicUsize = AtomicUsize::new(1);

        let mut params = CertificateParams::default();
        let name = format!("Test authority {}", NUMBER.fetch_add(1, Ordering::SeqCst));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Authority { issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate") }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// TLS 1.3 with a certificate for this host.
    pub fn config(&self, host: &str) -> Arc<ServerConfig> {
        self.sign(host, 2999, &TLS13)
    }

    /// The same with a certificate that expired years ago.
    pub fn expired_config(&self, host: &str) -> Arc<ServerConfig> {
        self.sign(host, 2021, &TLS13)
    }

    /// TLS of this version with a certificate for this host, until this year.
    pub fn sign(&self, host: &str, until: i32, version: &'static SupportedProtocolVersion) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new([host.to_owned()]).expect("a host name");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .expect("a version that ring can speak")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key.into());
        Arc::new(config.expect("the key fits the certificate"))
    }
}
