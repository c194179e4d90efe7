//! Each answer of the gateway, and the row it makes.

use ekolopay_sandbox::{DEMO_SECRET_KEY, Sandbox, Settlement};

use crate::server::{Server, not_paid, paid, refusal};
use crate::support::{Folder, HEADER, orders, ran_with};

#[test]
fn a_row_for_each_outcome_and_a_summary() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let [paid, failed, pending] = [0, 1, 2].map(|_| sandbox.add_payment("Iphone S", 150_000));
    sandbox.settle(&paid, Settlement::Paid);
    sandbox.settle(&failed, Settlement::Failed);
    let folder = Folder::with(format!("order,token\nA1,{paid}\nA2,{failed}\nA3,{pending}\nA4,unknown\n"));
    let ran = folder.run(&sandbox.origin(), &[]);
    ran.says(1, "some rows of out.csv are refused or error");
    for line in [
        "paid              1\n",
        "not_paid          2\n",
        "refused           1\n",
        "error             0\n",
        "left              0\n",
    ] {
        assert!(ran.err.contains(line), "{line:?} in {}", ran.err);
    }
    let refused = "\"the gateway refused with code 0: \"\"purchaseToken inconnu.\"\"\"";
    let expected = format!(
        "{HEADER}A1,{paid},paid,\nA2,{failed},not_paid,\nA3,{pending},not_paid,\nA4,unknown,refused,{refused}\n"
    );
    assert_eq!(folder.written(), expected);
}

#[test]
fn every_token_paid_or_not_paid_is_exit_code_0_and_a_second_start_sends_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let folder = Folder::with(orders(&sandbox, 40));
    folder.run(&sandbox.origin(), &["--threads", "8"]).says(0, "Done: every token is in out.csv");
    assert_eq!(folder.rows().len(), 40);
    let written = folder.written();
    // Nobody listens there: whatever is sent fails.
    folder.run("http://127.0.0.1:1", &[]).says(0, "paid             20\n");
    assert_eq!(folder.written(), written);
}

#[test]
fn orders_come_from_stdin_as_well() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let folder = Folder::new();
    let input = orders(&sandbox, 4);
    ran_with(folder.program(&sandbox.origin()).arg("-"), input.as_bytes()).says(0, "left              0\n");
    assert_eq!(folder.rows().len(), 4);
}

#[test]
fn order_texts_are_copied_through() {
    let server = Server::start(|_, _| paid());
    let texts = ["=HYPERLINK(\"x\")", "a,b", "\"quoted\"", "  spaced  ", "Commande n° 7 – été", "'"];
    let mut input = csv::Writer::from_writer(Vec::new());
    input.write_record(["order", "token"]).expect("written");
    for (number, text) in texts.iter().enumerate() {
        input.write_record([*text, &format!("tok,\"{number}")]).expect("written");
    }
    let folder = Folder::with(input.into_inner().expect("the input"));
    folder.run(&server.origin, &[]).says(0, "Done");
    for (number, (row, text)) in folder.rows().iter().zip(texts).enumerate() {
        assert_eq!(row[..3], [text, &format!("tok,\"{number}"), "paid"]);
    }
    folder.run("http://127.0.0.1:1", &[]).says(0, "paid              6\n");
}

#[test]
fn a_gateways_text_is_one_line_with_nothing_to_hurt_a_terminal() {
    let long = "é".repeat(5000);
    let server = Server::start(move |token, _| match token {
        "a" => refusal(r#""=1+1\r\n\u001b[31mrouge\u0007""#),
        "b" => refusal(&format!("{long:?}")),
        "c" => (500, "<html>\u{1b}[2J\n\u{9b}panne".to_owned()),
        _ => not_paid(),
    });
    let folder = Folder::with("order,token\n0,ok\n1,a\n2,b\n3,c\n4,last\n");
    let ran = folder.run(&server.origin, &[]);
    ran.says(1, "refused           2\n");
    assert_eq!(folder.written().lines().count(), 6);
    for text in [folder.written(), ran.err] {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
    let rows = folder.rows();
    assert_eq!(rows[1][3], r#"the gateway refused with code 0: "=1+1\r\n\u{1b}[31mrouge\u{7}""#);
    assert_eq!(rows[2][3].chars().count(), 300);
    assert!(rows[3][3].starts_with("unexpected reply, HTTP 500: "), "{:?}", rows[3]);
}

#[test]
fn the_secret_is_nowhere_even_when_it_is_echoed() {
    let hex: String = DEMO_SECRET_KEY.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let server = Server::start(move |token, body| match token {
        "a" => refusal(&format!("{body:?}")),
        "b" => (500, format!("<pre>{body} {hex}</pre>")),
        _ => paid(),
    });
    let folder = Folder::with("order,token\n0,ok\n1,a\n2,b\n3,last\n");
    let ran = folder.run(&server.origin, &[]);
    ran.says(1, "error             1\n");
    for text in [folder.written(), ran.err] {
        assert!(!text.contains(DEMO_SECRET_KEY) && !text.contains("%30%35"), "{text}");
    }
    assert!(folder.written().contains("[secret]"), "it was echoed");
}
