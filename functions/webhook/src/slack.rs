//! Writes the message for a chat room, in the form of Slack's incoming webhooks.

use evergreen_lifecycle::text::shortened;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value, json};

use crate::RegistryEvent;
use crate::sentence::sentence;

// Slack accepts 3,000 characters in a block. Escaping makes at most five of one.
/// Maximum length of a reason in a message, in characters.
const MAX_REASON: usize = 500;

/// Returns the body of the message about an event. The sentence is also the text of the notification.
pub(crate) fn body(event: &RegistryEvent) -> Value {
    // https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    let headline = escaped(&sentence(event));
    let text = match reason(event) {
        Some(reason) => format!("*{headline}*\n{}", escaped(&shortened(reason, MAX_REASON))),
        None => format!("*{headline}*"),
    };
    json!({
        "text": headline,
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": text}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": escaped(&context(event))}]},
        ],
    })
}

fn reason(event: &RegistryEvent) -> Option<&str> {
    event.detail.get("reason").and_then(Value::as_str).filter(|reason| !reason.trim().is_empty())
}

/// Returns when the event happened, and the kind of the event.
fn context(event: &RegistryEvent) -> String {
    let moment = event.occurred_at.parse::<Timestamp>().map_or_else(
        |_| event.occurred_at.clone(),
        |at| Offset::UTC.to_datetime(at).strftime("%a %-d %b %Y, %H:%M UTC").to_string(),
    );
    format!("{moment} · {}", event.kind)
}

/// Replaces the three characters with which Slack marks links and mentions. So nobody can mention `@channel` in a reason.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(reason: &str) -> RegistryEvent {
        RegistryEvent {
            kind: "ModelPromoted".into(),
            id: "a".into(),
            occurred_at: "2026-11-24T03:00:04.000Z".into(),
            model: "iris".into(),
            schema_version: 1,
            detail: json!({"version": 7, "reason": reason}),
        }
    }

    #[test]
    fn a_message_has_the_sentence_the_reason_and_the_time() {
        let body = body(&event("hold-out accuracy 0.97 is above the floor 0.90"));
        insta::with_settings!({sort_maps => true}, { insta::assert_json_snapshot!(body, @r#"
        {
          "blocks": [
            {
              "text": {
                "text": "*iris: version 7 is now the champion*\nhold-out accuracy 0.97 is above the floor 0.90",
                "type": "mrkdwn"
              },
              "type": "section"
            },
            {
              "elements": [
                {
                  "text": "Tue 24 Nov 2026, 03:00 UTC · ModelPromoted",
                  "type": "mrkdwn"
                }
              ],
              "type": "context"
            }
          ],
          "text": "iris: version 7 is now the champion"
        }
        "#) });
    }

    #[test]
    fn a_reason_cannot_mention_anybody_or_hide_a_link() {
        let body = body(&event("<!channel> a & b <https://example.com|here>")).to_string();
        assert!(body.contains("&lt;!channel&gt; a &amp; b &lt;https"), "{body}");
        assert!(!body.contains('<'), "{body}");
    }

    #[test]
    fn a_long_reason_fits_into_a_block() {
        let body = body(&event(&"&".repeat(100_000)));
        let text = body["blocks"][0]["text"]["text"].as_str().unwrap();
        assert!(text.len() < 3000 && text.ends_with('…'), "{}", text.len());
    }

    #[test]
    fn an_event_without_a_reason_is_its_sentence() {
        assert_eq!(body(&event(" "))["blocks"][0]["text"]["text"], "*iris: version 7 is now the champion*");
    }
}
