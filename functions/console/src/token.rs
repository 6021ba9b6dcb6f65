//! Random tokens of links and sessions, and how they are compared.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evergreen_http::Problem;
use evergreen_lifecycle::digest::{hex, sha256_hex};

/// Number of random bytes of a token: 256 bits cannot be guessed.
const TOKEN_BYTES: usize = 32;

/// Number of random bytes of an audit entry's id.
const ID_BYTES: usize = 16;

// It has no `Debug`, so it cannot get into a log by accident.
/// A random secret, as base64 text that fits into a URL and a cookie.
pub struct Token(String);

impl Token {
    /// Makes a new token from the system's random numbers.
    ///
    /// # Errors
    /// A 500 [`Problem`] if the system gives no random numbers.
    pub fn random() -> Result<Self, Problem> {
        random::<TOKEN_BYTES>().map(|bytes| Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Returns the text of the token, for the link or the cookie.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns the hash under which the registry stores the token.
    pub fn hash(&self) -> String {
        hash(&self.0)
    }
}

/// Returns the hash under which the registry stores the token with this text.
pub fn hash(text: &str) -> String {
    sha256_hex(text.as_bytes())
}

// Only half of the hash is used, so nobody can append to a sealed message.
/// Returns the seal of a message that a page shows after an action: the action, what it was about, and the problem.
/// `secret` is that of the session's forms, so no link of another site can carry a message with a seal.
pub fn seal(secret: &str, message: [&str; 3]) -> String {
    hash(&format!("{secret}\n{}", message.join("\n"))).chars().take(32).collect()
}

/// Makes the id of a new audit entry: 32 hexadecimal digits.
///
/// # Errors
/// A 500 [`Problem`] if the system gives no random numbers.
pub fn id() -> Result<String, Problem> {
    random::<ID_BYTES>().map(|bytes| hex(&bytes))
}

/// Returns whether two secrets are equal, in a time that does not depend on where they differ.
pub fn is_same(given: &str, expected: &str) -> bool {
    let differences = given.bytes().zip(expected.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    given.len() == expected.len() && differences == 0
}

fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        Problem::internal()
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_fit_into_a_url() {
        let [a, b] = [(), ()].map(|()| Token::random().unwrap_or_else(|_| panic!("no random numbers")));
        assert_ne!(a.text(), b.text());
        assert_eq!(a.text().len(), 43);
        assert!(a.text().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }

    #[test]
    fn secrets_are_equal_only_as_a_whole() {
        assert!(is_same("abc", "abc"));
        for other in ["abd", "ab", "abcd", ""] {
            assert!(!is_same(other, "abc"), "{other}");
        }
    }
}
