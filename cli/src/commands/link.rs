//! The commands `console` and `open`: links that open the console in a browser.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::api::StackApi;
use crate::arguments::LinkOptions;
use crate::failure::Failure;
use crate::render::{at, scalar};

/// Makes a link and prints it.
pub async fn console(api: &StackApi, options: LinkOptions) -> Result<Answer, Failure> {
    let (json, url) = link(api, options).await?;
    let text = format!("{url}\n{}", validity(&json));
    Ok(Answer::new(json, text))
}

/// Makes a link and opens it. If no browser can be started, the link is printed.
pub async fn open(api: &StackApi, options: LinkOptions) -> Result<Answer, Failure> {
    let (json, url) = link(api, options).await?;
    let text = match open::that_detached(&url) {
        Ok(()) => format!("The console opens in your browser. {}", validity(&json)),
        Err(error) => format!("No browser can be started here ({error}). Open this link:\n{url}\n{}", validity(&json)),
    };
    Ok(Answer::new(json, text))
}

/// Ends all sessions and links.
pub async fn end_all(api: &StackApi) -> Result<Answer, Failure> {
    let json = api.send("DELETE", "/sessions", None).await?;
    let text = format!("Ended sessions and links: {}.", scalar(at(&json, "ended")));
    Ok(Answer::new(json, text))
}

/// Asks for a link, and returns the answer with the whole URL in `url`.
async fn link(api: &StackApi, options: LinkOptions) -> Result<(Value, String), Failure> {
    let mut body = Map::from_iter([("right".to_owned(), json!(if options.see { "see" } else { "steer" }))]);
    body.extend(options.hours.map(|hours| ("hours".to_owned(), json!(hours))));
    body.extend(options.name.map(|name| ("name".to_owned(), json!(name))));
    let mut json = api.send("POST", "/links", Some(Value::Object(body))).await?;
    let path = at(&json, "path").as_str().unwrap_or_default().trim_start_matches('/');
    let base = api.url().strip_suffix("/api").unwrap_or(api.url());
    // The URL of the request is known to be reachable from here. The stack does not always know its own.
    let url = format!("{base}/{path}");
    if let Some(fields) = json.as_object_mut() {
        fields.insert("url".to_owned(), Value::String(url.clone()));
    }
    Ok((json, url))
}

fn validity(link: &Value) -> String {
    format!(
        "It can be used once, until {} UTC, and opens a session that may {}.",
        scalar(at(link, "usable_until")),
        scalar(at(link, "right"))
    )
}
