//! Columns to learn from.

use evergreen_lifecycle::ColumnRole;

use super::{A_FINITE_NUMBER, A_MOMENT, A_NUMBER, Judged, Reading, Storage};
use crate::TableError;
use crate::settings::TypeName;
use crate::survey::{Class, MAX_DISTINCT};

/// Words that the texts of a column have on average, at least, to be more than names.
const WORDS: u64 = 3;

/// How a column to learn from is read.
pub(super) fn infer(column: Judged<'_>) -> Result<Reading, TableError> {
    let tally = column.tally;
    if tally.present() == 0 {
        return Ok(left_out(column, TypeName::Category, "every value is missing", ""));
    }
    let reading = match column.forced {
        Some(kind) => forced(column, kind)?,
        None => inferred(column)?,
    };
    if reading.kind != TypeName::Identifier && tally.distinct() == 1 && tally.of(Class::Missing) == 0 {
        return Ok(left_out(column, reading.kind, "it has the same value in every row", ""));
    }
    Ok(reading)
}

fn left_out(column: Judged<'_>, kind: TypeName, because: &str, hint: &str) -> Reading {
    let warning = Some(format!("column {:?} is left out: {because}{hint}", column.name));
    Reading { warning, ..Reading::new(ColumnRole::Dropped, Storage::Skip, kind, because) }
}

fn feature(storage: Storage, kind: TypeName, because: impl Into<String>) -> Reading {
    Reading::new(ColumnRole::Feature, storage, kind, because)
}

fn forced(column: Judged<'_>, kind: TypeName) -> Result<Reading, TableError> {
    let tally = column.tally;
    let (storage, wrong) = match kind {
        TypeName::Number => {
            (Storage::Number, tally.first_outside(&[Class::Number, Class::Padded]).map(|at| (at, A_NUMBER)))
        }
        TypeName::Boolean => {
            let other = tally.first_outside(&[Class::Boolean, Class::Number]);
            let first = [other, tally.first_beyond_one].into_iter().flatten().min();
            (Storage::Boolean, first.map(|at| (at, "true or false, or 1 or 0")))
        }
        TypeName::Timestamp => (Storage::Timestamp, tally.first_outside(&[Class::Moment]).map(|at| (at, A_MOMENT))),
        TypeName::Category => (Storage::Texts, None),
        TypeName::Text => (Storage::Words, None),
        TypeName::Identifier => return Ok(left_out(column, kind, "dataset.toml says that it is an identifier", "")),
    };
    match wrong {
        Some((at, expected)) => Err(column.wrong(at, expected, ", as dataset.toml says of the column")),
        None => Ok(feature(storage, kind, "dataset.toml says so")),
    }
}

fn inferred(column: Judged<'_>) -> Result<Reading, TableError> {
    let tally = column.tally;
    let all = |class| tally.of(class) == tally.present();
    if all(Class::Number) {
        return Ok(number(column));
    }
    if all(Class::Boolean) {
        return Ok(feature(Storage::Boolean, TypeName::Boolean, "every value is true or false"));
    }
    if all(Class::Moment) {
        return Ok(feature(Storage::Timestamp, TypeName::Timestamp, "every value is a date or time"));
    }
    check_mistakes(column)?;
    Ok(texts(column))
}

/// Numbers, unless the name and the values say that they number the rows.
fn number(column: Judged<'_>) -> Reading {
    let tally = column.tally;
    if is_identifiers_name(column.name) && tally.is_unique() && tally.first_broken.is_none() {
        let because = "whole numbers, each there once, under the name of an identifier";
        return left_out(column, TypeName::Identifier, because, &keep_as(column.name, TypeName::Number));
    }
    feature(Storage::Number, TypeName::Number, "every value is a number")
}

fn keep_as(name: &str, kind: TypeName) -> String {
    format!("; to learn from it, write types.{name:?} = \"{}\" into dataset.toml", kind.name())
}

/// `id`, `customer_id`, `customerId`, `index`, and what an index without a name is called when it is written.
fn is_identifiers_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let before = |end: &str| name.strip_suffix(end).and_then(|rest| rest.chars().next_back());
    let camel = |end: &str| before(end).is_some_and(|last| last.is_lowercase() || last.is_ascii_digit());
    ["id", "index", "uuid", "guid", "row", "row_number", "rownumber", "unnamed: 0"].contains(&lower.as_str())
        || ["_id", " id", "-id", ".id"].iter().any(|end| lower.ends_with(end))
        || camel("Id")
        || camel("ID")
}

/// Refuses the few values that keep a column from being one of numbers or of moments.
fn check_mistakes(column: Judged<'_>) -> Result<(), TableError> {
    let tally = column.tally;
    let numbers = tally.of(Class::Number) + tally.of(Class::Infinite);
    let text = format!("; for texts, write types.{:?} = \"category\" into dataset.toml", column.name);
    if tally.of(Class::Padded) == 0 && !tally.is_typed_text {
        if let (true, Some(at)) = (numbers == tally.present(), tally.first(Class::Infinite)) {
            return Err(column.wrong(at, A_FINITE_NUMBER, ""));
        }
        if let (true, Some(at)) =
            (column.is_nearly_all(numbers), tally.first_outside(&[Class::Number, Class::Infinite]))
        {
            return Err(column.wrong(at, A_NUMBER, &format!(" as in nearly all other rows{text}")));
        }
    }
    match (column.is_nearly_all(tally.of(Class::Moment)), tally.first_outside(&[Class::Moment])) {
        (true, Some(at)) => Err(column.wrong(at, A_MOMENT, &format!(" as in nearly all other rows{text}"))),
        _ => Ok(()),
    }
}

fn texts(column: Judged<'_>) -> Reading {
    let tally = column.tally;
    let (present, distinct) = (tally.present(), tally.distinct() as u64);
    let identifier =
        |because: &str| left_out(column, TypeName::Identifier, because, &keep_as(column.name, TypeName::Category));
    let is_name = distinct * 10 > present * 9 || tally.has_many();
    if is_name && tally.words() >= WORDS * present {
        return feature(Storage::Words, TypeName::Text, "texts of several words, nearly every one another");
    }
    if distinct * 10 > present * 9 {
        return identifier("texts, nearly every one another");
    }
    if tally.has_many() {
        return identifier(&format!("texts, {MAX_DISTINCT} or more different ones"));
    }
    let because = if tally.of(Class::Padded) + tally.of(Class::Number) == present {
        "numbers with zeros before them, which are codes".to_owned()
    } else if tally.of(Class::Text) == present {
        format!("texts, {distinct} different ones")
    } else {
        format!("values of several types, {distinct} different ones, which are taken for texts")
    };
    feature(Storage::Texts, TypeName::Category, because)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_identifiers_are_known_by_their_end() {
        for name in ["id", "ID", "customer_id", "Customer ID", "customerId", "PassengerId", "userID", "Unnamed: 0"] {
            assert!(is_identifiers_name(name), "{name}");
        }
        for name in ["paid", "grid", "humidity", "Covid", "GRID", "identity", "width"] {
            assert!(!is_identifiers_name(name), "{name}");
        }
    }
}
