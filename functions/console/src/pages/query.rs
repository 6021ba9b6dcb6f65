//! The query of an address: reading its fields, and writing links that change one of them.

use super::kept::is_kept;
pub(super) use crate::body::encoded;

/// The fields of a query or of a form, decoded, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Creates a query from decoded pairs.
    pub fn of<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// Returns the first value of a field without surrounding blanks. `None` if the field is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).find(|value| !value.is_empty())
    }

    /// Returns all values of a field without surrounding blanks, in their order.
    pub fn all<'q>(&'q self, name: &str) -> impl Iterator<Item = &'q str> {
        let name = name.to_owned();
        self.0.iter().filter(move |(field, _)| *field == name).map(|(_, value)| value.trim())
    }

    /// Returns all fields as they are.
    pub(super) fn raw(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns all fields that are not empty, without messages about an action.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter().map(|(name, value)| (name.as_str(), value.trim()));
        pairs.filter(|(name, value)| !value.is_empty() && !MESSAGES.contains(name) && !is_kept(name))
    }

    /// Returns this query with another value for one field, as the end of a relative link. An empty value removes it.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        // Another filter or order begins with its first page.
        let kept = self.fields().filter(|(field, _)| ![name, "after", "before"].contains(field));
        let fields: Vec<_> = kept.chain(Some((name, value)).filter(|_| !value.is_empty())).map(encoded_pair).collect();
        format!("?{}", fields.join("&"))
    }
}

/// The fields with the message about the last action.
const MESSAGES: [&str; 4] = ["done", "about", "problem", "seal"];

fn encoded_pair((name, value): (&str, &str)) -> String {
    format!("{}={}", encoded(name), encoded(value))
}

/// Returns whether `back`, the hidden field of a form, is a page of the console. An action redirects to no other
/// address.
pub fn is_page(back: &str) -> bool {
    let path = back.split('?').next().unwrap_or_default();
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte))
    };
    let relative = path.is_empty() || path.split('/').all(|part| plain(part) && part.bytes().any(|byte| byte != b'.'));
    relative && !back.contains(['\r', '\n', '\\', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_changes_one_field_and_keeps_the_others() {
        let query = Query::of([
            ("status", "failed"),
            ("sort", "-seconds"),
            ("done", "train"),
            ("after", "x~y"),
            ("before", "z"),
        ]);
        assert_eq!(query.with("sort", "seconds"), "?status=failed&sort=seconds");
        assert_eq!(query.with("status", ""), "?sort=-seconds");
        assert_eq!(query.with("tag", "a=b&c"), "?status=failed&sort=-seconds&tag=a%3Db%26c");
    }

    #[test]
    fn an_action_returns_only_to_a_page_of_the_console() {
        for page in ["", "runs", "versions/7", "runs?status=failed", "runs/manual-7.a"] {
            assert!(is_page(page), "{page}");
        }
        for other in
            ["//evil.example", "https://evil.example", "/runs", "../other", "runs/..", "javascript:alert(1)", "a\\b"]
        {
            assert!(!is_page(other), "{other}");
        }
    }
}
