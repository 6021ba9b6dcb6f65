//! Infers the type of a feature (a column that the model is trained on), and how its values are stored.

use evergreen_lifecycle::ColumnRole;

use super::{A_MOMENT, A_NUMBER, ColumnFacts, ColumnReading, Storage};
use crate::TableError;
use crate::settings::TypeName;
use crate::signs::Signs;
use crate::tally::{MAX_DISTINCT, ValueClass};

/// Reason for leaving out a column, in words for the user: the column only holds the row number (0, 1, 2, …).
pub(super) const COUNTS_ROWS: &str = "it counts the rows";

// If nearly all values differ and have fewer words, the column holds names or identifiers.
/// Minimum average number of words per value for a column of free text.
const WORDS: u64 = 3;

/// Decides how a feature column is read and stored, or that the column is left out of training.
pub(super) fn infer(column: ColumnFacts<'_>) -> Result<ColumnReading, TableError> {
    // A type in the settings decides first. Without it, the counted values decide.
    let tally = column.tally;
    if let Some(kind) = column.unread {
        let hint = "; convert it in the file to use it";
        return Ok(left_out(column, TypeName::Category, &format!("its values are of the type {kind}"), hint));
    }
    if tally.present() == 0 || column.forced.is_none() && tally.valued() == 0 {
        return Ok(left_out(column, TypeName::Category, "every value is missing", ""));
    }
    if column.forced.is_none() && is_index(column) {
        let because = if column.is_unnamed { "it has no name" } else { "its name is that of an index" };
        return Ok(left_out(column, TypeName::Identifier, because, &keep_as(column.name, TypeName::Category)));
    }
    let reading = match column.forced {
        Some(kind) => forced(column, kind)?,
        None => inferred(column)?,
    };
    if reading.kind != TypeName::Identifier && tally.distinct() == 1 && tally.valued() == tally.rows() {
        return Ok(left_out(column, reading.kind, "it has the same value in every row", ""));
    }
    Ok(reading)
}

fn left_out(column: ColumnFacts<'_>, kind: TypeName, because: &str, hint: &str) -> ColumnReading {
    let warnings = vec![format!("column {:?} is left out: {because}{hint}", column.name)];
    ColumnReading { warnings, ..ColumnReading::new(ColumnRole::Dropped, Storage::Skip, kind, because) }
}

fn feature(storage: Storage, kind: TypeName, because: impl Into<String>) -> ColumnReading {
    let marks_are_missing = !matches!(storage, Storage::Texts | Storage::Words);
    ColumnReading { marks_are_missing, ..ColumnReading::new(ColumnRole::Feature, storage, kind, because) }
}

fn forced(column: ColumnFacts<'_>, kind: TypeName) -> Result<ColumnReading, TableError> {
    let tally = column.tally;
    let (storage, wrong) = match kind {
        TypeName::Number => {
            let known = [
                ValueClass::Number,
                ValueClass::Padded,
                ValueClass::Clock,
                ValueClass::Span,
                ValueClass::Mark,
                ValueClass::Infinite,
            ];
            (Storage::Number, tally.first_outside(&known).map(|at| (at, A_NUMBER)))
        }
        TypeName::Boolean => {
            let other = tally.first_outside(&[ValueClass::Boolean, ValueClass::Number, ValueClass::Mark]);
            let first = [other, tally.first_beyond_one].into_iter().flatten().min();
            (Storage::Boolean, first.map(|at| (at, "true or false, or 1 or 0")))
        }
        TypeName::Timestamp => {
            let other = tally.first_outside(&[ValueClass::Moment, ValueClass::Clock, ValueClass::Mark]);
            (Storage::Timestamp, other.map(|at| (at, A_MOMENT)))
        }
        TypeName::Category => (Storage::Texts, None),
        TypeName::Text => (Storage::Words, None),
        TypeName::Identifier => return Ok(left_out(column, kind, "dataset.toml says that it is an identifier", "")),
    };
    match wrong {
        Some((at, expected)) => Err(column.wrong(at, expected, ", because dataset.toml sets this type for the column")),
        None => Ok(feature(storage, kind, "dataset.toml says so")),
    }
}

fn inferred(column: ColumnFacts<'_>) -> Result<ColumnReading, TableError> {
    let tally = column.tally;
    let all = |classes: &[ValueClass]| classes.iter().map(|class| tally.of(*class)).sum::<u64>() == tally.valued();
    if all(&[ValueClass::Number]) {
        return Ok(number(column));
    }
    if all(&[ValueClass::Boolean]) {
        let because = format!("every value is true or false{}{}", stored(column), marked(column));
        return Ok(feature(Storage::Boolean, TypeName::Boolean, because));
    }
    if all(&[ValueClass::Moment]) {
        return Ok(moment(column));
    }
    if all(&[ValueClass::Clock]) {
        let because = format!("every value is a time of day{}{}", stored(column), marked(column));
        return Ok(feature(Storage::Timestamp, TypeName::Timestamp, because));
    }
    if all(&[ValueClass::Clock, ValueClass::Span]) {
        let because = format!("every value is a length of time, read in seconds{}{}", stored(column), marked(column));
        return Ok(feature(Storage::Number, TypeName::Number, because));
    }
    check_mistakes(column)?;
    Ok(texts(column))
}

/// Decides how a column of numbers is read, or that the column is left out of training.
fn number(column: ColumnFacts<'_>) -> ColumnReading {
    let tally = column.tally;
    let keep = keep_as(column.name, TypeName::Number);
    // Left out: both the column's name and its values look like an identifier.
    if is_identifiers_name(column.name) && tally.is_unique() && tally.first_fraction.is_none() {
        let because = "whole numbers, each there once, under the name of an identifier";
        return left_out(column, TypeName::Identifier, because, &keep);
    }
    // Left out: the column only holds the row number.
    if tally.counts_rows() {
        return left_out(column, TypeName::Identifier, COUNTS_ROWS, &keep);
    }
    let because = format!("every value is a number{}{}{}", notation(column), stored(column), marked(column));
    let mut warnings = written(column);
    warnings.extend(
        [infinite(column), sentinel(column), collapsed(column), codes(column), moments(column)].into_iter().flatten(),
    );
    ColumnReading { warnings, ..feature(Storage::Number, TypeName::Number, because) }
}

/// Describes in words how the column's numbers are written, such as with percent signs. Empty for plain numbers.
fn notation(column: ColumnFacts<'_>) -> String {
    let tally = column.tally;
    let mut words = String::new();
    if column.form.comma {
        words += ", read with decimal commas";
    }
    for (sign, written) in [
        (Signs::GROUPED, ", with marks between thousands"),
        (Signs::CURRENCY, ", with a currency"),
        (Signs::PERCENT, ", with percent signs (12.5% is 12.5)"),
    ] {
        if tally.written(sign) > 0 {
            words += written;
        }
    }
    words
}

/// Returns a note for the user that a Parquet file stores the column's values as text. Empty if no Parquet file does.
fn stored(column: ColumnFacts<'_>) -> &'static str {
    if column.is_stored_text { ", which the file stores as text" } else { "" }
}

/// Returns a note for the user: how many placeholders of the column, such as `?`, count as missing. Empty if none do.
fn marked(column: ColumnFacts<'_>) -> String {
    match column.tally.of(ValueClass::Mark) {
        0 => String::new(),
        1 => "; 1 mark such as `?` or `#N/A` counts as missing".to_owned(),
        marks => format!("; {marks} marks such as `?` or `#N/A` count as missing"),
    }
}

/// Returns warnings for the user about numbers with two possible meanings, such as `1.234` (1234 or 1.234).
pub(super) fn written(column: ColumnFacts<'_>) -> Vec<String> {
    let (tally, name) = (column.tally, column.name);
    let numbers = tally.of(ValueClass::Number);
    let (percents, currencies) = (tally.written(Signs::PERCENT), tally.written(Signs::CURRENCY));
    let are_some = |part: u64, all: u64| part > 0 && part < all;
    let mut warnings = Vec::new();
    if column.form.is_guess && tally.written(Signs::DECIDED_DECIMAL) == 0 {
        warnings.push(format!(
            "column {name:?}: no value decides whether its points and commas are decimal marks or separate \
             thousands. Because \
             fields are separated by semicolons, 1.234 is read as 1234, and 1,234 as 1.234; if that is wrong, write \
             csv.decimal = \".\" into dataset.toml"
        ));
    }
    if are_some(percents, numbers) {
        warnings.push(format!(
            "column {name:?}: {percents} of {numbers} numbers have a percent sign and the others have none; 12.5% is read as \
             12.5, so write all of them in one way"
        ));
    }
    if are_some(tally.written(Signs::DOLLAR), currencies) || are_some(tally.written(Signs::EURO), currencies) {
        warnings.push(format!(
            "column {name:?}: amounts in several currencies are read as plain numbers; convert them to one"
        ));
    }
    warnings
}

/// Returns a warning if the column's name suggests codes, such as postcodes. `None` otherwise.
fn codes(column: ColumnFacts<'_>) -> Option<String> {
    // Codes that are stored as numbers have lost their leading zeros.
    const NAMES: [&str; 8] =
        ["zip", "zipcode", "zip_code", "plz", "postcode", "postal_code", "postalcode", "postleitzahl"];
    let name = column.name;
    let is_code = NAMES.contains(&name.to_lowercase().replace([' ', '-'], "_").as_str());
    (is_code && column.tally.first_fraction.is_none()).then(|| {
        format!(
            "column {name:?} is used as a number; if it holds codes, write types.{name:?} = \"category\" into \
                 dataset.toml"
        )
    })
}

/// Returns a warning if the column's numbers seem to be dates, such as 20240131. `None` otherwise.
fn moments(column: ColumnFacts<'_>) -> Option<String> {
    // The column's name and its values decide. The numbers may be seconds or milliseconds since 1970, or days such as
    // 20240131.
    const FORMS: [(f64, f64, &str); 3] = [
        (19_000_101.0, 21_001_231.0, "days such as 20240131"),
        (6e8, 4e9, "seconds since 1970"),
        (6e11, 4e12, "milliseconds since 1970"),
    ];
    let name = column.name.to_lowercase();
    let is_named = ["date", "datum", "time", "zeit", "_at", "_ts", "moment"].iter().any(|part| name.contains(part))
        || name == "ts";
    let (least, most) = column.tally.bounds()?;
    let form = FORMS.into_iter().find(|(from, to, _)| *from <= least && most <= *to)?;
    (is_named && column.tally.first_fraction.is_none()).then(|| {
        format!(
            "column {:?} is used as a number, but looks like {}; write dates as 2024-01-31 in the file to have it \
             read as a \
             date",
            column.name, form.2
        )
    })
}

fn infinite(column: ColumnFacts<'_>) -> Option<String> {
    let count = column.tally.of(ValueClass::Infinite);
    (count > 0).then(|| {
        let name = column.name;
        format!("column {name:?}: {count} values are infinite, or beyond single precision, and count as missing")
    })
}

fn sentinel(column: ColumnFacts<'_>) -> Option<String> {
    let (number, count) = column.tally.sentinels.found()?;
    let name = column.name;
    Some(format!(
        "column {name:?}: {count} values are {number}, far from all others; if that stands for a missing value, write \
         missing = [\"\", \"NA\", {number}] into dataset.toml"
    ))
}

fn collapsed(column: ColumnFacts<'_>) -> Option<String> {
    let count = column.tally.collapsed();
    (count > 0).then(|| {
        let name = column.name;
        format!(
            "column {name:?}: {count} of its different numbers are too close to others for single precision, in which models \
             are scored, and count as the same; subtract the smallest from all of them to keep them apart"
        )
    })
}

/// Decides how a column of dates is read. Adds a warning if the order of day and month is unclear, as in 05/06/2024.
fn moment(column: ColumnFacts<'_>) -> ColumnReading {
    // The order is unclear if no value shows whether the day or the month comes first.
    let tally = column.tally;
    let (decided, either) = (tally.written(Signs::DECIDED_ORDER), tally.written(Signs::EITHER_ORDER));
    let (first, other) = if column.form.month_first { ("month", "day") } else { ("day", "month") };
    let order = if decided + either > 0 { format!(", read with the {first} first") } else { String::new() };
    let because = format!("every value is a date or time{order}{}{}", stored(column), marked(column));
    let warning = (decided == 0 && either > 0).then(|| {
        let name = column.name;
        format!(
            "column {name:?}: day and month cannot be distinguished in any of its dates, which are read with the \
             {first} first; \
             to set the order, write csv.dates = \"{first}_first\" or csv.dates = \"{other}_first\" into dataset.toml"
        )
    });
    let is_said = tally.written(Signs::DATED) + either > 0 && column.parts.says_order;
    let warnings = warning.filter(|_| !is_said).into_iter().collect();
    ColumnReading { warnings, ..feature(Storage::Timestamp, TypeName::Timestamp, because) }
}

fn keep_as(name: &str, kind: TypeName) -> String {
    format!("; to use it, write types.{name:?} = \"{}\" into dataset.toml", kind.name())
}

/// Returns whether the column's name is usual for row numbers, such as `rownames`. `true` also if the name is empty.
fn is_index(column: ColumnFacts<'_>) -> bool {
    // Programs give these names to their index. The values of the column do not matter.
    let lower = column.name.to_lowercase();
    let numbered = |before: &str, after: &str| {
        let number = lower.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    column.is_unnamed
        || ["rownames", "rowname", "row.names", "row_names"].contains(&lower.as_str())
        || numbered("unnamed: ", "")
        || numbered("__index_level_", "__")
}

/// Returns whether a column name is usual for an identifier, such as `id` or `customer_id`.
fn is_identifiers_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let before = |end: &str| name.strip_suffix(end).and_then(|rest| rest.chars().next_back());
    // For example, `customerId`.
    let camel = |end: &str| before(end).is_some_and(|last| last.is_lowercase() || last.is_ascii_digit());
    ["id", "index", "uuid", "guid", "row", "row_number", "rownumber", "nr", "no", "no.", "#"].contains(&lower.as_str())
        || ["_id", " id", "-id", ".id"].iter().any(|end| lower.ends_with(end))
        || camel("Id")
        || camel("ID")
}

/// Returns an error if nearly all values of the column are numbers or dates, so that the others are probably mistakes.
fn check_mistakes(column: ColumnFacts<'_>) -> Result<(), TableError> {
    const MARK: &str = " as in nearly all other rows; correct it, or, if it stands for a missing value, add it to `missing` in \
                        dataset.toml";
    let tally = column.tally;
    let numbers = tally.of(ValueClass::Number) + tally.of(ValueClass::Infinite);
    let is_plain = tally.of(ValueClass::Padded) == 0;
    let is_meant = column.is_nearly_all(numbers) || numbers + tally.written(Signs::OTHER_DECIMAL) == tally.valued();
    if let (true, Some(at)) =
        (is_plain && is_meant, tally.first_outside(&[ValueClass::Number, ValueClass::Infinite, ValueClass::Mark]))
    {
        return Err(column.wrong(at, A_NUMBER, MARK));
    }
    let moments = tally.of(ValueClass::Moment);
    let of_both_orders = moments > 0 && moments + tally.written(Signs::OTHER_ORDER) == tally.valued();
    match tally.first_outside(&[ValueClass::Moment, ValueClass::Mark]) {
        Some(at) if of_both_orders => {
            let expected = if column.form.month_first { "the month" } else { "the day" };
            Err(column.wrong(at, "a date", &format!(" with {expected} first, as in other rows")))
        }
        Some(at) if column.is_nearly_all(moments) => Err(column.wrong(at, A_MOMENT, MARK)),
        _ => Ok(()),
    }
}

/// Returns a warning if at least half of the values in a text column are numbers or dates. `None` otherwise.
fn mixed(column: ColumnFacts<'_>) -> Option<String> {
    let tally = column.tally;
    let (numbers, moments) = (tally.of(ValueClass::Number), tally.of(ValueClass::Moment));
    let (count, words) = if numbers >= moments { (numbers, "numbers") } else { (moments, "dates") };
    let is_half = count * 2 >= tally.present() && tally.distinct() > super::FEW && tally.of(ValueClass::Padded) == 0;
    is_half.then(|| {
        let (name, present) = (column.name, tally.present());
        format!(
            "column {name:?}: {count} of {present} values are {words}, and all are read as texts; if the others \
             stand for \
             missing values, list them as `missing` in dataset.toml"
        )
    })
}

fn texts(column: ColumnFacts<'_>) -> ColumnReading {
    let tally = column.tally;
    let (present, distinct) = (tally.present(), tally.distinct() as u64);
    let identifier =
        |because: &str| left_out(column, TypeName::Identifier, because, &keep_as(column.name, TypeName::Category));
    let present = present.max(1);
    let is_name = distinct * 10 > present * 9 || tally.has_many();
    if is_name && tally.words() >= WORDS * present {
        return feature(Storage::Words, TypeName::Text, "texts of several words, almost all of them different");
    }
    if distinct * 10 > present * 9 {
        return identifier("texts, almost all of them different");
    }
    if tally.has_many() {
        return identifier(&format!("texts, {MAX_DISTINCT} or more different ones"));
    }
    let because = if tally.of(ValueClass::Padded) + tally.of(ValueClass::Number) == present {
        "numbers with zeros before them, or of many digits, which are codes".to_owned()
    } else if tally.of(ValueClass::Text) + tally.of(ValueClass::Mark) == present {
        format!("texts, {distinct} different ones")
    } else {
        format!("values of several types, {distinct} different ones, which are read as texts")
    };
    ColumnReading {
        warnings: mixed(column).into_iter().collect(),
        ..feature(Storage::Texts, TypeName::Category, because)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifier_names_are_recognised_by_their_ending() {
        for name in ["id", "ID", "customer_id", "Customer ID", "customerId", "PassengerId", "userID"] {
            assert!(is_identifiers_name(name), "{name}");
        }
        for name in ["paid", "grid", "humidity", "Covid", "GRID", "identity", "width"] {
            assert!(!is_identifiers_name(name), "{name}");
        }
    }
}
