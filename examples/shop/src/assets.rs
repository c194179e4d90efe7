//! The style and the script. Browsers keep them for a year: a hash of the content is part of the name.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

pub(crate) struct Asset {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) content: &'static str,
}

pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| asset("style", "css", "text/css", include_str!("style.css")));
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| asset("boutique", "js", "text/javascript", include_str!("boutique.js")));

pub(crate) fn by_name(name: &str) -> Option<&'static Asset> {
    [&*STYLE, &*SCRIPT].into_iter().find(|asset| asset.name == name)
}

fn asset(name: &str, extension: &str, kind: &'static str, content: &'static str) -> Asset {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    Asset { name: format!("{name}-{:016x}.{extension}", hasher.finish()), kind, content }
}
