//! The files that pages load: one style sheet and one script.

use std::sync::LazyLock;

use evergreen_lifecycle::digest::sha256_hex;

const STYLE: &str = include_str!("../../assets/console.css");
const SCRIPT: &str = include_str!("../../assets/console.js");

/// A file that pages load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// The media type of the file.
    pub media_type: &'static str,
    /// The content of the file.
    pub content: &'static str,
}

/// Returns the file with this name below `/assets/`. `None` if there is no such file.
///
/// A browser may keep it for a year, because pages add the hash of the content to its address.
pub fn asset(name: &str) -> Option<Asset> {
    match name {
        "console.css" => Some(Asset { media_type: "text/css; charset=utf-8", content: STYLE }),
        "console.js" => Some(Asset { media_type: "text/javascript; charset=utf-8", content: SCRIPT }),
        _ => None,
    }
}

/// Returns the relative address of the style sheet, with the hash of its content.
pub(super) fn style_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| path("console.css", STYLE));
    &PATH
}

/// Returns the relative address of the script, with the hash of its content.
pub(super) fn script_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| path("console.js", SCRIPT));
    &PATH
}

fn path(name: &str, content: &str) -> String {
    let hash: String = sha256_hex(content.as_bytes()).chars().take(12).collect();
    format!("assets/{name}?v={hash}")
}
