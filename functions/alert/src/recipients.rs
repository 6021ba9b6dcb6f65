//! The mail addresses. They are never logged, because their debug output hides the text.

use std::fmt;
use std::str::FromStr;

/// A mail address. Parsing rejects only texts that are certainly invalid.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

/// The recipients of the mails: at least one address, without duplicates.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipients(Vec<Address>);

// The error message does not contain the text, because mail addresses are private.
/// Error: a text is not a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected one plain mail address such as name@example.com")]
pub struct InvalidMailAddress;

// The error does not contain the list, because mail addresses are private.
/// Error: a list of mail recipients is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecipients {
    /// The list of recipients contains no mail address.
    #[error("expected at least one mail address")]
    Nobody,
    /// A mail address in the list of recipients is invalid. Holds the position of the address, starting at 1.
    #[error("address {0}: expected a plain mail address such as name@example.com")]
    Address(usize),
}

impl Address {
    /// Returns the address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = InvalidMailAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (local, domain) = text.split_once('@').ok_or(InvalidMailAddress)?;
        let plain =
            |character: char| !(character.is_whitespace() || character.is_control() || "<>,;@\"".contains(character));
        let sound = |part: &str| !part.is_empty() && part.chars().all(plain);
        if sound(local) && sound(domain) { Ok(Self(text.to_owned())) } else { Err(InvalidMailAddress) }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Address")
    }
}

impl Recipients {
    /// Returns the recipients' addresses in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &Address> {
        self.0.iter()
    }
}

impl FromStr for Recipients {
    type Err = InvalidRecipients;

    /// Reads a comma-separated list of mail addresses. Spaces, empty entries and duplicates are ignored.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut addresses: Vec<Address> = Vec::new();
        let places = text.split(',').enumerate().filter(|(_, place)| !place.trim().is_empty());
        for (index, place) in places {
            let address: Address = place.parse().map_err(|_| InvalidRecipients::Address(index + 1))?;
            if !addresses.iter().any(|known| known.0.eq_ignore_ascii_case(&address.0)) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err(InvalidRecipients::Nobody) } else { Ok(Self(addresses)) }
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} recipients", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_recipients_is_trimmed_and_has_no_duplicates() {
        let recipients: Recipients = " a@example.com,b@example.com , A@Example.com,,".parse().unwrap();
        assert_eq!(recipients.iter().map(Address::as_str).collect::<Vec<_>>(), ["a@example.com", "b@example.com"]);
    }

    #[test]
    fn an_invalid_address_is_named_by_its_position_only() {
        for list in ["a@example.com,b", "a@example.com, b@ ", "a@example.com,B <b@example.com>", "a@example.com,b@c@d"]
        {
            assert_eq!(list.parse::<Recipients>(), Err(InvalidRecipients::Address(2)), "{list}");
        }
        assert_eq!(" , ".parse::<Recipients>(), Err(InvalidRecipients::Nobody));
    }

    #[test]
    fn addresses_stay_out_of_debug_output() {
        let recipients: Recipients = "a@example.com".parse().unwrap();
        assert!(!format!("{recipients:?}{:?}", recipients.iter().next()).contains('@'));
    }
}
