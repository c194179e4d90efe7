//! Small drawn pictures of the products.

use maud::{Markup, PreEscaped, html};

/// A drawing of 64 by 64 points that says nothing to a screen reader.
pub(crate) fn picture(slug: &str) -> Markup {
    let drawing = match slug {
        "pagne" => PAGNE,
        "cafe" => CAFE,
        "lampe" => LAMPE,
        "iphone" => IPHONE,
        _ => BOX,
    };
    html! { svg.picture viewBox="0 0 64 64" aria-hidden="true" focusable="false" { (PreEscaped(drawing)) } }
}

/// A tick, a clock or a cross for the state of an order.
pub(crate) fn sign(class: &str) -> Markup {
    let drawing = match class {
        "paid" => r#"<circle cx="12" cy="12" r="10"/><path d="M7 12.5l3.5 3.5L17 9"/>"#,
        "failed" => r#"<circle cx="12" cy="12" r="10"/><path d="M8 8l8 8M16 8l-8 8"/>"#,
        _ => r#"<circle cx="12" cy="12" r="10"/><path d="M12 6.5V12l4 2.5"/>"#,
    };
    html! { svg.sign viewBox="0 0 24 24" aria-hidden="true" focusable="false" { (PreEscaped(drawing)) } }
}

const PAGNE: &str = r##"<rect x="10" y="8" width="44" height="48" rx="4" fill="#c2410c"/><path d="M10 20h44M10 32h44M10 44h44" stroke="#fbbf24" stroke-width="4"/><g fill="#14532d"><circle cx="20" cy="14" r="3"/><circle cx="44" cy="14" r="3"/><circle cx="32" cy="26" r="3"/><circle cx="20" cy="38" r="3"/><circle cx="44" cy="38" r="3"/><circle cx="32" cy="50" r="3"/></g>"##;
const CAFE: &str = r##"<path d="M18 10h28l4 46H14z" fill="#7c4a21"/><path d="M18 10h28l1 8H17z" fill="#5b3413"/><ellipse cx="32" cy="37" rx="9" ry="12" fill="#f5e6d3"/><path d="M34 26c-5 7 3 13-3 22" stroke="#7c4a21" stroke-width="3" fill="none"/>"##;
const LAMPE: &str = r##"<circle cx="32" cy="26" r="15" fill="#facc15"/><path d="M32 3v6M9 26h6M49 26h6M16 10l4 4M48 10l-4 4" stroke="#facc15" stroke-width="3"/><rect x="24" y="40" width="16" height="6" rx="2" fill="#475569"/><path d="M20 58h24l-4-12H24z" fill="#334155"/>"##;
const IPHONE: &str = r##"<rect x="18" y="5" width="28" height="54" rx="6" fill="#475569"/><rect x="21" y="11" width="22" height="40" rx="2" fill="#bae6fd"/><circle cx="32" cy="55" r="2" fill="#e2e8f0"/>"##;
const BOX: &str = r##"<path d="M10 20l22-10 22 10v26L32 56 10 46z" fill="#b45309"/><path d="M10 20l22 10 22-10M32 30v26" stroke="#fde68a" stroke-width="2" fill="none"/>"##;
