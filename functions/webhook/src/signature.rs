//! Signs the messages to the webhook, so that a receiver can distinguish them from forged ones.

use jiff::Timestamp;
use ring::hmac;

// The signed text contains the time, so a receiver can refuse an old message that somebody sends again. The scheme is that
// of Stripe, for which libraries exist in most languages: https://docs.stripe.com/webhooks#verify-manually
/// Returns the header `evergreen-signature`: the time of sending, and the HMAC-SHA256 of time and body.
///
/// ```
/// let at = jiff::Timestamp::from_second(1_700_000_000)?;
/// let header = evergreen_webhook::sign("s3cr3t", at, "{}");
/// assert!(header.starts_with("t=1700000000,v1="));
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn sign(secret: &str, at: Timestamp, body: &str) -> String {
    let seconds = at.as_second();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected value was computed with Python: `hmac.new(b"s3cr3t", b"1700000000.{}", "sha256").hexdigest()`.
    #[test]
    fn a_signature_is_that_of_other_programs() {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let expected = "t=1700000000,v1=dd8508e44d9a9f82f2690fb7dff1da8a6ae99700d98a23a4e7e1c307af3cb6cb";
        assert_eq!(sign("s3cr3t", at, "{}"), expected);
    }
}
