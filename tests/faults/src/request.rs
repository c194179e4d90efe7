/// The form of the availability check.
const CHECK: &[u8] = b"purchaseToken=";

/// A request, as far as it arrived.
#[derive(Debug, Clone)]
pub struct PartialRequest {
    /// What the request line says between `POST` and `HTTP/1.1`.
    pub target: String,
    /// Its header `Host`.
    pub host: String,
    /// The length that its head promises.
    pub length: usize,
    /// The body, perhaps cut.
    pub body: Vec<u8>,
}

impl PartialRequest {
    /// The request at the beginning of these bytes, once its head is whole; and how many bytes it has in all.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(PartialRequest, usize)> {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(start)) = head.parse(bytes) else { return None };
        let header = |name: &str| {
            let header = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(header.value).ok()
        };
        let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let host = header("host").unwrap_or_default().to_owned();
        let body = bytes[start..].iter().take(length).copied().collect();
        Some((PartialRequest { target: head.path?.to_owned(), host, length, body }, start + length))
    }

    /// The availability check, known by its length: its body may not have come yet.
    pub fn is_check(&self) -> bool {
        self.length == CHECK.len() && CHECK.starts_with(&self.body)
    }

    /// The value of a key of its form.
    pub fn value(&self, key: &str) -> Option<String> {
        let value = form_urlencoded::parse(&self.body).find(|(name, _)| name == key);
        value.map(|(_, value)| value.into_owned())
    }
}

/// What reached a server.
#[derive(Debug)]
pub struct Received {
    /// How many connections were opened.
    pub connections: usize,
    /// The requests of all connections.
    pub requests: Vec<PartialRequest>,
}

impl Received {
    /// From the bytes of each connection.
    pub(crate) fn parse(connections: &[Vec<u8>]) -> Received {
        let mut requests = Vec::new();
        for mut bytes in connections.iter().map(Vec::as_slice) {
            while let Some((request, length)) = PartialRequest::parse(bytes) {
                requests.push(request);
                bytes = bytes.get(length..).unwrap_or_default();
            }
        }
        Received { connections: connections.len(), requests }
    }

    /// The calls, if at least one byte of their body came.
    pub fn calls(&self) -> Vec<&PartialRequest> {
        self.requests.iter().filter(|request| !request.body.is_empty() && !request.is_check()).collect()
    }
}
