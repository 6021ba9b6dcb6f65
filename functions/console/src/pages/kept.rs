//! What a person typed into a form whose action was refused, so that nobody has to type it again.
//!
//! The address of the page carries it. Its seal shows that this session's own form was sent, so no link of another site can
//! fill a form.

use super::query::{Query, encoded};
use crate::token;

/// Field of an address with the id of the form.
const FORM: &str = "kept-form";
/// Field of an address with the seal of the values.
const SEAL: &str = "kept-seal";
/// The beginning of the fields with the values.
const VALUE: &str = "kept.";
/// Fields of a form that no person types.
const UNTYPED: [&str; 4] = ["csrf", "key", "back", "form"];
// API Gateway accepts 10,240 bytes of address and headers.
/// Maximum length of all values in an address, in bytes.
const MAX_BYTES: usize = 5000;

/// The values of a form, by the names of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptForm {
    form: String,
    values: Vec<(String, String)>,
}

impl KeptForm {
    /// Keeps the fields of a form that was sent. Values that do not fit into an address are left out, the longest first.
    /// `None` if the form has no id.
    pub fn of_sent(fields: &[(String, String)]) -> Option<Self> {
        let form = fields.iter().find(|(name, _)| name == "form").map(|(_, id)| id.clone())?;
        let typed = fields.iter().filter(|(name, value)| !UNTYPED.contains(&name.as_str()) && !value.is_empty());
        let mut values: Vec<(String, String)> = typed.cloned().collect();
        while values.iter().map(|(name, value)| name.len() + encoded(value).len()).sum::<usize>() > MAX_BYTES {
            let longest = values.iter().enumerate().max_by_key(|(_, (_, value))| value.len()).map(|(place, _)| place);
            values.remove(longest?);
        }
        values.sort();
        Some(Self { form, values })
    }

    /// Returns the fields of an address that carry the values. `secret` is that of the session's forms.
    pub fn address(&self, secret: &str) -> String {
        let values = self.values.iter().map(|(name, value)| (format!("{VALUE}{name}"), value.as_str()));
        let seal = self.seal(secret);
        let own = [(FORM.to_owned(), self.form.as_str()), (SEAL.to_owned(), seal.as_str())];
        values
            .chain(own)
            .map(|(name, value)| format!("{}={}", encoded(&name), encoded(value)))
            .collect::<Vec<_>>()
            .join("&")
    }

    /// Returns the values that an address carries. `None` without values, or with a wrong seal.
    pub(super) fn of_address(query: &Query, secret: &str) -> Option<Self> {
        let form = query.get(FORM)?.to_owned();
        let values =
            query.raw().filter_map(|(name, value)| Some((name.strip_prefix(VALUE)?.to_owned(), value.to_owned())));
        // API Gateway does not keep the order of the fields.
        let mut values: Vec<(String, String)> = values.collect();
        values.sort();
        let kept = Self { form, values };
        query.get(SEAL).is_some_and(|seal| token::is_same(seal, &kept.seal(secret))).then_some(kept)
    }

    /// Returns whether the values belong to the form with this id.
    pub(super) fn is_of(&self, form: &str) -> bool {
        self.form == form
    }

    /// Returns what was typed into a field. Empty if nothing was.
    pub(super) fn value(&self, field: &str) -> &str {
        self.values.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
    }

    fn seal(&self, secret: &str) -> String {
        let values: Vec<String> =
            self.values.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        token::seal(secret, ["kept", &self.form, &values.join("&")])
    }
}

/// Returns whether a field of an address belongs to kept values.
pub(super) fn is_kept(field: &str) -> bool {
    field == FORM || field == SEAL || field.starts_with(VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::decoded_path;

    fn sent(note: &str) -> Vec<(String, String)> {
        let fields = [("csrf", "secret"), ("form", "train"), ("seed", "x"), ("note", note), ("family", "linear")];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    fn read(address: &str, secret: &str) -> Option<KeptForm> {
        let pairs = address.split('&').filter_map(|pair| pair.split_once('='));
        KeptForm::of_address(&Query::of(pairs.map(|(name, value)| (name.to_owned(), decoded_path(value)))), secret)
    }

    #[test]
    fn what_was_typed_comes_back_and_secrets_do_not() {
        let address = KeptForm::of_sent(&sent("two\nlines & more")).unwrap().address("secret");
        let kept = read(&address, "secret").unwrap();
        assert!(kept.is_of("train") && !kept.is_of("promote"));
        assert_eq!([kept.value("seed"), kept.value("note"), kept.value("csrf")], ["x", "two\nlines & more", ""]);
        assert_eq!(read(&address, "another"), None);
        assert_eq!(read(&address.replace("linear", "magic"), "secret"), None);
    }

    #[test]
    fn the_longest_value_is_left_out_if_an_address_has_no_room_for_it() {
        let kept = KeptForm::of_sent(&sent(&"ü".repeat(9000))).unwrap();
        assert_eq!([kept.value("note"), kept.value("family")], ["", "linear"]);
        assert_eq!(KeptForm::of_sent(&[("seed".to_owned(), "1".to_owned())]), None);
    }
}
