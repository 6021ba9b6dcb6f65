//! Writes every page of a sample stack as HTML files, so that somebody who changes the pages can look at them:
//! `cargo run -p evergreen-console --example pages -- DIRECTORY`. With a second argument `plain`, harmless words replace the
//! hostile texts of the sample, as the README's pictures have them.

#[path = "../tests/pages/sample.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod sample;

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use evergreen_console::pages::{DoorPage, PageBody, PageFacts, PageRequest, Query, asset, door, respond};
use evergreen_lifecycle::session::{Right, SessionLink};
use evergreen_lifecycle::{Actor, ActorKind};
use jiff::SignedDuration;

/// The pages: name of the file, path, query.
const PAGES: [(&str, &str, &str); 20] = [
    ("overview", "", ""),
    ("runs", "runs", ""),
    ("run", "runs/manual-v16", ""),
    ("run-running", "runs/manual-now", ""),
    ("run-failed", "runs/manual-broken", ""),
    ("versions", "versions", "sort=-accuracy"),
    ("version", "versions/16", ""),
    ("version-15", "versions/15", ""),
    ("compare", "compare", "versions=14&versions=15&versions=16"),
    ("compare-differences", "compare", "versions=14&versions=15&versions=16&only=differences"),
    ("dataset", "dataset", ""),
    ("try", "try", ""),
    ("audit", "audit", ""),
    ("alarms", "alarms", ""),
    ("drift", "drift", ""),
    ("live", "live", ""),
    ("rollout", "rollout", ""),
    ("schedule", "schedule", "problem=The schedule changed meanwhile."),
    ("mails", "mails", ""),
    ("mail", "mails/m2", ""),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let directory = PathBuf::from(std::env::args().nth(1).context("expected a directory for the pages")?);
    let plain = std::env::args().nth(2).is_some_and(|word| word == "plain");
    let directory = Directory { path: directory, plain };
    let (world, facts) = (sample::full(), sample::facts());
    sample::store_drift_of_customers(&world.registry);
    for (name, path, query) in PAGES {
        let html = page(&world, &facts, path, query, None).await;
        store(&directory, &format!("{name}.html"), &html, path)?;
    }
    let form = Query::of([("c0", "basic"), ("c1", "41"), ("c2", "true"), ("c3", "2026-11-24"), ("c4", "de")]);
    store(&directory, "try-answer.html", &page(&world, &facts, "try", "", Some(&form)).await, "try")?;
    store(&directory, "empty.html", &page(&sample::empty(), &facts, "", "", None).await, "")?;
    for (name, page) in doors() {
        store(&directory, &format!("door-{name}.html"), &door(&page, &facts, "./")?.1, "")?;
    }
    for name in ["console.css", "console.js"] {
        let content = asset(name).context("an asset is missing")?.content;
        fs::create_dir_all(directory.path.join("assets"))?;
        fs::write(directory.path.join("assets").join(name), content)?;
    }
    Ok(())
}

async fn page(world: &sample::World, facts: &PageFacts, path: &str, query: &str, form: Option<&Query>) -> String {
    let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let query = Query::of(query.split('&').filter_map(|pair| pair.split_once('=')));
    let session = sample::session(Right::Steer);
    let request =
        PageRequest { path: &path, query: &query, form, session: &session, facts, key: "key", now: sample::now() };
    match respond(world, &request).await.body {
        PageBody::Html(html) | PageBody::Mail(html) => html,
        PageBody::Redirect(to) => to,
    }
}

/// Where the pages are written.
struct Directory {
    path: PathBuf,
    plain: bool,
}

/// Writes a page. All pages are in one directory, so the prefix of its links is shortened.
fn store(directory: &Directory, name: &str, html: &str, path: &str) -> anyhow::Result<()> {
    let html = if path.contains('/') { html.replace("\"../", "\"./") } else { html.to_owned() };
    let html = if directory.plain { plain(&html) } else { html };
    fs::create_dir_all(&directory.path)?;
    fs::write(directory.path.join(name), html).with_context(|| format!("cannot write {name}"))
}

/// Replaces the hostile texts of the sample, which templates and our own code escape in two ways.
fn plain(html: &str) -> String {
    let escaped = |quote: &str, apostrophe: &str, less: &str, more: &str, and: &str| {
        let text = sample::HOSTILE.replace('&', and);
        text.replace('<', less).replace('>', more).replace('"', quote).replace('\'', apostrophe)
    };
    let forms =
        [escaped("&#34;", "&#39;", "&#60;", "&#62;", "&#38;"), escaped("&quot;", "&#39;", "&lt;", "&gt;", "&amp;")];
    forms.iter().fold(html.to_owned(), |html, hostile| {
        let html = html.replace(&format!("class=\"who\">{hostile}"), "class=\"who\">grace");
        html.replace(hostile, "income of last year")
    })
}

fn doors() -> [(&'static str, DoorPage); 4] {
    let link = SessionLink {
        right: Right::Steer,
        name: "ada".into(),
        created_by: Actor::new(ActorKind::Iam, "admin"),
        usable_until: sample::now() + SignedDuration::from_mins(10),
        session_minutes: 480,
    };
    [
        ("open", DoorPage::Open(Box::new(link))),
        ("unusable", DoorPage::LinkUnusable),
        ("session", DoorPage::NoSession),
        ("forbidden", DoorPage::Forbidden("This session may see, but not promote a version.".into())),
    ]
}
