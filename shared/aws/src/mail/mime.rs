//! Writes a mail with a picture as a MIME message.
//!
//! The picture belongs to the HTML (`multipart/related`), and the HTML is an alternative to the text. Mail programs then show
//! the picture in its place, and not as an attachment below.

use std::io;

use evergreen_lifecycle::ports::{Mail, PICTURE_ID};
use mail_builder::MessageBuilder;
use mail_builder::mime::MimePart;

/// Returns the message of `mail` with `picture`, from `sender` to `recipient`.
pub(super) fn message(sender: &str, recipient: &str, mail: &Mail, picture: &[u8]) -> io::Result<Vec<u8>> {
    let html = MimePart::new("text/html", mail.html.as_str());
    let picture = MimePart::new("image/png", picture).inline().cid(PICTURE_ID);
    let related = MimePart::new("multipart/related", vec![html, picture]);
    let text = MimePart::new("text/plain", mail.text.as_str());
    let message = MessageBuilder::new().from(sender).to(recipient).subject(mail.subject.as_str());
    message.body(MimePart::new("multipart/alternative", vec![text, related])).write_to_vec()
}
