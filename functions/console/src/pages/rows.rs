//! Parts that the tables of runs and versions have in common: column heads that sort, filters, and pages.

use super::query::Query;
use super::select::Selection;
use super::text;

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
    pub(super) fn choice(query: &Query, name: &'static str, label: &'static str, values: &[&str]) -> Self {
        let choices = values.iter().map(|value| ((*value).to_owned(), text::spaced(value))).collect();
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

/// The links to other pages of a table, and how many rows were found.
#[derive(Debug)]
pub(super) struct Pager {
    pub(super) summary: String,
    pub(super) problem: Option<String>,
    pub(super) newer: Option<String>,
    pub(super) older: Option<String>,
    pub(super) is_filtered: bool,
    pub(super) sort: String,
}

impl Pager {
    /// Describes a selection of `searched` rows. `limit` is the number of rows that a search reads at most.
    pub(super) fn of<T>(selection: &Selection<T>, query: &Query, searched: usize, limit: u32, fields: &[&str]) -> Self {
        let link = |page: usize| format!("{}&page={page}", query.with("page", ""));
        let is_filtered = fields.iter().any(|field| query.get(field).is_some());
        let cut = searched >= limit as usize;
        let scope = if cut { format!(" The newest {} were searched.", text::count(searched as u64)) } else { String::new() };
        let pages = if selection.pages > 1 { format!(", page {} of {}", selection.page, selection.pages) } else { String::new() };
        Self {
            summary: format!("{} found{pages}.{scope}", text::count(selection.found as u64)),
            problem: selection.problem.clone(),
            newer: (selection.page > 1).then(|| link(selection.page - 1)),
            older: (selection.page < selection.pages).then(|| link(selection.page + 1)),
            is_filtered,
            sort: query.get("sort").unwrap_or_default().to_owned(),
        }
    }
}
