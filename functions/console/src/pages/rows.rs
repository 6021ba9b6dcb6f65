//! Parts that the tables of runs and versions have in common: column heads that sort, filters, and pages.

use evergreen_lifecycle::listing::{Listed, Search};

use super::query::Query;
use super::text;

/// Number of entries on one page of a table.
const PAGE: &str = "50";

/// The head of a column. Its link sorts by the column.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) href: Option<String>,
    /// `ascending` or `descending` if the table is sorted by this column.
    pub(super) order: Option<&'static str>,
    pub(super) is_number: bool,
}

impl Head {
    /// Creates the head of a column that sorts by `key`.
    pub(super) fn sorting(query: &Query, default_sort: &str, key: &str, name: &str, is_number: bool) -> Self {
        let sort = query.get("sort").unwrap_or(default_sort);
        let (down, up) = (format!("-{key}"), key.to_owned());
        let order = if sort == down {
            Some("descending")
        } else if sort == up {
            Some("ascending")
        } else {
            None
        };
        // Numbers and times begin with the highest.
        let next = match order {
            Some("descending") => up,
            Some(_) => down,
            None if is_number => down,
            None => up,
        };
        Self { name: name.to_owned(), href: Some(query.with("sort", &next)), order, is_number }
    }

    /// Creates the head of a column that does not sort.
    pub(super) fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), href: None, order: None, is_number: false }
    }
}

/// A field of a filter.
#[derive(Debug)]
pub(super) struct FilterField {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) kind: FilterKind,
}

/// How a field of a filter is filled.
#[derive(Debug)]
pub(super) enum FilterKind {
    /// One of these values. The texts are shown.
    Choice(Vec<(String, String)>),
    /// A text like this example.
    Text(&'static str),
    /// A date.
    Date,
}

impl FilterField {
    /// Creates a field that offers these values.
    pub(super) fn choice<V: AsRef<str>>(query: &Query, name: &'static str, label: &'static str, values: &[V]) -> Self {
        let choices = values.iter().map(|value| (value.as_ref().to_owned(), shown(value.as_ref()))).collect();
        Self { name, label, value: query.get(name).unwrap_or_default().to_owned(), kind: FilterKind::Choice(choices) }
    }

    /// Creates a field for a text like `example`.
    pub(super) fn text(query: &Query, name: &'static str, label: &'static str, example: &'static str) -> Self {
        Self { name, label, value: query.get(name).unwrap_or_default().to_owned(), kind: FilterKind::Text(example) }
    }

    /// Creates a field for a date.
    pub(super) fn date(query: &Query, name: &'static str, label: &'static str) -> Self {
        Self { name, label, value: query.get(name).unwrap_or_default().to_owned(), kind: FilterKind::Date }
    }
}

/// Returns the word that pages show for a value of a filter.
fn shown(value: &str) -> String {
    match value {
        "succeeded" => "promoted".to_owned(),
        "rejected" => "refused".to_owned(),
        _ => text::spaced(value),
    }
}

/// The entries of one page of a table, with what the page says about the search.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub(super) entries: Vec<T>,
    pub(super) pager: Pager,
}

/// The links to other pages of a table, and what the search found.
#[derive(Debug)]
pub(super) struct Pager {
    pub(super) summary: String,
    /// Why the filter is not possible. `None` if it is.
    pub(super) problem: Option<String>,
    pub(super) first: Option<String>,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
    pub(super) is_filtered: bool,
    pub(super) sort: String,
}

/// Returns the page that the query asks for. `own` names fields of the query that are not for the search.
pub(super) fn search<T: Listed>(entries: Vec<T>, query: &Query, own: &[&str]) -> Found<T> {
    let fields: Vec<(String, String)> = query.fields().filter(|(name, _)| !own.contains(name)).map(field).collect();
    let size = ("limit", PAGE);
    let parameters = [size].into_iter().chain(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (page, problem) = match Search::<T>::parse(parameters) {
        Ok(search) => (Some(search.page(entries)), None),
        Err(error) => (None, Some(format!("The filter is not possible. {error}."))),
    };
    let (searched, truncated) = page.as_ref().map_or((0, false), |page| (page.searched, page.truncated));
    let cut = if truncated { "the newest " } else { "" };
    let (next, previous, entries) =
        page.map_or((None, None, Vec::new()), |page| (page.next, page.previous, page.entries));
    let unfiltered = ["sort", "limit", "after", "before"];
    let pager = Pager {
        summary: format!("{} on this page. Searched {cut}{}.", entries.len(), text::count(searched as u64)),
        problem,
        first: previous.as_ref().map(|_| query.with("after", "")),
        previous: previous.map(|previous| query.with("before", &previous)),
        next: next.map(|next| query.with("after", &next)),
        is_filtered: query.fields().any(|(name, _)| !unfiltered.contains(&name)),
        sort: query.get("sort").unwrap_or_default().to_owned(),
    };
    Found { entries, pager }
}

/// Returns a field of the query for the search. The last day of a period belongs to the period.
fn field((name, value): (&str, &str)) -> (String, String) {
    let is_day = name == "until" && value.len() == 10;
    let value = if is_day { format!("{value}T23:59:59.999Z") } else { value.to_owned() };
    (name.to_owned(), value)
}
