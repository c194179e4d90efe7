//! Parts of a list.

use crate::support::{Folder, NOBODY, paid, server};

/// `python3 -c 'import xxhash; print([xxhash.xxh3_64_intdigest(o.encode()) % 4 for o in (…)])'`
const PARTS: [&[&str]; 4] =
    [&["e"], &["j"], &["940d4e9aab5797e6055e1259b84a9875", "d", "f"], &["a", "b", "demo-token"]];

#[test]
fn the_part_of_an_order_never_changes_and_has_all_its_tokens() {
    let server = server(|_| paid());
    let lines: String = PARTS.concat().iter().map(|order| format!("{order},{order}-1\n{order},{order}-2\n")).collect();
    let all = format!("order,token\n{lines}");
    for (part, expected) in PARTS.iter().enumerate() {
        let folder = Folder::new(&all);
        let shard = format!("{part}/4");
        folder.run(&server.origin, &["--tokens-differ", "--shard", &shard]).says(1, "Paid twice: ");
        let orders: Vec<String> = folder.rows().into_iter().map(|[order, ..]| order).collect();
        assert_eq!(orders, expected.iter().flat_map(|order| [*order, *order]).collect::<Vec<_>>(), "part {part}");
        // Also a token for two orders in different parts is refused.
        folder.write("orders.csv", format!("{all}j2,e-1\n"));
        folder.run(NOBODY, &["--tokens-differ", "--shard", &shard]).says(2, "its token is for another order on line 2");
    }
}
