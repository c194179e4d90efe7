//! The commands for one order, what reaches the gateway and the shop, and the errors.

use crate::support::*;

#[test]
fn an_order_reaches_the_gateway_whole_with_its_number_cleaned() {
    let sandbox = Sandbox::start().unwrap();
    let mut order = ekolopay(&sandbox.origin(), "purchase --json --amount=150000 --name=Kanza");
    order.args(["--label=Achat d'un Iphone S", "--phone=+242 06\u{a0}630.49 25", "--details=Iphone S, 32 GB"]);
    let run = run(order, "");
    let payment = sandbox.payments().pop().unwrap();
    let url = format!("{}/purchase-product/{}", sandbox.origin(), payment.token);
    assert_eq!(run.json(), [json!({ "purchaseToken": payment.token, "paymentUrl": url })]);
    assert_eq!((payment.amount, payment.label.as_str()), (150_000, "Achat d'un Iphone S"));
    assert_eq!((payment.phone.as_str(), payment.details.as_deref()), ("066304925", Some("Iphone S, 32 GB")));
    assert_eq!(payment.name.as_deref(), Some("Kanza"));
}

#[test]
fn the_worst_of_several_tokens_decides() {
    let sandbox = Sandbox::start().unwrap();
    let (open, settled) = (sandbox.add_payment("Iphone S", 150_000), sandbox.add_payment("Iphone S", 150_000));
    sandbox.settle(&settled, Settlement::Paid);
    let check = |tokens: &str, input: &str| run(ekolopay(&sandbox.origin(), &format!("check {tokens}")), input);
    assert_eq!(check(&format!("{settled} {open}"), "").code, 10);
    let standard_input = check("a - --json", &format!("\u{feff}{settled}\r\n\n b\n"));
    assert_eq!(standard_input.code, 1);
    let refused = json!({ "purchaseToken": "b", "error": "refused", "mayHaveActed": false, "because": [],
        "reason": "the gateway refused with code 0: \"purchaseToken inconnu.\"" });
    assert_eq!(standard_input.json()[1..], [json!({ "purchaseToken": settled, "paymentSuccessful": true }), refused]);
    check(&format!("é {settled}"), "").says(2, "token 1: purchaseToken must be visible ASCII");
    check("-", KEY).says(2, "tokens must not hold the secret key");
    check(KEY, "").says(2, "an argument is the secret key");
    check(&format!("a --origin={KEY}"), "").says(2, "an argument is the secret key");
}

#[test]
fn the_wait_ends_with_the_payment_or_the_time() {
    let refusing = thread::spawn(|| {
        let (refusing, started) = (server(|_| refusal("\u{1b}[31m\u{9b}2J\u{202e}\n")), Instant::now());
        run_at(&refusing.origin, "check --wait 10m a").says(1, "error: a: ");
        assert!((Duration::from_secs(10)..Duration::from_secs(20)).contains(&started.elapsed()));
    });
    let replies = [response(500, "<html>"), Vec::new(), refusal("pas encore"), response(200, NOT_PAID), paid()];
    let replies = Mutex::new(replies.into_iter());
    let late = server(move |_| replies.lock().unwrap().next().unwrap());
    assert_eq!(run_at(&late.origin, "check --wait 10m a").out, "a paid\n");
    assert_eq!(run_at(&server(|_| response(200, NOT_PAID)).origin, "check --wait 1s a").code, 10);
    let silent = Server::start(|_| never());
    run_at(&silent.origin, "check --wait 1s --timeout 2s a b").says(4, "error: b: not asked before the end\n");
    refusing.join().unwrap();
}

#[test]
fn a_callback_is_passed_on_at_once_and_checked_later() {
    // Below those that systems give to others meanwhile.
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = std::iter::repeat_with(|| fastrand::u16(10_000..30_000)).find(is_free).unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let slow = Sandbox::builder().latency(Duration::from_secs(1)).callback_url(&url).start().unwrap();
    let token = slow.add_payment("Iphone S", 150_000);
    let (authority, folder) = (Authority::new(), Folder::new(""));
    folder.write("roots.pem", authority.pem());
    // A company's own shop.
    let shop = Server::start_tls(authority.config("localhost"), |_| response(202, ""));
    let arguments = format!("--port {port} --forward-to {}/paid?x=1 --root-certificates roots.pem", shop.origin);
    let mut listen = folder.ekolopay(&slow.origin(), &format!("listen --json {arguments}"));
    listen.stdout(Stdio::piped()).stderr(fs::File::create(folder.path("said.txt")).unwrap());
    let mut listen = Killed(listen.spawn().unwrap());
    let lines = BufReader::new(listen.0.stdout.take().unwrap()).lines();
    let mut printed = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    assert_eq!(printed.next().unwrap(), json!({ "listening": url }));
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let send = |body: &str| agent.post(&url).send(body).unwrap();

    let mut answer = send("purchaseToken=a");
    assert_eq!(answer.status().as_u16(), 400);
    assert_eq!(answer.body_mut().read_to_string().unwrap(), "paymentSuccessful is missing\n");
    let said = fs::read_to_string(folder.path("said.txt")).unwrap();
    let refused = said.starts_with('\n') && said.ends_with(" this is not a callback: paymentSuccessful is missing\n");
    assert!(refused && shop.requests().is_empty(), "{said:?}");

    let claim = format!("purchaseToken={token}&paymentSuccessful=true&status=SUCCESS&message=");
    let start = Instant::now();
    assert_eq!(send(&claim).status().as_u16(), 202);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let requests = shop.requests();
    assert!(requests[0].head.starts_with("POST /paid?x=1 ") && requests[0].body == claim, "{requests:?}");
    let mut checked = printed.next().unwrap();
    assert!(parse_rfc3339(checked["time"].take().as_str().unwrap()).is_ok());
    let expected = json!({ "claim": { "purchaseToken": token, "paymentSuccessful": true, "status": "SUCCESS",
        "message": "" }, "forwarded": 202, "verified": true, "agrees": false, "purchaseToken": token,
        "paymentSuccessful": false, "time": null });
    assert_eq!(checked, expected);

    let trigger = format!("trigger paid {token}");
    assert_eq!(run_at(&slow.origin(), &trigger).out, format!("{token} settled: paid\ncallback: HTTP 202\n"));
    let checked = printed.next().unwrap();
    assert_eq!((&checked["purchaseToken"], &checked["agrees"]), (&json!(token), &json!(true)));
    run_at(&slow.origin(), &trigger).says(2, "the local gateway refused: ");

    let mut listen = ekolopay(&slow.origin(), "listen --forward-to http://marie:motdepasse@127.0.0.1:1/paid?cle=x");
    let mut listen = Killed(listen.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(listen.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let here = lines.next().unwrap();
    let answer = agent.post(here.split([' ', ',']).nth(2).unwrap()).send(&claim).unwrap();
    assert_eq!(answer.status().as_u16(), 502);
    let said = lines.find(|line| line.contains("did not answer")).unwrap();
    assert!(said.starts_with("The shop did not answer: 127.0.0.1:1/paid: io: "), "{said}");

    let itself = format!("listen --port {port} --forward-to {url}/x");
    run_at(NOBODY, &itself).says(2, "forward-to must be an http or https URL other than this one");
    run_at(NOBODY, &format!("listen --port {port}")).says(5, &format!("cannot listen on port {port}"));
}

#[test]
fn an_error_says_what_to_do() {
    let (other, stranger) = (server(|_| paid()), Server::start_tls(Authority::new().config("localhost"), |_| paid()));
    for (origin, arguments, code, text) in [
        (NOBODY, "check a", 4, "  because: 127.0.0.1:1 refused the connection\n"),
        (NOBODY, "check a --root-certificates /no/such/file", 2, "cannot read /no/such/file"),
        (&stranger.origin, "check a", 4, "\n  tip: the certificate is from an authority that is not trusted"),
        ("http://example.com", "check a", 2, "EKOLOPAY_ORIGIN must be https: http is for loopback hosts only"),
        (NOBODY, "availability --origin http://example.com", 2, "error: origin must be https"),
        (NOBODY, "purchase --label a --phone 066304925 --amount=-1", 2, "must be a whole number, digits only"),
        (NOBODY, "purchase --label a --phone 12 --amount 5", 2, "invalid value '12' for '--phone <PHONE>'"),
        (NOBODY, "trigger paid a", 4, "no answer from 127.0.0.1:1"),
        ("", "trigger paid a", 2, "origin must be that of the local gateway"),
        (&other.origin, "trigger paid a", 2, "is not the local gateway: it answered HTTP 200"),
        (NOBODY, "reconcile - -o out.csv --shard 2/2", 2, "must be I/N with I less than N"),
    ] {
        run_at(origin, arguments).says(code, text);
    }
    run(ekolopay(NOBODY, "callback"), " {}").says(2, "is missing (a form is expected; this looks like JSON)");
    let out_of_service = Server::start(|_| response(200, UNAVAILABLE));
    let without_key = |arguments| {
        let mut program = ekolopay(&out_of_service.origin, arguments);
        program.env_remove("EKOLOPAY_SECRET_KEY");
        run(program, "")
    };
    without_key("check a").says(2, "error: EKOLOPAY_SECRET_KEY is not set\n\n  tip: both ");
    without_key("availability").says(3, "Service indisponible");
    assert!(without_key("doctor").out.starts_with("✗ variables: EKOLOPAY_SECRET_KEY is not set"));
    assert!(out_of_service.requests().iter().all(RawRequest::is_check), "no secret is sent");
}
