//! The columns of a file of kept rows.

use std::sync::Arc;

use evergreen_lifecycle::feedback::{CellKind, KeptRows, KnownTruth};
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::errors::ParquetError;
use parquet::schema::types::{Type, TypePtr};

pub(crate) const ID: &str = "id";
pub(crate) const PREDICTED_AT: &str = "predicted_at";
pub(crate) const VERSION: &str = "version";
pub(crate) const ACTUAL: &str = "actual";
pub(crate) const ROW: &str = "row";

/// Returns the schema of a file with these rows.
pub(crate) fn of(rows: &KeptRows) -> Result<TypePtr, ParquetError> {
    let is_number = rows.rows.iter().any(|row| matches!(row.truth, KnownTruth::Number(_)));
    let actual = if is_number { CellKind::Number } else { CellKind::Text };
    let cells = rows.columns.iter().map(|(name, kind)| leaf(name, *kind, Repetition::OPTIONAL));
    let cells = Type::group_type_builder(ROW)
        .with_repetition(Repetition::REQUIRED)
        .with_fields(cells.collect::<Result<_, _>>()?)
        .build()?;
    let fields = vec![
        leaf(ID, CellKind::Text, Repetition::REQUIRED)?,
        moment(PREDICTED_AT, TimeUnit::MILLIS, Repetition::REQUIRED)?,
        Arc::new(
            Type::primitive_type_builder(VERSION, PhysicalType::INT32).with_repetition(Repetition::REQUIRED).build()?,
        ),
        leaf(ACTUAL, actual, Repetition::REQUIRED)?,
        Arc::new(cells),
    ];
    Type::group_type_builder("feedback").with_fields(fields).build().map(Arc::new)
}

fn leaf(name: &str, kind: CellKind, repetition: Repetition) -> Result<TypePtr, ParquetError> {
    let physical = match kind {
        CellKind::Number => PhysicalType::DOUBLE,
        CellKind::Boolean => PhysicalType::BOOLEAN,
        CellKind::Moment => return moment(name, TimeUnit::MICROS, repetition),
        CellKind::Text => PhysicalType::BYTE_ARRAY,
    };
    let text = (kind == CellKind::Text).then_some(LogicalType::String);
    let leaf = Type::primitive_type_builder(name, physical).with_repetition(repetition).with_logical_type(text);
    leaf.build().map(Arc::new)
}

fn moment(name: &str, unit: TimeUnit, repetition: Repetition) -> Result<TypePtr, ParquetError> {
    let logical = LogicalType::timestamp(true, unit);
    let leaf = Type::primitive_type_builder(name, PhysicalType::INT64);
    leaf.with_repetition(repetition).with_logical_type(Some(logical)).build().map(Arc::new)
}

/// Returns the type of the values of a leaf. `None` if [`of`] makes no such leaf.
pub(crate) fn kind(leaf: &Type) -> Option<CellKind> {
    if !leaf.is_primitive() {
        return None;
    }
    match leaf.get_physical_type() {
        PhysicalType::DOUBLE => Some(CellKind::Number),
        PhysicalType::BOOLEAN => Some(CellKind::Boolean),
        PhysicalType::INT64 => Some(CellKind::Moment),
        PhysicalType::BYTE_ARRAY => Some(CellKind::Text),
        _ => None,
    }
}
