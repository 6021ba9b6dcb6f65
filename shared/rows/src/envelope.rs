//! Reads the JSON bodies of MLflow's scoring server. An object has exactly one of four members with the rows: by columns and
//! data, as records, as instances, or as inputs.
//!
//! The columns may come after the data. So one pass finds the member and its columns, and a second one reads the rows.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess};

use super::by_column::{Columns, finish};
use super::kinds::{JsonHandler, JsonInteger, JsonVisitor};
use super::order::ColumnOrder;
use super::reader::{ListedRow, RowReader};
use super::{ColumnIndex, JsonKind, RequestRows, RowFault};

const SPLIT: &str = "dataframe_split";
const COLUMNS: &str = "columns";
const DATA: &str = "data";

/// The members that may have the rows.
const MEMBERS: [&str; 4] = [SPLIT, "dataframe_records", "instances", "inputs"];
const ONE_MEMBER: &str = "one of dataframe_split, dataframe_records, instances and inputs";
const SPLIT_FORM: &str = "an object with \"columns\" (a list of names) and \"data\" (a list of rows)";
const ROWS_FORM: &str =
    "a list of rows: objects with a value for each column, or lists in the model's order of columns";

/// Parses the body of a request to MLflow's scoring server, or a plain list of rows.
///
/// # Errors
/// Returns the first [`RowFault`] in the text.
pub(super) fn parse(text: &str, columns: &ColumnIndex) -> Result<RequestRows, RowFault> {
    let mut reader = RowReader::of_list(columns);
    let mut head = Head::default();
    let first = Finding { reader: &mut reader, head: &mut head };
    let found = run(text, JsonVisitor(first));
    reader.checked(found)?;
    let member = head.member()?;
    let order = match &head.names {
        Some(names) => ColumnOrder::of_names(names.iter().map(String::as_str), &mut reader)?,
        None => ColumnOrder::of_model(columns),
    };
    let mut columns_read = Columns::new(columns);
    let second = Reading { reader: &mut reader, member, order: &order, columns: &mut columns_read };
    let read = run(text, JsonVisitor(second));
    reader.checked(read)?;
    finish(reader, columns_read)
}

fn run<'t, T: JsonHandler<'t>>(text: &'t str, handler: JsonVisitor<T>) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(text);
    handler.deserialize(&mut json).and_then(|()| json.end())
}

/// Returns `text` as JSON. Python writes a missing number as `NaN`, which is not JSON: it becomes null. An infinity becomes
/// a number that no column accepts.
pub fn without_nan(text: &str) -> Cow<'_, str> {
    if !text.contains("NaN") && !text.contains("Infinity") {
        return Cow::Borrowed(text);
    }
    let mut json = String::with_capacity(text.len() + text.len() / 3);
    let mut rest = text;
    while let Some(at) = rest.find(['"', 'N', 'I']) {
        let (before, from) = rest.split_at(at);
        json.push_str(before);
        let length = if let Some(after) = from.strip_prefix("NaN") {
            json.push_str("null");
            from.len() - after.len()
        } else if let Some(after) = from.strip_prefix("Infinity") {
            json.push_str("1e999");
            from.len() - after.len()
        } else {
            let length = if from.starts_with('"') { string_length(from) } else { 1 };
            json.push_str(from.get(..length).unwrap_or(from));
            length
        };
        rest = from.get(length..).unwrap_or_default();
    }
    json.push_str(rest);
    Cow::Owned(json)
}

/// Returns the length in bytes of the JSON string with which `text` begins.
fn string_length(text: &str) -> usize {
    let mut is_escaped = true;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// What the first pass finds.
#[derive(Default)]
struct Head {
    members: Vec<&'static str>,
    is_list: bool,
    names: Option<Vec<String>>,
}

impl Head {
    /// Returns the member with the rows. `None` if the body is a list.
    fn member(&self) -> Result<Option<&'static str>, RowFault> {
        match self.members.as_slice() {
            [] if self.is_list => Ok(None),
            [SPLIT] if self.names.is_none() => Err(RowFault::layout(Some(SPLIT), "has no list of columns", SPLIT_FORM)),
            [member] => Ok(Some(member)),
            [] => Err(RowFault::layout(None, "has no member with rows", ONE_MEMBER)),
            _ => Err(RowFault::layout(None, "has more than one member with rows", ONE_MEMBER)),
        }
    }
}

/// Finds the member with the rows, and the names of the columns.
struct Finding<'a, 'c> {
    reader: &'a mut RowReader<'c>,
    head: &'a mut Head,
}

impl<'de> JsonHandler<'de> for Finding<'_, '_> {
    fn unfit<E: Error>(self, _found: JsonKind) -> Result<(), E> {
        Err(self.reader.refuse(RowFault::layout(None, "is not an object", ONE_MEMBER)))
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.head.is_list = true;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(name) = object.next_key::<String>()? {
            let Some(member) = MEMBERS.into_iter().find(|member| *member == name) else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            self.head.members.push(member);
            if member == SPLIT {
                let split = Split { reader: &mut *self.reader, names: &mut self.head.names };
                object.next_value_seed(JsonVisitor(split))?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Finds the names of the columns in `dataframe_split`.
struct Split<'a, 'c> {
    reader: &'a mut RowReader<'c>,
    names: &'a mut Option<Vec<String>>,
}

impl<'de> JsonHandler<'de> for Split<'_, '_> {
    fn unfit<E: Error>(self, _found: JsonKind) -> Result<(), E> {
        Err(self.reader.refuse(RowFault::layout(Some(SPLIT), "is not an object", SPLIT_FORM)))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(name) = object.next_key::<String>()? {
            if name == COLUMNS {
                let names = self.names.insert(Vec::new());
                object.next_value_seed(JsonVisitor(Names { reader: &mut *self.reader, names }))?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Collects the names in a list of columns, or adds one name to them.
struct Names<'a, 'c> {
    reader: &'a mut RowReader<'c>,
    names: &'a mut Vec<String>,
}

impl<'de> JsonHandler<'de> for Names<'_, '_> {
    fn unfit<E: Error>(self, _found: JsonKind) -> Result<(), E> {
        Err(self.reader.refuse(RowFault::layout(Some(COLUMNS), "is not a list of names", SPLIT_FORM)))
    }

    fn string<E: Error>(self, text: &str) -> Result<(), E> {
        self.names.push(text.to_owned());
        Ok(())
    }

    // pandas numbers the columns of a table without names.
    fn number<E: Error>(self, _number: f64, whole: Option<JsonInteger>) -> Result<(), E> {
        match whole {
            Some(whole) => self.string(&whole.to_string()),
            None => self.unfit(JsonKind::Fraction),
        }
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { reader, names } = self;
        while list.next_element_seed(JsonVisitor(Names { reader: &mut *reader, names: &mut *names }))?.is_some() {}
        Ok(())
    }
}

/// Reads the rows of the member that the first pass has found.
struct Reading<'a, 'c> {
    reader: &'a mut RowReader<'c>,
    member: Option<&'static str>,
    order: &'a ColumnOrder,
    columns: &'a mut Columns,
}

impl<'de> JsonHandler<'de> for Reading<'_, '_> {
    fn unfit<E: Error>(self, _found: JsonKind) -> Result<(), E> {
        Err(self.reader.refuse(RowFault::layout(self.member, "is not a list of rows", ROWS_FORM)))
    }

    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        read_rows(self.reader, self.order, list)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { reader, member, order, columns } = self;
        while let Some(name) = object.next_key::<String>()? {
            if member == Some(name.as_str()) {
                let rows = Member { reader: &mut *reader, name: member, order, columns: &mut *columns };
                object.next_value_seed(JsonVisitor(rows))?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Reads the value of the member with the rows.
struct Member<'a, 'c> {
    reader: &'a mut RowReader<'c>,
    name: Option<&'static str>,
    order: &'a ColumnOrder,
    columns: &'a mut Columns,
}

impl<'de> JsonHandler<'de> for Member<'_, '_> {
    fn unfit<E: Error>(self, _found: JsonKind) -> Result<(), E> {
        Err(self.reader.refuse(RowFault::layout(self.name, "is not a list of rows", ROWS_FORM)))
    }

    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        if self.name == Some(SPLIT) { self.unfit(JsonKind::List) } else { read_rows(self.reader, self.order, list) }
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        if self.name != Some(SPLIT) {
            return self.columns.read(self.reader, object);
        }
        let Self { reader, order, columns, .. } = self;
        while let Some(name) = object.next_key::<String>()? {
            if name == DATA {
                let rows = Reading { reader: &mut *reader, member: Some(DATA), order, columns: &mut *columns };
                object.next_value_seed(JsonVisitor(rows))?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

fn read_rows<'de, A: SeqAccess<'de>>(
    reader: &mut RowReader<'_>,
    order: &ColumnOrder,
    mut list: A,
) -> Result<(), A::Error> {
    while list.next_element_seed(JsonVisitor(ListedRow { reader: &mut *reader, order }))?.is_some() {}
    Ok(())
}
