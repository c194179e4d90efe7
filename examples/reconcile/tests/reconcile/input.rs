//! The list. After one bad line, nothing is sent.

use ekolopay_test_kit::run::run;

use crate::support::{Folder, NOBODY, paid, server};

#[test]
fn a_bad_line_is_listed_and_nothing_is_sent() {
    let server = server(|_| paid());
    let long_token = format!("order,token\nA1,{}\n", "t".repeat(1025));
    let long_order = format!("order,token\n{},t\n", "o".repeat(1025));
    let old_mac = [b"order;token\r", &b"A1;t1\r".repeat(10_000)[..]].concat();
    let many_lines = format!("order,token\n{}", "A1\n".repeat(100_000));
    let long_line = format!("order,token\nA1,t1\n\"{}", "x".repeat(1 << 20));
    let cases: &[(&[u8], &str)] = &[
        (b"", "line 1: the input is empty"),
        (b"\n", "line 1: is blank"),
        (b"A1,t1\n", "line 1: the header must name the column \"order\", separated by "),
        (b"sep=;\norder;jeton\n", "It names \"order\", \"jeton\". If it is one of these, use --column-token"),
        (b"order,token,Token\nA1,t1,t1\n", "line 1: the header names the column \"token\" twice"),
        (b"order;token\nA1;t1\norder;token\nA2;t2\n", "line 3: repeats the header: it seems that"),
        (b"order,token\nA1,9.4E+31\n", "line 2: the token \"9.4E+31\" is a number that a spreadsheet rounded"),
        (b"order;token\n9,4E+31;t1\n", "line 2: the order \"9,4E+31\" is a number that a spreadsheet rounded"),
        (b"order,token\n#REF!,t1\n", "line 2: the order \"#REF!\" is an error of a spreadsheet"),
        (b"order,token\nA1,########\n", "line 2: the token \"########\" is what a spreadsheet shows in"),
        (b"order,token\nA1,ab0d\nA2,abOd\nA3,a1ce\n", "line 3: all tokens but this one have only 0-9 and a-f: "),
        (b"order,token\nA1,abcd\nA2,abc", "line 3: its token has 3 characters, the others have 4: "),
        (b"order,token\nA1,abcd\nA2", "line 3: has 1 columns, not 2; the line has no end: is the file cut short?"),
        (b"order,token\nA\xe9,t1\n\xc3\xa9,t2\n", "line 3: is UTF-8, but an earlier line is not"),
        (b"order,token\n\xc3\xa9,t1\nA\xe9,t2\n", "line 3: is not UTF-8, but the rest is"),
        (b"\xff\xfeo\0r\0d", "line 1: contains a character that an earlier program could not read"),
        (b"order,token\nA1,t1,5\n", "line 2: has 3 columns, not 2"),
        (b"order,token\nA1,\n", "line 2: the token must not be empty"),
        (b"order,token\nA1,a b\n", "line 2: the token must be visible ASCII"),
        (b"order,token\nA1,t1\xc2\xa0\n", "line 2: the token begins or ends with a blank"),
        (b"order,token\nA1,..\n", "line 2: the token must not be `.` or `..`"),
        (long_token.as_bytes(), "line 2: the token must be at most 1,024 bytes long"),
        (b"order,token\n ,t1\n", "line 2: the order is blank"),
        (long_order.as_bytes(), "line 2: the order is longer than 1,024 bytes"),
        (b"order,token\n\"\xef\xbb\xbfA1\",t1\n", "line 2: the order starts with a byte order mark"),
        (b"order,token\nA\x1b[31m1,t1\n", "line 2: contains a control character"),
        (b"order,token\n\"A1,t1\nA2,t2\nA3\n", "line 4: has 1 columns, not 2"),
        (b"order,token\n\"A1,t1\nA2,t2\n", "line 2: has an unclosed quote, or a line break in a cell: remove it"),
        (b"PK\x03\x04\x14\0\x06\0", "line 1: is a workbook: save it as \"CSV UTF-8\""),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\n\0", "line 1: is a workbook: save it as \"CSV UTF-8\""),
        (&old_mac, "line 1: has the line ends of an old Mac: save the file as \"CSV UTF-8\""),
        (many_lines.as_bytes(), "  line 21: has 1 columns, not 2\n  and 99,980 more\n"),
        (long_line.as_bytes(), "bad lines in the input: 1; nothing was sent\n  line 3: is too long"),
        (b"o\0r\0d\0e\0r\0", "line 1: looks like UTF-16 without its mark"),
    ];
    for (input, message) in cases {
        let folder = Folder::new(input);
        folder.run(&server.origin, &[]).says(2, message);
        assert_eq!(folder.output(), "", "{message}");
        run(folder.program(&server.origin).arg("-"), input).says(2, message);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn files_of_spreadsheets_and_editors_can_be_read_and_the_output_is_written_alike() {
    let server = server(|_| paid());
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let utf_16_be = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    let columns = "\u{feff}Date\t TOKEN \tNuméro\n1/2\tt1\té1\n1/3\tt2\té2\n";
    for (input, bom, separator, end) in [
        ("\u{feff}order,token\r\né1,t1\r\n\r\n\"é2\",t2".into(), "\u{feff}", ",", "\r\n"),
        ("\"order\",\"token\"\n\n\né1,t1\n  \n\"é2\",\"t2\"\n\n".into(), "", ",", "\n"),
        ("sep=;\r\nOrder;Token;\r\né1;t1;\r\né2;t2;\r\n;;\r\n".into(), "", ";", "\r\n"),
        (b"token;order\nt1;\xe91\nt2;\xe92\n".to_vec(), "\u{feff}", ";", "\n"),
        (utf_16(columns), "\u{feff}", "\t", "\n"),
        (utf_16_be(columns), "\u{feff}", "\t", "\n"),
    ] {
        let is_named = input.contains(&b'D');
        let folder = Folder::new(input);
        let more = if is_named { &["--column-order", "numéro"][..] } else { &[] };
        folder.run(&server.origin, more).says(0, "paid              2\n");
        let rows = ["order,token,outcome,detail", "é1,t1,paid,", "é2,t2,paid,", ""].join(end).replace(',', separator);
        assert_eq!(folder.output(), format!("{bom}{rows}"));
        folder.run(NOBODY, more).says(6, "Nothing to do");
    }
}
