//! The list, whole and in parts. After one bad line, nothing is sent.

use crate::support::*;

#[test]
fn a_bad_line_is_named_and_nothing_is_sent() {
    let server = server(|_| paid());
    let long_token = format!("order,token\nA1,{}\n", "t".repeat(1025));
    let long_order = format!("order,token\n{},t\n", "o".repeat(1025));
    let many = format!("order,token\n{}", "A1\n".repeat(100_000));
    let cases: &[(&[u8], &str)] = &[
        (b"\n;;\n", "the list is empty"),
        (b"A1,t1\n", "line 1 must name the columns order and token, and names \"A1\", \"t1\": delete the lines"),
        (b"sep=;\r\norder;jeton\r\n", "line 2 must name the columns order and token, and names \"order\", \"jeton\""),
        (b"order,token,Token\nA1,t1,t1\n", "line 1 names the column token twice"),
        (b"order;token\nA1;t1\nOrder;token\nA2;t2\n", "line 3: repeats the header"),
        (b"order;token\n9,4E+31;t1\n", "line 2: \"9,4E+31\" is a number that a spreadsheet rounded"),
        (b"order,token\n#REF!,t1\n", "line 2: \"#REF!\" is an error of a spreadsheet"),
        (b"order,token\nA1,########\n", "line 2: \"########\" is an error of a spreadsheet"),
        (b"order,token\nA1,abcd\nA2", "line 3: the token is missing: delete the line if"),
        (b"order,token,x\r\nA0,t,\"a\r\nb\"\r\n\r\nA1,t1,\"\r\nA2,t2,\r\n", "line 5: a quote is not closed"),
        (b"order,token,x\nA0,t,\"a\nb\"\n\nA1,t1,\"\nA2,t2,\n", "line 5: a quote is not closed"),
        (b"order,token\nA1,t1\nA2,t2\n\nB1,t1\n", "line 5: its token is also on line 2, for another order"),
        (b"order,token\nA1,a b\n", "line 2: the token \"a b\" must be visible ASCII"),
        (b"order,token\n ,t1\n", "line 2: the order is missing"),
        (b"order,token\nA\x1b[31m1,t1\n", "line 2: the order holds a line break or another control character"),
        (b"PK\x03\x04\x14\0\x06\0", "is a workbook: save it as \"CSV UTF-8\""),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\n\0", "is a workbook: save it as \"CSV UTF-8\""),
        (b"order,token\rA1,t1\r", "or of an old Mac"),
        (b"o\0r\0d\0e\0r\0", "is UTF-16 without its mark"),
        (long_token.as_bytes(), "must be at most 1,024 bytes long: is it the right column?"),
        (long_order.as_bytes(), "line 2: the order is longer than 1,024 bytes"),
        (many.as_bytes(), "has no token yet\n  and 99980 more\n"),
    ];
    for (list, message) in cases {
        let folder = Folder::new(list);
        folder.run(&server.origin, "").says(2, message);
        assert_eq!(folder.output(), "", "{message}");
        run(folder.ekolopay(&server.origin, "reconcile - --output out.csv"), *list).says(2, message);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn lists_of_spreadsheets_can_be_read_and_the_output_is_written_alike() {
    let server = server(|_| paid());
    let utf_16 = |to_bytes: fn(u16) -> [u8; 2]| {
        let columns = "\u{feff}Date\t TOKEN \tNuméro\n1/2\tt1\té1\n1/3\t'ta\té2\n";
        columns.encode_utf16().flat_map(to_bytes).collect::<Vec<_>>()
    };
    let long = "é, ".repeat(30_000);
    let lists: [(Vec<u8>, &str, &str); 9] = [
        ("\u{feff}order,token\r\né1,t1\r\n\r\n\"é2\",ta".into(), "\u{feff}", ","),
        ("\"order\",\"token\"\n\n\né1,=\"t1\"\n  \n\"é2\",\"=\"\"ta\"\"\"\n\n".into(), "", ","),
        ("sep=;\r\nOrder;Token;\r\né1;t1;\r\né2;ta;\r\n;;\r\n".into(), "", ";"),
        (b"token;order\nt1;\xe91\nta;\xe92\n".to_vec(), "\u{feff}", ";"),
        (utf_16(u16::to_le_bytes), "\u{feff}", "\t"),
        (utf_16(u16::to_be_bytes), "\u{feff}", "\t"),
        // Columns that are not read: line breaks, other separators, long text, quotes, too many and too few cells.
        ("note,order,token\n\"a\nb;c\t\"\"d\"\"\",é1,t1\n,é2,ta,x,,\n".into(), "", ","),
        (format!("order,token,note\né1,t1,\"{long}\n\n\"\né2,ta\n").into(), "", ","),
        // A repeated line is asked once.
        ("order,token\né1,t1\né2,ta\né1,t1\n".into(), "", ","),
    ];
    for (list, mark, separator) in lists {
        let more = if separator == "\t" { "--threads 1 --column-order numéro" } else { "--threads 1" };
        let folder = Folder::new(list);
        folder.run(&server.origin, more).says(0, "paid              2\n");
        let output = folder.output();
        let start = format!("{mark}order,token,outcome,answered_at,message\né1,t1,paid,20").replace(',', separator);
        let second = "\né2,ta,paid,20".replace(',', separator);
        assert!(output.starts_with(&start) && output.contains(&second) && output.lines().count() == 3, "{output}");
        // They are recognized, and nothing is sent.
        folder.run(NOBODY, more).says(0, ", 2 of them before, since ");
    }
}

#[test]
fn no_cell_of_the_output_runs_as_a_formula() {
    let folder = Folder::new("order,token\n=1+1,t0\n+1,t1\n-1,t2\n@SUM(A1),t3\na;=1,t4\nCommande 7-8,=t\n");
    let answer = |token: &str| if token == "t0" { refusal("=2+2") } else { paid() };
    folder.run(&server(answer).origin, "--threads 1").says(1, "refused           1\n");
    let rows = folder.rows();
    let written: Vec<String> = rows.iter().map(|row| row[..2].join(" | ")).collect();
    let safe = ["'=1+1 | t0", "'+1 | t1", "'-1 | t2", "'@SUM(A1) | t3", "a;'=1 | t4", "Commande 7-8 | '=t"];
    assert_eq!(written, safe);
    assert!(rows[0][4].starts_with("the gateway refused"), "{rows:?}");
    // Written and read again, it is the same.
    folder.run(NOBODY, "").says(1, ", 6 of them before, since ");
}

/// The arguments of the Job of Kubernetes are run, and its policy knows the exit codes.
#[test]
fn each_order_is_in_one_part_with_all_its_tokens() {
    let job: Value = serde_yaml_ng::from_str(include_str!("../../deploy/reconcile-job.yaml")).unwrap();
    let pod = &job["spec"]["template"]["spec"];
    let server = server(|token| if token.ends_with('a') { paid() } else { response(200, NOT_PAID) });
    let lines: String = (0..40).map(|number| format!("A{number},{number}a\nA{number},{number}b\n")).collect();
    let folder = Folder::new(format!("order,token\n{lines}"));
    let mut found = HashMap::<String, Vec<u64>>::new();
    for part in 0..job["spec"]["completions"].as_u64().unwrap() {
        // A part that is done is done when it is tried again.
        for _ in 0..2 {
            let mut program = folder.ekolopay(&server.origin, "");
            for argument in pod["containers"][0]["args"].as_array().unwrap() {
                let argument = argument.as_str().unwrap().replace("$(JOB_COMPLETION_INDEX)", &part.to_string());
                program.arg(argument.replace("$(JOB_NAME)", "x7k2p").replace("/night/", ""));
            }
            run(program, "").says(0, "Done: ");
        }
        let output = fs::read_to_string(folder.path(&format!("x7k2p-{part}.csv"))).unwrap();
        assert!(output.lines().count() > 3, "{output}");
        for row in output.lines().skip(1) {
            found.entry(row.split(',').next().unwrap().to_owned()).or_default().push(part);
        }
    }
    assert!(found.values().all(|parts| parts.len() == 2 && parts[0] == parts[1]), "{found:?}");
    assert_eq!((found.len(), checked(&server).len()), (40, 80));

    assert_eq!((&job["spec"]["completionMode"], &pod["restartPolicy"]), (&json!("Indexed"), &json!("Never")));
    // 4 (no usable answer) and 5 (this machine) are worth another try.
    let rules = job["spec"]["podFailurePolicy"]["rules"].as_array().unwrap();
    let rules: Value = rules.iter().map(|rule| json!([rule["action"], rule["onExitCodes"]["values"]])).collect();
    assert_eq!(rules, json!([["Ignore", null], ["FailIndex", [1]], ["FailJob", [2]]]));
}
