//! Converts the values of a Parquet column to cells of the table.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DurationMicrosecondType,
    DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};

use crate::cell::FileCell;
use crate::parts::{CellReader, RowPosition};

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// Returns whether values of this Arrow type can be read from a Parquet file.
pub(super) fn is_known(kind: &DataType) -> bool {
    // The types must be the same as in `give`.
    use DataType as D;
    let is_number = kind.is_integer() || kind.is_floating() || kind.is_decimal();
    let is_time =
        matches!(kind, D::Date32 | D::Date64 | D::Timestamp(..) | D::Time32(..) | D::Time64(..) | D::Duration(..));
    is_number || is_text(kind) || is_time || matches!(kind, D::Null | D::Boolean)
}

/// Returns how values of this Arrow type are stored: as `text`, `time` or `number`, or as `nested values`.
pub(super) fn kind(kind: &DataType) -> &'static str {
    use DataType as D;
    match kind {
        kind if is_text(kind) => "text",
        D::Date32 | D::Date64 | D::Timestamp(..) | D::Time32(..) | D::Time64(..) | D::Duration(..) => "time",
        kind if is_known(kind) => "number",
        _ => "nested values",
    }
}

/// Returns whether values of this Arrow type are texts.
pub(super) fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8)
}

/// Passes all values of an Arrow array to `reader`, as cells of one column.
pub(super) fn give(array: &dyn Array, column: usize, at: RowPosition, reader: &mut impl CellReader) {
    // `column` is the index of the column in the table. The first value is in the row `at`, and each further value is
    // one row below.
    use DataType as D;
    let mut to = ArraySink { array, column, at, reader };
    match array.data_type() {
        D::Boolean => to.booleans(),
        D::Utf8 => to.texts::<i32>(),
        D::LargeUtf8 => to.texts::<i64>(),
        D::Int8 => to.values::<Int8Type>(|n| FileCell::Whole(n.into())),
        D::Int16 => to.values::<Int16Type>(|n| FileCell::Whole(n.into())),
        D::Int32 => to.values::<Int32Type>(|n| FileCell::Whole(n.into())),
        D::Int64 => to.values::<Int64Type>(FileCell::Whole),
        D::UInt8 => to.values::<UInt8Type>(|n| FileCell::Whole(n.into())),
        D::UInt16 => to.values::<UInt16Type>(|n| FileCell::Whole(n.into())),
        D::UInt32 => to.values::<UInt32Type>(|n| FileCell::Whole(n.into())),
        D::UInt64 => to.values::<UInt64Type>(|n| i64::try_from(n).map_or(FileCell::Number(n as f64), FileCell::Whole)),
        D::Float16 => to.values::<Float16Type>(|n| FileCell::Number(n.into())),
        D::Float32 => to.values::<Float32Type>(|n| FileCell::Number(n.into())),
        D::Float64 => to.values::<Float64Type>(FileCell::Number),
        D::Decimal32(_, scale) => to.values::<Decimal32Type>(|n| decimal(n.into(), *scale)),
        D::Decimal64(_, scale) => to.values::<Decimal64Type>(|n| decimal(n as f64, *scale)),
        D::Decimal128(_, scale) => to.values::<Decimal128Type>(|n| decimal(n as f64, *scale)),
        // A 256-bit decimal is converted to text as a whole number, without its decimal point.
        D::Decimal256(_, scale) => {
            to.values::<Decimal256Type>(|n| decimal(n.to_string().parse().unwrap_or(f64::NAN), *scale));
        }
        D::Date32 => to.values::<Date32Type>(|n| FileCell::Moment(f64::from(n) * SECONDS_OF_A_DAY)),
        D::Date64 => to.values::<Date64Type>(|n| moment(n, 1_000)),
        D::Time32(TimeUnit::Second) => to.values::<Time32SecondType>(|n| FileCell::Clock(n.into())),
        D::Time32(_) => to.values::<Time32MillisecondType>(|n| FileCell::Clock(f64::from(n) / 1e3)),
        D::Time64(TimeUnit::Microsecond) => to.values::<Time64MicrosecondType>(|n| FileCell::Clock(n as f64 / 1e6)),
        D::Time64(_) => to.values::<Time64NanosecondType>(|n| FileCell::Clock(n as f64 / 1e9)),
        D::Duration(TimeUnit::Second) => to.values::<DurationSecondType>(|n| FileCell::Span(n as f64)),
        D::Duration(TimeUnit::Millisecond) => {
            to.values::<DurationMillisecondType>(|n| FileCell::Span(n as f64 / 1e3));
        }
        D::Duration(TimeUnit::Microsecond) => {
            to.values::<DurationMicrosecondType>(|n| FileCell::Span(n as f64 / 1e6));
        }
        D::Duration(TimeUnit::Nanosecond) => {
            to.values::<DurationNanosecondType>(|n| FileCell::Span(n as f64 / 1e9));
        }
        D::Timestamp(TimeUnit::Second, _) => to.values::<TimestampSecondType>(|n| moment(n, 1)),
        D::Timestamp(TimeUnit::Millisecond, _) => to.values::<TimestampMillisecondType>(|n| moment(n, 1_000)),
        D::Timestamp(TimeUnit::Microsecond, _) => {
            to.values::<TimestampMicrosecondType>(|n| moment(n, 1_000_000));
        }
        D::Timestamp(TimeUnit::Nanosecond, _) => {
            to.values::<TimestampNanosecondType>(|n| moment(n, 1_000_000_000));
        }
        _ => to.give(std::iter::repeat_n(FileCell::Missing, array.len())),
    }
}

/// Part of the Parquet reader: passes the values of an Arrow array to a receiver of cells.
struct ArraySink<'a, R> {
    array: &'a dyn Array,
    column: usize,
    at: RowPosition,
    reader: &'a mut R,
}

impl<R: CellReader> ArraySink<'_, R> {
    fn give<'c>(&mut self, cells: impl Iterator<Item = FileCell<'c>>) {
        self.reader.cells(self.column, self.at, cells);
    }

    fn values<T: ArrowPrimitiveType>(&mut self, cell: impl Fn(T::Native) -> FileCell<'static>) {
        let Some(values) = self.array.as_primitive_opt::<T>() else { return };
        if values.null_count() == 0 {
            self.give(values.values().iter().map(|value| cell(*value)));
        } else {
            self.give(values.iter().map(|value| value.map_or(FileCell::Missing, &cell)));
        }
    }

    fn booleans(&mut self) {
        let values = self.array.as_boolean_opt().into_iter().flatten();
        self.give(values.map(|value| value.map_or(FileCell::Missing, FileCell::Boolean)));
    }

    /// Passes the texts of an Arrow array to the receiver of cells.
    fn texts<O: arrow_array::OffsetSizeTrait>(&mut self) {
        // The texts are parsed later, like texts of a CSV file, so `12.5` may become a number.
        let values = self.array.as_string_opt::<O>().into_iter().flatten();
        self.give(values.map(|value| value.map_or(FileCell::Missing, |text| FileCell::Untyped(text.trim()))));
    }
}

fn decimal(unscaled: f64, scale: i8) -> FileCell<'static> {
    // Powers of ten up to 10^22 are exact in `f64`. So the quotient is the `f64` nearest to the decimal number.
    FileCell::Number(if scale >= 0 {
        unscaled / 10_f64.powi(scale.into())
    } else {
        unscaled * 10_f64.powi(-i32::from(scale))
    })
}

fn moment(count: i64, per_second: i64) -> FileCell<'static> {
    let part = count.rem_euclid(per_second) as f64 / per_second as f64;
    FileCell::Moment(count.div_euclid(per_second) as f64 + part)
}
