//! Each answer of the gateway, and the row it makes.

use ekolopay_test_kit::replies::refusal;
use ekolopay_test_kit::run::run;
use ekolopay_test_kit::{Authority, RawRequest, Server, assert_hidden, response, secret};

use crate::support::{Folder, HEADER, NOBODY, numbered, paid, server};

#[test]
fn order_texts_are_copied_unchanged() {
    let orders =
        ["\"=HYPERLINK(\"\"x\"\")\"", "\"a,b\"", "\"\"\"quoted\"\"\"", "  spaced  ", "Commande n° 7 – été", "'"];
    let lines = |end| (0..).zip(orders).map(|(n, order)| format!("{order},\"tok,\"\"{n}\"{end}\n")).collect::<String>();
    let folder = Folder::new(format!("order,token\n{}", lines("")));
    folder.run(&server(|_| paid()).origin, &[]).says(0, "Done: every token is in out.csv.\n");
    assert_eq!(folder.output(), format!("{HEADER}{}", lines(",paid,")));
    // They are recognized, so a second run sends nothing.
    folder.run(NOBODY, &[]).says(6, "Nothing to do: out.csv already has a row for every token of the list.\n");
}

#[test]
fn a_text_of_the_gateway_is_one_line_without_control_characters_or_the_secret() {
    let long = "é".repeat(5000);
    let server = Server::in_service(move |request| match request.token() {
        "a" => refusal("=1+1\r\n\u{1b}[31mrouge\u{7}"),
        "b" => refusal(&long),
        "c" => response(500, "<html>\u{1b}[2J\n\u{9b}panne"),
        "d" => refusal(&request.body),
        "e" => refusal(&secret()),
        "f" => response(500, &format!("<pre>{}</pre>", request.body)),
        _ => paid(),
    });
    let folder = Folder::new("order,token\n0,o\n1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n7,l\n");
    let mut program = folder.program(&server.origin);
    program.args(["orders.csv", "--threads", "1", "--pause", "1ms"]).env("EKOLOPAY_SECRET_KEY", secret());
    let run = run(&mut program, "");
    run.says(1, "refused           4\nerror             2\n");
    assert_eq!(folder.output().lines().count(), 9);
    assert_eq!(folder.output().matches("[secret]").count(), 3, "it was echoed");
    for text in [folder.output(), run.err] {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        assert_hidden(&text);
    }
    let rows = folder.rows();
    assert_eq!(rows[1][3], r#"the gateway refused with code 0: "=1+1\r\n\u{1b}[31mrouge\u{7}""#);
    assert_eq!(rows[2][3].chars().count(), 300);
    assert!(rows[3][3].starts_with("unexpected reply, HTTP 500: "), "{:?}", rows[3]);
}

#[test]
fn a_certificate_that_is_not_trusted_is_explained() {
    let authority = Authority::new();
    let server = authority.server(RawRequest::documented);
    let folder = Folder::new(numbered(2));
    folder.write("roots.pem", authority.pem());
    folder.run(&server.origin, &[]).says(4, "The certificate was issued by an authority that is not trusted.");
    folder.run(&server.origin, &["--root-certificates", "roots.pem"]).says(0, "paid              2\n");
}
