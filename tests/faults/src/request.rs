/// The form of the availability check.
const CHECK: &[u8] = b"purchaseToken=";

/// A request, as far as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// What the request line says between `POST` and `HTTP/1.1`.
    pub target: String,
    /// The length that its head promises.
    pub length: usize,
    /// The body, perhaps cut.
    pub body: Vec<u8>,
}

impl Request {
    /// The request at the beginning of these bytes, once its head is whole; and how many bytes it has in all.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(Request, usize)> {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(start)) = head.parse(bytes) else { return None };
        let length = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok()).unwrap_or(0);
        let body = bytes[start..].iter().take(length).copied().collect();
        Some((Request { target: head.path?.to_owned(), length, body }, start + length))
    }

    /// The availability check, known by its length: its body may not have come yet.
    pub fn is_check(&self) -> bool {
        self.length == CHECK.len() && CHECK.starts_with(&self.body)
    }

    /// One of the two calls, if at least one byte of its body came.
    pub fn is_call(&self) -> bool {
        !self.body.is_empty() && !self.is_check()
    }

    /// The value of a key of its form.
    pub fn value(&self, key: &str) -> Option<String> {
        let value = form_urlencoded::parse(&self.body).find(|(name, _)| name == key);
        value.map(|(_, value)| value.into_owned())
    }
}

/// Everything that reached a server: the bytes of each connection, in the order in which the connections were opened.
#[derive(Debug)]
pub struct Received(pub(crate) Vec<Vec<u8>>);

impl Received {
    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.0.len()
    }

    /// The requests of all connections.
    pub fn requests(&self) -> Vec<Request> {
        self.0.iter().flat_map(|bytes| requests(bytes)).collect()
    }

    /// The calls, if at least one byte of their body came.
    pub fn calls(&self) -> Vec<Request> {
        self.requests().into_iter().filter(Request::is_call).collect()
    }
}

fn requests(mut bytes: &[u8]) -> Vec<Request> {
    let mut requests = Vec::new();
    while let Some((request, length)) = Request::parse(bytes) {
        requests.push(request);
        bytes = bytes.get(length..).unwrap_or_default();
    }
    requests
}
