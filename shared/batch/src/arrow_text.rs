//! Writes the rows of a Parquet file as JSON lines, so that the reader of `/predict` reads them.
//!
//! A value becomes the text that a client would send: a number its shortest form, a time its RFC 3339 text, a missing value
//! null. A whole floating-point number is written without a fraction, because a category may be stored as one.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DurationMicrosecondType,
    DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};
use jiff::Timestamp;
use serde_json::to_vec;

const SECONDS_OF_A_DAY: i64 = 86_400;
/// Whole numbers up to this one are exact as floating-point numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes one value of a column as JSON.
type CellWriter<'a> = Box<dyn Fn(usize, &mut Vec<u8>) + 'a>;

/// Returns whether values of this type can be read. Nested values cannot.
pub(crate) fn is_known(kind: &DataType) -> bool {
    use DataType as D;
    // The types are those that training reads.
    let is_number = kind.is_integer() || kind.is_floating() || kind.is_decimal();
    let is_time =
        matches!(kind, D::Date32 | D::Date64 | D::Timestamp(..) | D::Time32(..) | D::Time64(..) | D::Duration(..));
    is_number || is_time || matches!(kind, D::Utf8 | D::LargeUtf8 | D::Null | D::Boolean)
}

/// Returns the rows of some columns as JSON lines. Each column has a name.
pub(crate) fn lines(columns: &[(&str, &ArrayRef)], rows: usize) -> Vec<u8> {
    let named = columns.iter().map(|(name, array)| (to_vec(name).unwrap_or_default(), writer(array.as_ref())));
    let named: Vec<(Vec<u8>, CellWriter<'_>)> = named.collect();
    let mut text = Vec::with_capacity(rows * columns.len() * 16);
    for row in 0..rows {
        text.push(b'{');
        for (index, (name, write)) in named.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            text.extend_from_slice(name);
            text.push(b':');
            write(row, &mut text);
        }
        text.extend_from_slice(b"}\n");
    }
    text
}

fn writer(array: &dyn Array) -> CellWriter<'_> {
    use DataType as D;
    match array.data_type() {
        D::Boolean => optional(array, |row| array.as_boolean_opt().map(|found| found.value(row)), put_json),
        D::Utf8 => optional(array, |row| array.as_string_opt::<i32>().map(|found| found.value(row)), put_json),
        D::LargeUtf8 => optional(array, |row| array.as_string_opt::<i64>().map(|found| found.value(row)), put_json),
        D::Int8 => primitive::<Int8Type, _>(array, put_json),
        D::Int16 => primitive::<Int16Type, _>(array, put_json),
        D::Int32 => primitive::<Int32Type, _>(array, put_json),
        D::Int64 => primitive::<Int64Type, _>(array, put_json),
        D::UInt8 => primitive::<UInt8Type, _>(array, put_json),
        D::UInt16 => primitive::<UInt16Type, _>(array, put_json),
        D::UInt32 => primitive::<UInt32Type, _>(array, put_json),
        D::UInt64 => primitive::<UInt64Type, _>(array, put_json),
        D::Float16 => primitive::<Float16Type, _>(array, |value, text| put_float(f64::from(value), text)),
        D::Float32 => primitive::<Float32Type, _>(array, put_single),
        D::Float64 => primitive::<Float64Type, _>(array, put_float),
        D::Decimal32(_, scale) => {
            let scale = *scale;
            primitive::<Decimal32Type, _>(array, move |value, text| put_decimal(f64::from(value), scale, text))
        }
        D::Decimal64(_, scale) => {
            let scale = *scale;
            primitive::<Decimal64Type, _>(array, move |value, text| put_decimal(value as f64, scale, text))
        }
        D::Decimal128(_, scale) => {
            let scale = *scale;
            primitive::<Decimal128Type, _>(array, move |value, text| put_decimal(value as f64, scale, text))
        }
        D::Decimal256(_, scale) => {
            let scale = *scale;
            // A number of 256 bits becomes a floating-point number by way of its text, as in training.
            let unscaled = |digits: String| digits.parse().unwrap_or(f64::NAN);
            primitive::<Decimal256Type, _>(array, move |value, text| {
                put_decimal(unscaled(value.to_string()), scale, text)
            })
        }
        D::Date32 => {
            primitive::<Date32Type, _>(array, |days, text| put_moment(i64::from(days) * SECONDS_OF_A_DAY, 0, text))
        }
        D::Date64 => primitive::<Date64Type, _>(array, |value, text| put_instant(value, 1_000, text)),
        D::Timestamp(TimeUnit::Second, _) => {
            primitive::<TimestampSecondType, _>(array, |value, text| put_instant(value, 1, text))
        }
        D::Timestamp(TimeUnit::Millisecond, _) => {
            primitive::<TimestampMillisecondType, _>(array, |value, text| put_instant(value, 1_000, text))
        }
        D::Timestamp(TimeUnit::Microsecond, _) => {
            primitive::<TimestampMicrosecondType, _>(array, |value, text| put_instant(value, 1_000_000, text))
        }
        D::Timestamp(TimeUnit::Nanosecond, _) => {
            primitive::<TimestampNanosecondType, _>(array, |value, text| put_instant(value, 1_000_000_000, text))
        }
        kind => span_writer(array, kind),
    }
}

/// Returns the writer of times of day and durations: numbers of seconds. Values of other types count as missing.
fn span_writer<'a>(array: &'a dyn Array, kind: &DataType) -> CellWriter<'a> {
    use DataType as D;
    match kind {
        D::Time32(TimeUnit::Second) => primitive::<Time32SecondType, _>(array, put_json),
        D::Time32(_) => {
            primitive::<Time32MillisecondType, _>(array, |value, text| put_float(f64::from(value) / 1e3, text))
        }
        D::Time64(TimeUnit::Microsecond) => seconds::<Time64MicrosecondType>(array, 1e6),
        D::Time64(_) => seconds::<Time64NanosecondType>(array, 1e9),
        D::Duration(TimeUnit::Second) => seconds::<DurationSecondType>(array, 1.0),
        D::Duration(TimeUnit::Millisecond) => seconds::<DurationMillisecondType>(array, 1e3),
        D::Duration(TimeUnit::Microsecond) => seconds::<DurationMicrosecondType>(array, 1e6),
        D::Duration(TimeUnit::Nanosecond) => seconds::<DurationNanosecondType>(array, 1e9),
        _ => Box::new(|_, text| put_null(text)),
    }
}

fn seconds<T: ArrowPrimitiveType<Native = i64>>(array: &dyn Array, per_second: f64) -> CellWriter<'_> {
    primitive::<T, _>(array, move |value, text| put_float(value as f64 / per_second, text))
}

fn primitive<'a, T, F>(array: &'a dyn Array, put: F) -> CellWriter<'a>
where
    T: ArrowPrimitiveType,
    F: Fn(T::Native, &mut Vec<u8>) + 'a,
{
    let values = array.as_primitive_opt::<T>();
    optional(array, move |row| values.map(|values| values.value(row)), put)
}

fn optional<'a, V, G, F>(array: &'a dyn Array, get: G, put: F) -> CellWriter<'a>
where
    G: Fn(usize) -> Option<V> + 'a,
    F: Fn(V, &mut Vec<u8>) + 'a,
{
    Box::new(move |row, text| match get(row).filter(|_| array.is_valid(row)) {
        Some(value) => put(value, text),
        None => put_null(text),
    })
}

fn put_null(text: &mut Vec<u8>) {
    text.extend_from_slice(b"null");
}

fn put_json<V: serde::Serialize>(value: V, text: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(text, &value);
}

fn put_float(value: f64, text: &mut Vec<u8>) {
    if value.is_nan() {
        put_null(text);
    } else if value.is_infinite() {
        put_json("an infinite number", text);
    } else if value.fract() == 0.0 && value.abs() < EXACT {
        put_json(value as i64, text);
    } else {
        put_json(value, text);
    }
}

fn put_single(value: f32, text: &mut Vec<u8>) {
    if value.is_finite() && value.fract() != 0.0 { put_json(value, text) } else { put_float(value.into(), text) }
}

fn put_decimal(unscaled: f64, scale: i8, text: &mut Vec<u8>) {
    // Powers of ten up to 10^22 are exact, so the quotient is the number nearest to the decimal.
    let power = 10_f64.powi(scale.unsigned_abs().into());
    put_float(if scale >= 0 { unscaled / power } else { unscaled * power }, text);
}

fn put_instant(value: i64, per_second: i64, text: &mut Vec<u8>) {
    let nanoseconds = value.rem_euclid(per_second) * (1_000_000_000 / per_second);
    put_moment(value.div_euclid(per_second), i32::try_from(nanoseconds).unwrap_or_default(), text);
}

fn put_moment(seconds: i64, nanoseconds: i32, text: &mut Vec<u8>) {
    match Timestamp::new(seconds, nanoseconds) {
        Ok(moment) => {
            let _ = write!(text, "\"{moment}\"");
        }
        // The row gets an error that says what a time looks like.
        Err(_) => put_json("a time outside of the years -9999 to 9999", text),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Decimal32Array, Decimal64Array, Decimal128Array, Decimal256Array};

    use super::*;

    type Wide = <Decimal256Type as ArrowPrimitiveType>::Native;

    #[test]
    fn decimal_numbers_of_each_width_are_read_alike() {
        let columns: [ArrayRef; 4] = [
            Arc::new(Decimal32Array::from(vec![Some(-1250), None]).with_precision_and_scale(9, 2).unwrap()),
            Arc::new(Decimal64Array::from(vec![Some(-1250), None]).with_precision_and_scale(18, 2).unwrap()),
            Arc::new(Decimal128Array::from(vec![Some(-1250), None]).with_precision_and_scale(38, 2).unwrap()),
            Arc::new(
                Decimal256Array::from(vec![Some(Wide::from_i128(-1250)), None])
                    .with_precision_and_scale(76, 2)
                    .unwrap(),
            ),
        ];
        for column in columns {
            assert!(is_known(column.data_type()), "{}", column.data_type());
            let text = String::from_utf8(lines(&[("a", &column)], 2)).unwrap();
            assert_eq!(text, "{\"a\":-12.5}\n{\"a\":null}\n", "{}", column.data_type());
        }
    }
}
