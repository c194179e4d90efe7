//! `doctor`, against gateways that answer well, otherwise, and not at all.

use crate::support::*;

#[test]
fn what_is_right_or_wrong_is_named_and_nothing_is_created() {
    let [sandbox, out_of_service] = [(); 2].map(|()| Sandbox::start().unwrap());
    let token = sandbox.add_payment("Iphone S", 150_000);
    sandbox.settle(&token, Settlement::Paid);
    out_of_service.set_in_service(false);
    let plain = Sandbox::builder().plain_errors(true).start().unwrap();
    let [paid, page] = [paid(), response(200, "<html>\u{1b}[31m")].map(|reply| server(move |_| reply.clone()));
    let other_key = Sandbox::builder().secret_key("another").start().unwrap();
    let (authority, folder) = (Authority::new(), Folder::new(""));
    folder.write("roots.pem", authority.pem());
    let tls = |config| {
        let server = Server::play(move |client| client.tls(&config));
        server.origin.replace("http://127.0.0.1", "https://localhost")
    };
    let doctor = |origin: &str| run(folder.ekolopay(origin, "doctor --root-certificates roots.pem"), "");
    for (run, code, part) in [
        (run_at(&sandbox.origin(), &format!("doctor --token {token}")), 0, "✓ your token: HTTP 200"),
        (run_at(&sandbox.origin(), "doctor --try-wrong-key"), 0, "✓ key: the reply differs with a made-up key"),
        (run_at(&sandbox.origin(), "doctor --token a"), 1, "✗ your token: HTTP 200"),
        (
            doctor(&other_key.origin()),
            1,
            "key\n  → the key may not be accepted: look at both variables, and at Domain Ori",
        ),
        (doctor("http://example.com"), 2, "✗ origin: EKOLOPAY_ORIGIN must be https"),
        (doctor(NOBODY), 4, "✗ connection: 127.0.0.1:1: Connection refused"),
        (doctor(&tls(authority.expired_config("localhost"))), 4, "→ the certificate has expired, or is not valid"),
        (doctor(&tls(authority.config("other.example"))), 4, "→ the certificate is for another name"),
        (doctor(&tls(Authority::new().config("localhost"))), 4, "→ the certificate is from an authority that is not"),
        (doctor(&out_of_service.origin()), 3, "✗ availability: HTTP 200"),
        (doctor(&plain.origin()), 1, "not documented; the SDK reads: the gateway refused with code 0"),
        (doctor(&paid.origin), 1, "paid, for a token that nobody made"),
        (doctor(&page.origin), 1, "unexpected: the body is not"),
    ] {
        assert!(run.code == code && run.out.contains(part), "{part}: {run:?}");
        assert!(code > 0 || !run.out.contains('✗'), "{run:?}");
    }
    assert_eq!((sandbox.payments().len(), plain.payments().len()), (1, 0));
    // By itself it sends no wrong key.
    assert!(paid.requests().iter().all(|sent| sent.is_check() || sent.body.contains(KEY)), "{:?}", paid.requests());
}

#[test]
fn a_report_behind_a_proxy_holds_no_secret() {
    let (authority, folder) = (Authority::new(), Folder::new("A1"));
    folder.write("roots.pem", authority.pem());
    run(folder.ekolopay(NOBODY, "doctor --report orders.csv"), "").says(2, "the report must be a new file");
    assert_eq!(fs::read_to_string(folder.path("orders.csv")).unwrap(), "A1");
    let config = authority.config("gateway.example");
    // It is the gateway too, and answers with what it was sent.
    let proxy = Server::play(move |client| {
        client.request()?;
        client.write(b"HTTP/1.1 200 OK\r\n\r\n")?;
        client.tls(&config)?;
        client.serve(|sent| response(200, &format!("{} {}", sent.head.replace("\r\n", " "), sent.body)))
    });
    let arguments = "doctor --token own%2Ftoken --root-certificates roots.pem --report report.txt --try-wrong-key";
    let mut doctor = folder.ekolopay("https://gateway.example", arguments);
    doctor.env("HTTPS_PROXY", proxy.origin.replace("//", "//user:sesame@"));
    doctor.env("EKOLOPAY_API_CLIENT", "client-of-mine");
    let run = run(doctor, "");
    let report = fs::read_to_string(folder.path("report.txt")).unwrap();
    assert_eq!(run.code, 1, "{report}");
    for text in [&run.out, &report] {
        for part in ["✓ proxy: 127.0.0.1:", "✓ TLS: ", "[secret key]", "[api_client]", "[token]"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        for secret in [KEY, "client-of-mine", "own%2Ftoken", "own%252Ftoken", "sesame"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
