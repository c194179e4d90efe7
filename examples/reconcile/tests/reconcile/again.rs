//! Tokens that are asked again, and orders that are paid twice.

use ekolopay_test_kit::replies::{NOT_PAID, UNAVAILABLE, refusal};
use ekolopay_test_kit::response;

use crate::support::{Folder, HEADER, NOBODY, checked, numbered, paid, server};

#[test]
fn rows_are_asked_again_and_replaced_at_once() {
    let folder = Folder::new(numbered(6));
    let before = format!("{HEADER}A0,t0,paid,\nA1,t1,not_paid,\nA2,t2,refused,no\nA3,t3,error,\nA9,t9,not_paid,\n");
    folder.write("out.csv", &before);
    let again = ["--again", "not_paid,refused,error"];
    let failing = server(|token| if token == "t1" { paid() } else { response(200, UNAVAILABLE) });
    folder.run(&failing.origin, &again).says(3, "left              4\n");
    assert_eq!(folder.output(), before, "the old rows stay until all new ones are there");
    folder.run(NOBODY, &[]).says(2, "out.csv.again has rows of an unfinished --again: run that command again first");

    let server = server(|token| if token == "t2" { refusal("non") } else { response(200, NOT_PAID) });
    let run = folder.run(&server.origin, &again);
    run.says(1, "paid              2\nnot_paid          4\nrefused           1\nerror             0\n");
    run.says(1, "  line 5: refused A2: the gateway refused with code 0: \"non\"\n");
    let mut checked = checked(&server);
    checked.sort();
    assert_eq!(checked, ["t1", "t2", "t3", "t4", "t5"], "t1 shows that the credentials are right");
    let (kept, new) =
        ("A0,t0,paid,\nA9,t9,not_paid,\nA1,t1,paid,\n", "A3,t3,not_paid,\nA4,t4,not_paid,\nA5,t5,not_paid,\n");
    let refused = "A2,t2,refused,\"the gateway refused with code 0: \"\"non\"\"\"\n";
    assert_eq!(folder.output(), format!("{HEADER}{kept}{refused}{new}"));
    assert!(!folder.path("out.csv.again").exists());
}

#[test]
fn an_unfinished_again_loses_no_row_to_another_list_or_without_the_output() {
    let again = ["--again", "not_paid"];
    for (old, kept, counts) in [
        (
            "A0,t0,paid,\nA1,t1,not_paid,\nA2,t2,not_paid,\n",
            "A0,t0,paid,\nA1,t1,not_paid,\n",
            "3\nnot_paid          1\n",
        ),
        ("", "A0,t0,paid,\n", "3\nnot_paid          0\n"),
    ] {
        let folder = Folder::new("order,token\nA2,t2\nA4,t4\n");
        if !old.is_empty() {
            folder.write("out.csv", format!("{HEADER}{old}"));
        }
        folder.write("out.csv.again", format!("{HEADER}A0,t0,paid,\n"));
        folder.run(&server(|_| paid()).origin, &again).says(0, &format!("paid              {counts}"));
        assert_eq!(folder.output(), format!("{HEADER}{kept}A2,t2,paid,\nA4,t4,paid,\n"));
    }
}

#[test]
fn an_order_that_is_paid_twice_needs_a_person() {
    let folder = Folder::new("order,token\nA1,t1\nA2,t2\nA2,t3\nA1,t4\nA3,t5\n");
    folder.write("out.csv", format!("{HEADER}A1,t1,paid,\n"));
    let server = server(|token| if token == "t3" { response(200, NOT_PAID) } else { paid() });
    let text = "Paid twice: these orders have more than one paid token. Look whether to refund one.\n  A1\nDone, but ";
    folder.run(&server.origin, &[]).says(1, text);
    folder.run(NOBODY, &[]).says(1, text);
}
