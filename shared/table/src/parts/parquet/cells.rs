//! The values of an Arrow array as cells.

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

use crate::cell::Cell;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// Whether values of that type can be read; the list of [`each`].
pub(super) fn is_known(kind: &DataType) -> bool {
    use DataType as D;
    let is_number = kind.is_integer() || kind.is_floating() || kind.is_decimal();
    let is_text = matches!(kind, D::Utf8 | D::LargeUtf8);
    let is_time =
        matches!(kind, D::Date32 | D::Date64 | D::Timestamp(..) | D::Time32(..) | D::Time64(..) | D::Duration(..));
    is_number || is_text || is_time || matches!(kind, D::Null | D::Boolean)
}

/// Gives every value of `array`, in order.
pub(super) fn each(array: &dyn Array, mut give: impl FnMut(Cell<'_>)) {
    use DataType as D;
    match array.data_type() {
        D::Boolean => each_boolean(array, give),
        D::Utf8 => each_text::<i32>(array, give),
        D::LargeUtf8 => each_text::<i64>(array, give),
        D::Int8 => primitive::<Int8Type>(array, |n| Cell::Whole(n.into()), give),
        D::Int16 => primitive::<Int16Type>(array, |n| Cell::Whole(n.into()), give),
        D::Int32 => primitive::<Int32Type>(array, |n| Cell::Whole(n.into()), give),
        D::Int64 => primitive::<Int64Type>(array, Cell::Whole, give),
        D::UInt8 => primitive::<UInt8Type>(array, |n| Cell::Whole(n.into()), give),
        D::UInt16 => primitive::<UInt16Type>(array, |n| Cell::Whole(n.into()), give),
        D::UInt32 => primitive::<UInt32Type>(array, |n| Cell::Whole(n.into()), give),
        D::UInt64 => {
            primitive::<UInt64Type>(array, |n| i64::try_from(n).map_or(Cell::Number(n as f64), Cell::Whole), give)
        }
        D::Float16 => primitive::<Float16Type>(array, |n| Cell::Number(n.into()), give),
        D::Float32 => primitive::<Float32Type>(array, |n| Cell::Number(n.into()), give),
        D::Float64 => primitive::<Float64Type>(array, Cell::Number, give),
        D::Decimal32(_, scale) => primitive::<Decimal32Type>(array, |n| decimal(n.into(), *scale), give),
        D::Decimal64(_, scale) => primitive::<Decimal64Type>(array, |n| decimal(n as f64, *scale), give),
        D::Decimal128(_, scale) => primitive::<Decimal128Type>(array, |n| decimal(n as f64, *scale), give),
        // Its decimal text is the number without the point.
        D::Decimal256(_, scale) => {
            primitive::<Decimal256Type>(array, |n| decimal(n.to_string().parse().unwrap_or(f64::NAN), *scale), give);
        }
        D::Date32 => primitive::<Date32Type>(array, |n| Cell::Moment(f64::from(n) * SECONDS_OF_A_DAY), give),
        D::Date64 => primitive::<Date64Type>(array, |n| moment(n, 1_000), give),
        D::Time32(TimeUnit::Second) => primitive::<Time32SecondType>(array, |n| Cell::Clock(n.into()), give),
        D::Time32(_) => primitive::<Time32MillisecondType>(array, |n| Cell::Clock(f64::from(n) / 1e3), give),
        D::Time64(TimeUnit::Microsecond) => {
            primitive::<Time64MicrosecondType>(array, |n| Cell::Clock(n as f64 / 1e6), give)
        }
        D::Time64(_) => primitive::<Time64NanosecondType>(array, |n| Cell::Clock(n as f64 / 1e9), give),
        D::Duration(TimeUnit::Second) => primitive::<DurationSecondType>(array, |n| Cell::Span(n as f64), give),
        D::Duration(TimeUnit::Millisecond) => {
            primitive::<DurationMillisecondType>(array, |n| Cell::Span(n as f64 / 1e3), give);
        }
        D::Duration(TimeUnit::Microsecond) => {
            primitive::<DurationMicrosecondType>(array, |n| Cell::Span(n as f64 / 1e6), give);
        }
        D::Duration(TimeUnit::Nanosecond) => {
            primitive::<DurationNanosecondType>(array, |n| Cell::Span(n as f64 / 1e9), give);
        }
        D::Timestamp(TimeUnit::Second, _) => primitive::<TimestampSecondType>(array, |n| moment(n, 1), give),
        D::Timestamp(TimeUnit::Millisecond, _) => {
            primitive::<TimestampMillisecondType>(array, |n| moment(n, 1_000), give)
        }
        D::Timestamp(TimeUnit::Microsecond, _) => {
            primitive::<TimestampMicrosecondType>(array, |n| moment(n, 1_000_000), give);
        }
        D::Timestamp(TimeUnit::Nanosecond, _) => {
            primitive::<TimestampNanosecondType>(array, |n| moment(n, 1_000_000_000), give);
        }
        _ => (0..array.len()).for_each(|_| give(Cell::Missing)),
    }
}

fn primitive<T: ArrowPrimitiveType>(
    array: &dyn Array,
    cell: impl Fn(T::Native) -> Cell<'static>,
    mut give: impl FnMut(Cell<'_>),
) {
    let values = array.as_primitive_opt::<T>().into_iter().flatten();
    values.for_each(|value| give(value.map_or(Cell::Missing, &cell)));
}

fn each_boolean(array: &dyn Array, mut give: impl FnMut(Cell<'_>)) {
    let values = array.as_boolean_opt().into_iter().flatten();
    values.for_each(|value| give(value.map_or(Cell::Missing, Cell::Boolean)));
}

fn each_text<O: arrow_array::OffsetSizeTrait>(array: &dyn Array, mut give: impl FnMut(Cell<'_>)) {
    let values = array.as_string_opt::<O>().into_iter().flatten();
    values.for_each(|value| give(value.map_or(Cell::Missing, Cell::Text)));
}

fn decimal(unscaled: f64, scale: i8) -> Cell<'static> {
    // A power of ten up to 22 is exact, and so the quotient is the number nearest to the decimal.
    Cell::Number(if scale >= 0 {
        unscaled / 10_f64.powi(scale.into())
    } else {
        unscaled * 10_f64.powi(-i32::from(scale))
    })
}

fn moment(count: i64, per_second: i64) -> Cell<'static> {
    let part = count.rem_euclid(per_second) as f64 / per_second as f64;
    Cell::Moment(count.div_euclid(per_second) as f64 + part)
}
