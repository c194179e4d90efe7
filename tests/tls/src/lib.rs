//! A certificate authority and a TLS server on loopback, for tests of clients that are to trust only the right ones.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::PrivateKeyDer;
use rustls::{DEFAULT_VERSIONS, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

/// An authority made on the spot, which nobody trusts unless told to.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// A new authority with a key of its own.
    ///
    /// # Panics
    ///
    /// When no key can be made.
    #[must_use]
    pub fn new() -> Authority {
        // Authorities are found by their names: OpenSSL tries no second one of the same.
        static NUMBER: AtomicUsize = AtomicUsize::new(1);

        let mut params = CertificateParams::default();
        let name = format!("Test authority {}", NUMBER.fetch_add(1, Ordering::SeqCst));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Authority { issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate") }
    }

    /// The authority's certificate, as a merchant would be given it.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server that proves with this authority to be `host`.
    ///
    /// # Panics
    ///
    /// When `host` is no name or address.
    pub fn server(&self, host: &str) -> TlsServer {
        TlsServer::start(self.config(host))
    }

    /// The same with a certificate that ran out years ago.
    ///
    /// # Panics
    ///
    /// When `host` is no name or address.
    pub fn expired_server(&self, host: &str) -> TlsServer {
        TlsServer::start(self.expired_config(host))
    }

    /// How a server proves with this authority to be `host`, for servers other than [`TlsServer`].
    ///
    /// # Panics
    ///
    /// When `host` is no name or address.
    pub fn config(&self, host: &str) -> Arc<ServerConfig> {
        self.config_speaking(host, ring::default_provider(), DEFAULT_VERSIONS)
    }

    /// The same for a server that speaks these versions with this cryptography alone.
    ///
    /// # Panics
    ///
    /// When `host` is no name or address, or the two do not fit.
    pub fn config_speaking(
        &self,
        host: &str,
        provider: CryptoProvider,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        self.sign(&CertificateParams::new([host.to_owned()]).expect("a host name"), provider, versions)
    }

    /// The same with a certificate that ran out years ago.
    ///
    /// # Panics
    ///
    /// When `host` is no name or address.
    pub fn expired_config(&self, host: &str) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new([host.to_owned()]).expect("a host name");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        self.sign(&params, ring::default_provider(), DEFAULT_VERSIONS)
    }

    fn sign(
        &self,
        params: &CertificateParams,
        provider: CryptoProvider,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a PKCS #8 key");
        let config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .expect("versions that the provider can speak")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("the key fits the certificate");
        Arc::new(config)
    }
}

impl Default for Authority {
    fn default() -> Authority {
        Authority::new()
    }
}

/// A gateway that says paid to every call, over TLS, and keeps the bodies it was sent.
#[derive(Debug)]
pub struct TlsServer {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    connections: Arc<AtomicUsize>,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl TlsServer {
    fn start(config: Arc<ServerConfig>) -> TlsServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (connections, bodies) = <(Arc<AtomicUsize>, Arc<Mutex<Vec<String>>>)>::default();
        let server = TlsServer { port, connections: Arc::clone(&connections), bodies: Arc::clone(&bodies) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (config, bodies) = (Arc::clone(&config), Arc::clone(&bodies));
                thread::spawn(move || serve(stream, config, &bodies));
            }
        });
        server
    }

    /// The bodies of all requests that came whole.
    ///
    /// # Panics
    ///
    /// When a thread of the server did.
    pub fn bodies(&self) -> Vec<String> {
        self.bodies.lock().expect("no thread panicked").clone()
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Ends, quietly, as soon as anything is not as it should be: the client tells what it made of it.
fn serve(stream: TcpStream, config: Arc<ServerConfig>, bodies: &Mutex<Vec<String>>) -> Option<()> {
    let connection = ServerConnection::new(config).ok()?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            (reader.read_line(&mut head).ok()? > 0).then_some(())?;
        }
        let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length?];
        reader.read_exact(&mut body).ok()?;
        bodies.lock().ok()?.push(String::from_utf8(body).ok()?);
        let paid =
            r#"{"response":{"API_RESPONSE_CODE":200,"API_RESPONSE_DATA":{"API_DATA":{"payment_successful":true}}}}"#;
        write!(reader.get_mut(), "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{paid}", paid.len()).ok()?;
    }
}
