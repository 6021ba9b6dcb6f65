//! Decides how columns with a special role in training are read: target, row order, groups, weights, and columns that
//! the settings leave out.

use evergreen_lifecycle::{ColumnRole, MAX_LABELS, Task};

use super::{A_NUMBER, ColumnFacts, ColumnReading, FEW, Storage};
use crate::TableError;
use crate::settings::TypeName;
use crate::tally::ValueClass;

/// Decides how the target column is read: as numbers for regression, or as labels for classification.
pub(super) fn target(column: ColumnFacts<'_>, task: Option<Task>) -> Result<ColumnReading, TableError> {
    // `task` is the task in the settings. If it is `None`, the values decide.
    let by_type = column.forced.map(|kind| match kind {
        TypeName::Number | TypeName::Timestamp => Task::Regression,
        TypeName::Boolean | TypeName::Category | TypeName::Text | TypeName::Identifier => Task::Classification,
    });
    let (task, because) = match task.or(by_type) {
        Some(task) => (task, "dataset.toml says so".to_owned()),
        None => inferred_task(column)?,
    };
    let because = format!("{}: {because}", task.name());
    match task {
        Task::Classification => {
            // The number of labels is checked before the values are stored, because there may be as many labels as
            // rows.
            if column.tally.distinct() > MAX_LABELS {
                let (target, labels) = (column.name.to_owned(), column.tally.distinct());
                return Err(TableError::TooManyLabels { target, labels });
            }
            let kind = kind(column);
            let marks_are_missing = kind != TypeName::Category;
            let warnings = counts(column, &because).into_iter().collect();
            Ok(ColumnReading {
                marks_are_missing,
                warnings,
                ..ColumnReading::new(ColumnRole::Target, Storage::Texts, kind, because)
            })
        }
        Task::Regression => {
            let known = [
                ValueClass::Number,
                ValueClass::Padded,
                ValueClass::Clock,
                ValueClass::Span,
                ValueClass::Mark,
                ValueClass::Infinite,
            ];
            if let Some(at) = column.tally.first_outside(&known) {
                return Err(column.wrong(at, A_NUMBER, ", for regression"));
            }
            let warnings = super::feature::written(column);
            Ok(ColumnReading {
                warnings,
                ..ColumnReading::new(ColumnRole::Target, Storage::Wide, TypeName::Number, because)
            })
        }
    }
}

/// Chooses regression or classification by the values of the target. Returns also the reason, in words for the user.
fn inferred_task(column: ColumnFacts<'_>) -> Result<(Task, String), TableError> {
    // Numbers mean regression if they are not whole, have more than `FEW` different values, or hardly ever repeat.
    // Otherwise the task is classification.
    let tally = column.tally;
    let numbers = tally.of(ValueClass::Number) + tally.of(ValueClass::Infinite);
    let distinct = tally.distinct();
    if tally.of(ValueClass::Number) > 0 && numbers + tally.of(ValueClass::Mark) == tally.present() {
        let has_fraction = tally.first_fraction.is_some() || tally.first(ValueClass::Infinite).is_some();
        return Ok(match distinct as u64 * 2 > tally.valued() {
            _ if has_fraction => (Task::Regression, "numbers that are not whole".to_owned()),
            _ if distinct > FEW => (Task::Regression, format!("numbers, more than {FEW} different ones")),
            true => (Task::Regression, "numbers, of which more than half are different ones".to_owned()),
            false => (Task::Classification, format!("{distinct} different whole numbers")),
        });
    }
    match (
        column.is_nearly_all(numbers),
        tally.first_outside(&[ValueClass::Number, ValueClass::Infinite, ValueClass::Mark]),
    ) {
        (true, Some(at)) => {
            let hint = " as in nearly all other rows; for labels, write task = \"classification\" into dataset.toml; if it \
                        stands for a missing value, add it to `missing` there";
            Err(column.wrong(at, A_NUMBER, hint))
        }
        _ => Ok((Task::Classification, format!("{distinct} different values that are not numbers"))),
    }
}

/// Returns a warning if the labels look like counts (0, 1, 2, …), for which regression may fit better. `None`
/// otherwise.
fn counts(column: ColumnFacts<'_>, because: &str) -> Option<String> {
    // `because` is the reason for the chosen task.
    let (tally, name) = (column.tally, column.name);
    let is_told = because.ends_with("different whole numbers");
    let (least, most) = tally.bounds()?;
    let many =
        tally.distinct() >= MANY_COUNTS && (least == 0.0 || least == 1.0) && most < 2.0 * tally.distinct() as f64;
    (is_told && many).then(|| {
        format!(
            "column {name:?}, the target: its {} different whole numbers look like counts, and each is used as a \
             label; if \
             they are counts, write task = \"regression\" into dataset.toml",
            tally.distinct()
        )
    })
}

/// Minimum number of different labels for the warning that the labels look like counts (0, 1, 2, …).
const MANY_COUNTS: usize = 6;

/// Returns the common type of the column's values, such as number. Texts and mixed types give a category.
fn kind(column: ColumnFacts<'_>) -> TypeName {
    let all = |class| column.tally.of(class) > 0 && column.tally.of(class) == column.tally.valued();
    match (all(ValueClass::Number), all(ValueClass::Boolean), all(ValueClass::Moment)) {
        (true, _, _) => TypeName::Number,
        (_, true, _) => TypeName::Boolean,
        (_, _, true) => TypeName::Timestamp,
        _ => TypeName::Category,
    }
}

/// Decides how the order column is read. Its values order the rows from old to new.
pub(super) fn order(column: ColumnFacts<'_>) -> Result<ColumnReading, TableError> {
    const EXPECTED: &str = "a number, or a date or time, as in the other rows";
    column.check_complete(EXPECTED)?;
    let moments = column.tally.of(ValueClass::Moment) > column.tally.of(ValueClass::Number);
    let (class, kind) =
        if moments { (ValueClass::Moment, TypeName::Timestamp) } else { (ValueClass::Number, TypeName::Number) };
    match column.tally.first_outside(&[class]) {
        Some(at) => Err(column.wrong(at, EXPECTED, "")),
        None => Ok(ColumnReading::new(ColumnRole::Order, Storage::Wide, kind, "dataset.toml orders the rows by it")),
    }
}

/// Decides how the group column is read. Rows with the same value in this column are kept together.
pub(super) fn group(column: ColumnFacts<'_>) -> ColumnReading {
    // Rows with the same value in this column are never split between training and evaluation.
    let kind = column.forced.unwrap_or(TypeName::Identifier);
    let mut reading =
        ColumnReading::new(ColumnRole::Group, Storage::Texts, kind, "dataset.toml keeps its rows together");
    let (missing, name) = (column.tally.of(ValueClass::Missing), column.name);
    let rows = |count: u64| if count == 1 { "row has" } else { "rows have" };
    if column.tally.distinct() < 2 {
        let problem = "has fewer than two values, so it does not separate any rows";
        reading.warnings.push(format!("dataset.toml: `group`: column {name:?} {problem}"));
    } else if missing > 0 {
        let each = "and each counts as a group of its own";
        reading.warnings.push(format!("dataset.toml: `group`: {missing} {} no {name:?}, {each}", rows(missing)));
    }
    reading
}

/// Decides how the column with the training weights of the rows is read.
pub(super) fn weights(column: ColumnFacts<'_>) -> Result<ColumnReading, TableError> {
    const EXPECTED: &str = "a finite number from 0 up";
    column.check_complete(EXPECTED)?;
    let wrong = [column.tally.first_outside(&[ValueClass::Number]), column.tally.first_negative];
    match wrong.into_iter().flatten().min() {
        Some(at) => Err(column.wrong(at, EXPECTED, "")),
        None if column.tally.has_weight => {
            let because = "dataset.toml weighs the rows by it";
            Ok(ColumnReading::new(ColumnRole::Weights, Storage::Number, TypeName::Number, because))
        }
        None => Err(TableError::NoWeight(column.name.to_owned())),
    }
}

/// Decides that a column is left out because the settings say so.
pub(super) fn dropped(column: ColumnFacts<'_>) -> ColumnReading {
    let kind = column.forced.unwrap_or_else(|| kind(column));
    ColumnReading::new(ColumnRole::Dropped, Storage::Skip, kind, "dataset.toml leaves it out")
}
