//! Checks of the texts that people write.

use evergreen_http::Problem;

use crate::problem::invalid_field;

/// Shortest reason, in characters.
const MIN_REASON: usize = 3;
/// Longest reason, in characters.
const MAX_REASON: usize = 1000;

/// Returns a reason without spaces around it.
///
/// # Errors
/// A 400 [`Problem`] if the reason is too short, too long, or contains a control character.
pub(crate) fn checked_reason(reason: &str) -> Result<String, Problem> {
    let reason = reason.trim();
    let expected = format!("{MIN_REASON} to {MAX_REASON} characters that say why");
    if !(MIN_REASON..=MAX_REASON).contains(&reason.chars().count()) {
        return Err(invalid_field("reason", "The reason is too short or too long.", expected));
    }
    plain("reason", reason).map(|()| reason.to_owned())
}

/// Returns a reason without spaces around it. An empty reason counts as none.
///
/// # Errors
/// A 400 [`Problem`] if the reason is too short, too long, or contains a control character.
pub(crate) fn optional_reason(reason: Option<&str>) -> Result<Option<String>, Problem> {
    reason.filter(|reason| !reason.trim().is_empty()).map(checked_reason).transpose()
}

/// Checks that a text has no control character other than a line break or a tab.
///
/// # Errors
/// A 400 [`Problem`] that names the field.
pub(crate) fn plain(field: &str, text: &str) -> Result<(), Problem> {
    let is_odd = |char: char| char.is_control() && !matches!(char, '\n' | '\r' | '\t');
    if !text.chars().any(is_odd) {
        return Ok(());
    }
    Err(invalid_field(field, "The text contains a control character.", "text without control characters"))
}

/// Checks that a text has at most `most` characters.
///
/// # Errors
/// A 400 [`Problem`] that names the field.
pub(crate) fn short(field: &str, text: &str, most: usize) -> Result<(), Problem> {
    if text.chars().count() <= most {
        return plain(field, text);
    }
    Err(invalid_field(field, "The text is too long.", format!("at most {most} characters")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something() {
        assert_eq!(checked_reason("  better on rare cases \n").unwrap(), "better on rare cases");
        for bad in ["", "  ", "no", "a\u{0}bc", &"x".repeat(1001)] {
            assert_eq!(checked_reason(bad).unwrap_err().field.as_deref(), Some("reason"), "{bad:?}");
        }
        assert_eq!(optional_reason(Some(" ")).unwrap(), None);
    }
}
