//! Writes the digest from the templates in infra/mail/.

use askama::Template;
use evergreen_chart::ChartPicture;
use evergreen_lifecycle::ports::Mail;

use super::lines::{self, plural};
use super::week::Week;
use crate::Letterhead;
use crate::quantity::moment;

/// One part of a digest.
struct Section {
    title: &'static str,
    lines: Vec<String>,
}

/// The content of a digest, as text for the templates.
struct Digest<'a> {
    about: &'a Letterhead,
    headline: String,
    span: String,
    /// The picture in words. `None` without a picture.
    alt: Option<String>,
    sections: Vec<Section>,
}

#[derive(Template)]
#[template(path = "digest.html")]
struct Html<'a> {
    digest: &'a Digest<'a>,
}

#[derive(Template)]
#[template(path = "digest.txt")]
struct Text<'a> {
    digest: &'a Digest<'a>,
}

/// Writes the digest of a week.
///
/// # Errors
/// [`askama::Error`] when a template cannot be rendered. No content of a digest causes this.
pub(super) fn write(week: &Week, picture: Option<ChartPicture>, about: &Letterhead) -> Result<Mail, askama::Error> {
    let section = |title, lines| Section { title, lines };
    let digest = Digest {
        about,
        headline: headline(week, about),
        span: format!("{} to {}", moment(week.from), moment(week.until)),
        alt: picture.as_ref().map(|picture| picture.alt.clone()),
        sections: vec![
            section("Versions", lines::champions(week)),
            section("Watched", lines::watched(week)),
            section("Training", lines::trainings(week)),
            section("Incidents", lines::incidents(week, &about.stack)),
            section("Requests and cost", lines::usage(week)),
        ],
    };
    Ok(Mail {
        subject: format!("[WEEK] {}", digest.headline),
        text: Text { digest: &digest }.render()?,
        html: Html { digest: &digest }.render()?,
        picture: picture.map(|picture| picture.png),
    })
}

/// Returns the most important of the week on one line.
fn headline(week: &Week, about: &Letterhead) -> String {
    let champion = match week.champions.as_deref() {
        None => "the champion is unknown".to_owned(),
        Some([]) => "there is no champion".to_owned(),
        Some([.., champion]) => format!("version {} serves", champion.version.number),
    };
    let counted = |count: Option<usize>, noun| match count {
        None => format!("{noun}s unknown"),
        Some(0) => format!("no {noun}"),
        Some(count) => plural(count as u64, noun),
    };
    let runs = counted(week.runs.as_ref().map(Vec::len), "run");
    let incidents = counted(week.incidents.as_ref().map(Vec::len), "incident");
    format!("{}: {champion}, {runs}, {incidents}", about.model)
}
