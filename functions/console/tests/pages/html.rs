//! Reads pages as a person does: their text, their links and their forms.

use std::collections::BTreeSet;

/// Elements without an end tag.
const VOID: [&str; 4] = ["meta", "link", "input", "br"];

/// An element's start: its name and its attributes.
#[derive(Debug, Clone)]
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

impl Tag {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// A page: its elements in their order, and the text that a person sees.
#[derive(Debug)]
pub struct Page {
    pub tags: Vec<Tag>,
    pub text: String,
}

impl Page {
    /// Parses a page. Panics if an element is not closed, which a browser would hide.
    pub fn parse(html: &str) -> Self {
        let (mut tags, mut text, mut open, mut rest) = (Vec::new(), String::new(), Vec::<String>::new(), html);
        while let Some(begin) = rest.find('<') {
            text.push_str(&unescaped(&rest[..begin]));
            let end = begin + end_of_tag(&rest[begin..]);
            let inner = &rest[begin + 1..end];
            rest = &rest[end + 1..];
            if let Some(name) = inner.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name.trim()), "before {:?}", &rest[..rest.len().min(80)]);
                text.push(' ');
            } else if !inner.starts_with('!') {
                let tag = tag(inner.trim_end_matches('/'));
                if !inner.ends_with('/') && !VOID.contains(&tag.name.as_str()) {
                    open.push(tag.name.clone());
                }
                tags.push(tag);
            }
        }
        assert!(open.is_empty(), "not closed: {open:?}");
        Self { tags, text: text.split_whitespace().collect::<Vec<_>>().join(" ") }
    }

    pub fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p Tag> {
        self.tags.iter().filter(move |tag| tag.name == name)
    }

    /// The targets of all links, forms, scripts and style sheets.
    pub fn targets(&self) -> Vec<&str> {
        let names = ["href", "src", "action"];
        self.tags.iter().flat_map(|tag| names.iter().filter_map(|name| tag.get(name))).collect()
    }

    /// The names of the actions whose forms the page has.
    pub fn actions(&self) -> BTreeSet<&str> {
        let actions = self.all("form").filter_map(|form| form.get("action"));
        actions.filter_map(|action| action.split_once("actions/")).map(|(_, name)| name).collect()
    }
}

/// Returns the place of the `>` that ends the tag at the beginning of `html`.
fn end_of_tag(html: &str) -> usize {
    let mut quoted = false;
    let end = html.char_indices().find(|(_, character)| {
        quoted ^= *character == '"';
        !quoted && *character == '>'
    });
    end.expect("a tag ends").0
}

fn tag(inner: &str) -> Tag {
    let (name, mut rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    let mut attributes = Vec::new();
    while let Some(start) = rest.find(|character: char| !character.is_whitespace()) {
        rest = &rest[start..];
        let end = rest.find(|character: char| character.is_whitespace() || character == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(value) => value.split_once('"').expect("an attribute ends"),
            None => ("", after),
        };
        attributes.push((name.to_owned(), unescaped(value)));
        rest = after;
    }
    Tag { name: name.to_owned(), attributes }
}

fn unescaped(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
