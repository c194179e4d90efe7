//! What the gateway does at night, and what `reconcile` makes of it.

use crate::support::*;

#[test]
fn each_answer_is_one_row_with_its_time_and_an_order_paid_twice_is_named() {
    let answer = |token: &str| match token {
        "t0" | "t1" | "t2" => paid(),
        "t3" => response(200, NOT_PAID),
        // A plain error of the company's newer API is a refusal too.
        "t4" => response(500, r#"{"code":0,"reason":"INVALID","message":"non"}"#),
        _ => refusal("=1\r\n\u{1b}[31mrouge\u{7}, \"é\""),
    };
    let folder = Folder::new("order,token\nA1 ,t0\n'A1,t1\n\"=\"\"A1\"\"\",t2\nA2,t3\nA3,t4\nA4,t5\n");
    for origin in [&server(answer).origin, NOBODY] {
        let run = folder.run(origin, "--threads 1 --json");
        run.says(1, "paid              3\nnot_paid          1\nrefused           2\nleft              0\n");
        run.says(1, "\nPaid twice: look whether to refund one.\n  line 3: A1\n  line 4: A1\nNothing is known ");
        let counts = json!({ "paid": 3, "not_paid": 1, "refused": 2, "not_judged": 0, "left": 0 });
        assert_eq!(run.json(), [json!({ "counts": counts, "paidTwice": 2, "stopped": null })]);
    }
    let rows = folder.rows();
    let outcomes: Vec<&str> = rows.iter().map(|row| row[2].as_str()).collect();
    assert_eq!(outcomes, ["paid", "paid", "paid", "not_paid", "refused", "refused"]);
    assert!(rows.iter().all(|row| parse_rfc3339(&row[3]).is_ok()));
    assert!(rows[5][4].contains("rouge") && !rows[5][4].contains(char::is_control), "{rows:?}");
}

#[test]
fn a_wrong_key_writes_no_rows_and_asks_ten_times() {
    let server = server(|_| refusal("secret_key incorrecte"));
    let folder = Folder::new(numbered(1000));
    let run = folder.run(&server.origin, "");
    run.says(1, "not_judged       10\nleft          1,000\n");
    run.says(1, "secret_key incorrecte");
    assert_eq!((folder.output().as_str(), checked(&server).len()), (HEADER, 10));

    let few = Folder::new(numbered(3));
    few.run(&server.origin, "").says(1, "not_judged        3\nleft              3\n");
    assert_eq!(few.output(), HEADER);
    few.run(&server.origin, "--accept-refusals").says(1, "refused           3\nleft              0\n");

    // A list that begins with unknown tokens is asked to the end.
    let server = self::server(|token| if token.len() > 2 { paid() } else { refusal("purchaseToken inconnu.") });
    let folder = Folder::new(numbered(60));
    folder.run(&server.origin, "--threads 1").says(1, "refused          10\nleft              0\n");
    // What was refused before the first payment was found keeps its own words.
    assert!(folder.rows().iter().all(|row| (row[2] == "refused") == row[4].contains("inconnu")));
}

#[test]
fn a_token_whose_answer_is_never_usable_is_named_with_its_line() {
    let server = server(|token| match token {
        "t1" => response(500, "<h1>panne</h1>"),
        "t2" => Vec::new(),
        _ => paid(),
    });
    let folder = Folder::new(numbered(9));
    let run = folder.run(&server.origin, "--threads 2");
    run.says(1, "left              2\nNo usable answer, which does not mean \"not paid\". ");
    for part in ["The same command asks again.\n  line ", "\n  line 3: A1: ", "\n  line 4: A2: "] {
        run.says(1, part);
    }
    assert_eq!(folder.rows().len(), 7);
    // Once in its turn, and three times after all others.
    let checked = checked(&server);
    assert_eq!(["t1", "t2"].map(|odd| checked.iter().filter(|token| *token == odd).count()), [4, 4]);
    assert!(checked[checked.len() - 6..].iter().all(|token| token == "t1" || token == "t2"), "{checked:?}");
}

#[test]
fn all_threads_wait_for_the_gateway_and_give_up_with_a_count() {
    let outages: [fn(&RawRequest) -> Vec<u8>; 6] = [
        |_| response(200, UNAVAILABLE),
        |_| response(200, "<title>Sign in to the hotel's network</title>"),
        |_| response(429, "slow down"),
        |request| response(if request.is_check() { 200 } else { 429 }, r#"{"code":0,"reason":"LIMIT","message":""}"#),
        |request| response(if request.is_check() { 200 } else { 503 }, "{}"),
        |_| Vec::new(),
    ];
    for outage in outages {
        let (count, back) = (AtomicUsize::new(0), Arc::new(OnceLock::<Instant>::new()));
        let end = Arc::clone(&back);
        let server = Server::start(move |request| {
            let is_over = end.get().is_some_and(|end| *end <= Instant::now());
            if is_over || count.fetch_add(1, SeqCst) < 20 { paid() } else { outage(request) }
        });
        let folder = Folder::new(numbered(100));
        let run = folder.run(&server.origin, "--wait 600ms --threads 3");
        let (asked, rows) = (server.requests().len(), folder.rows().len());
        run.says(4, "no answer for 600ms: ");
        run.says(4, &format!("{} of 100 are left. The same command goes on.", 100 - rows));
        // Each thread pauses for 250 and 500 ms. Two requests per try.
        assert!((8..=10).contains(&rows) && asked <= 20 + 3 * 2 * 3, "{rows} rows, {asked} requests");
        back.set(Instant::now() + Duration::from_millis(700)).unwrap();
        folder.run(&server.origin, "--threads 8").says(0, "Done: all 100 tokens of the list are in out.csv.");
    }
}

#[test]
fn any_answer_resets_the_clock() {
    // Each token fails for 700 ms, and is then answered.
    let began = Mutex::new(HashMap::new());
    let server = server(move |token| {
        let began = *began.lock().unwrap().entry(token.to_owned()).or_insert_with(Instant::now);
        if began.elapsed() > Duration::from_millis(700) { paid() } else { response(503, "") }
    });
    Folder::new(numbered(5)).run(&server.origin, "--threads 1 --wait 1500ms").says(0, "paid              5\n");
}

#[test]
fn trouble_and_a_limit_of_requests_need_one_start() {
    let trouble = |share, seed| Sandbox::builder().trouble(Trouble::share(share, seed));
    let cases = [(Sandbox::builder().rate_limit(20), 40, 8), (trouble(0.05, 1), 1000, 8), (trouble(0.05, 2), 1000, 64)];
    thread::scope(|scope| {
        for (gateway, count, threads) in cases {
            scope.spawn(move || {
                let sandbox = gateway.start().unwrap();
                let folder = Folder::new(payments(&sandbox, count));
                folder.run(&sandbox.origin(), &format!("--threads {threads}")).says(0, "Done: ");
                assert_right(&folder, count);
            });
        }
    });
}

/// `KILLS=200 cargo test -p ekolopay-cli kills` for more of them.
#[test]
fn kills_lose_no_row_and_write_none_twice() {
    let kills: usize = env::var("KILLS").map_or(12, |kills| kills.parse().unwrap());
    let trouble = Trouble { seed: 4, error_pages: 0.02, cuts: 0.02, delays: 0.02, outages: 0.0004 };
    let sandbox = Sandbox::builder().trouble(trouble).start().unwrap();
    let count = kills.min(50) * 400;
    let unknown: String = (0..20).map(|number| format!("refused {number},unknown-{number}\n")).collect();
    let folder = Folder::new(payments(&sandbox, count) + &unknown);
    let (mut killed, mut before) = (0, String::new());
    while killed < kills {
        let mut program = folder.reconcile(&sandbox.origin(), "--threads 16");
        let mut child = Killed(program.stderr(Stdio::null()).spawn().unwrap());
        thread::sleep(Duration::from_millis(fastrand::u64(1..400)));
        if child.0.try_wait().unwrap().is_some() {
            break;
        }
        drop(child);
        killed += 1;
        let now = folder.output();
        assert!(now.starts_with(&before), "a row was lost");
        before = now[..now.rfind('\n').map_or(0, |end| end + 1)].to_owned();
    }
    assert!(killed > kills / 2, "{killed}");
    folder.run(&sandbox.origin(), "--threads 16 --accept-refusals").says(1, "left              0\n");
    assert_right(&folder, count + 20);
}

/// There is one row per token, and it says what its order says.
#[track_caller]
fn assert_right(folder: &Folder, count: usize) {
    let rows = folder.rows();
    let tokens: HashSet<&String> = rows.iter().map(|row| &row[1]).collect();
    assert_eq!((rows.len(), tokens.len()), (count, count));
    assert!(rows.iter().all(|[order, _, outcome, ..]| order.starts_with(&format!("{outcome} "))));
}

#[test]
fn an_output_cut_at_any_byte_is_continued() {
    let folder = Folder::new("order,token\nA1,t1\n\"A \"\"2\"\", é\",t2\nA3,t3\n");
    // What is cut of the last row is longer than the row that is written in its place.
    let refusing = server(|token| if token == "t3" { refusal("purchaseToken inconnu.") } else { paid() });
    folder.run(&refusing.origin, "--threads 1").says(1, "refused           1\n");
    let finished = folder.output();
    for cut in (0..finished.len()).filter(|cut| finished.is_char_boundary(*cut)) {
        let kept = &finished[..cut];
        folder.write("out.csv", kept);
        let server = server(|_| paid());
        let run = folder.run(&server.origin, "--threads 1");
        run.says(0, "paid              3\n");
        let (whole, lost) = kept.split_at(kept.rfind('\n').map_or(0, |end| end + 1));
        assert_eq!(run.err.contains("dropped a last row that was cut"), !lost.is_empty(), "{kept:?} {}", run.err);
        let rows = whole.matches('\n').count().saturating_sub(1);
        assert_eq!(checked(&server), ["t1", "t2", "t3"][rows..], "{kept:?}");
        assert!(folder.output().starts_with(whole) && folder.rows().len() == 3, "{kept:?}");
    }
}

#[test]
fn nothing_of_an_earlier_night_is_reported_as_tonights() {
    let folder = Folder::new(numbered(3));
    let server = server(|_| paid());
    let (now, hour, words) = (SystemTime::now(), Duration::from_secs(3600), format_rfc3339_seconds);
    // Whatever the order of its rows: people sort them.
    let before = |at| format!("{HEADER}A2,t2,paid,{},\nA1,t1,not_paid,{},\n", words(now), words(at));
    // Clocks may go back, but not by a day.
    for at in [now - 19 * hour, now + hour / 12] {
        folder.write("out.csv", before(at));
        let since = format!(", 2 of them before, since {} UTC.", &words(at.min(now)).to_string()[11..16]);
        folder.run(&server.origin, "").says(0, &since);
    }
    for at in [now - 21 * hour, now - 7000 * hour, now + 24 * hour] {
        folder.write("out.csv", before(at));
        folder.run(&server.origin, "").says(2, &format!("another night ({}): use another --output", words(at)));
        assert_eq!(folder.output(), before(at));
    }
    fs::rename(folder.path("out.csv"), folder.path("night-2020-01-01.csv")).unwrap();
    let renamed = folder.ekolopay(NOBODY, "reconcile orders.csv --output ./night-2020-01-01.csv");
    run(renamed, "").says(2, &format!("use another --output, ./night-{}.csv", &words(now).to_string()[..10]));
}

#[test]
fn another_file_is_refused_and_left_alone() {
    let folder = Folder::new(numbered(3));
    let now = format_rfc3339_seconds(SystemTime::now()).to_string();
    let not_ours = ["A1,t1,paid", "A1,t1,PAID,{},", "A1,t1,paid,yesterday,", "A1,t1,paid,{},,", "\u{1},\"t"];
    let rows = not_ours.map(|row| (row, "line 3 of out.csv is not a row of this")).into_iter().chain([
        ("A0,t0,not_paid,{},", "line 3 of out.csv is a second row about the token t0"),
        // The list was corrected: the gateway's answer is about the token.
        ("A2,t1,paid,{},", "line 3 of out.csv has the token t1 with the order \"A2\", and the list with \"A1\""),
    ]);
    let rows = rows.map(|(row, part)| (format!("{HEADER}A0,t0,paid,{{}},\n{row}\n"), part));
    let others = ["hello", "hello\n", "order,token\nA1,t1\n", "\n"];
    let others = others.map(|text| (text.to_owned(), "another file: its first line is not order,"));
    for (text, part) in rows.chain(others) {
        let text = text.replace("{}", &now);
        folder.write("out.csv", &text);
        folder.run(NOBODY, "").says(2, part);
        assert_eq!(folder.output(), text);
    }
    let missing = ("nowhere/out.csv", "the folder of the output nowhere/out.csv does not exist");
    for (output, part) in [("-", "is not a file"), (".", "is not a file"), ("orders.csv", "is another file"), missing] {
        let program = folder.ekolopay(NOBODY, &format!("reconcile orders.csv --output {output}"));
        run(program, "").says(2, part);
    }
    assert_eq!(fs::read_to_string(folder.path("orders.csv")).unwrap(), numbered(3));
}

#[test]
#[ignore = "a measurement: it needs a machine that does nothing else, and a release build"]
fn time_is_latency_divided_by_threads() {
    let sandbox = Sandbox::builder().latency(Duration::from_millis(20)).start().unwrap();
    for threads in [1, 8, 64] {
        let folder = Folder::new(payments(&sandbox, threads * 100));
        let start = Instant::now();
        folder.run(&sandbox.origin(), &format!("--threads {threads}")).says(0, "Done");
        // A hundred checks per thread, of two exchanges each.
        let share = 100.0 * 2.0 * 0.020 / start.elapsed().as_secs_f64();
        assert!(share >= 0.9, "{threads} threads: {share:.2}");
    }
}
