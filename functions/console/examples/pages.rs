//! Writes every page of a sample stack as HTML files, so that somebody who changes the pages can look at them:
//! `cargo run -p evergreen-console --example pages -- DIRECTORY`.

#[path = "../tests/pages/sample.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod sample;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use evergreen_console::pages::{DoorPage, PageBody, PageFacts, PageRequest, Query, asset, door, respond};
use evergreen_lifecycle::session::{Right, SessionLink};
use evergreen_lifecycle::{Actor, ActorKind};
use jiff::SignedDuration;

/// The pages: name of the file, path, query.
const PAGES: [(&str, &str, &str); 16] = [
    ("overview", "", "done=promoted&about=16"),
    ("runs", "runs", ""),
    ("run", "runs/manual-v16", ""),
    ("run-running", "runs/manual-now", ""),
    ("run-failed", "runs/manual-broken", ""),
    ("versions", "versions", "sort=-accuracy"),
    ("version", "versions/16", ""),
    ("version-15", "versions/15", ""),
    ("compare", "compare", "versions=16&versions=15&versions=5"),
    ("dataset", "dataset", ""),
    ("try", "try", ""),
    ("audit", "audit", ""),
    ("alarms", "alarms", ""),
    ("schedule", "schedule", "problem=The schedule changed meanwhile."),
    ("mails", "mails", ""),
    ("mail", "mails/m2", ""),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let directory = PathBuf::from(std::env::args().nth(1).context("expected a directory for the pages")?);
    let (world, facts) = (sample::full(), sample::facts());
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
        fs::create_dir_all(directory.join("assets"))?;
        fs::write(directory.join("assets").join(name), content)?;
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

/// Writes a page. All pages are in one directory, so the prefix of its links is shortened.
fn store(directory: &Path, name: &str, html: &str, path: &str) -> anyhow::Result<()> {
    let html = if path.contains('/') { html.replace("\"../", "\"./") } else { html.to_owned() };
    fs::create_dir_all(directory)?;
    fs::write(directory.join(name), html).with_context(|| format!("cannot write {name}"))
}

fn doors() -> [(&'static str, DoorPage); 4] {
    let link = SessionLink {
        right: Right::Steer,
        name: "ada".into(),
        created_by: Actor { kind: ActorKind::Iam, name: "admin".into() },
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
