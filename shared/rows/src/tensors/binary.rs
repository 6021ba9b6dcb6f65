//! Reads tensors whose values are little-endian bytes behind the JSON part of a request.

use serde::de::Error;

use super::listed::whole_of;
use super::plan::TensorPlan;
use crate::cell::JsonCellReader;
use crate::kinds::{JsonHandler, JsonInteger};
use crate::reader::RowReader;
use crate::{JsonKind, RowFault};

const DATATYPES: &str =
    "BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP32, FP64 or BYTES for a binary tensor";

/// The bytes behind the JSON part of a request.
pub(super) struct BinaryTensors<'b> {
    rest: &'b [u8],
}

impl<'b> BinaryTensors<'b> {
    pub(super) fn new(rest: &'b [u8]) -> Self {
        Self { rest }
    }

    /// Reads the tensors that have a length in bytes, in the order of the request.
    pub(super) fn read<E: Error>(mut self, reader: &mut RowReader<'_>, plans: &[TensorPlan<'_>]) -> Result<(), E> {
        for plan in plans {
            let Some(size) = plan.binary_size else { continue };
            let Some((bytes, rest)) = self.rest.split_at_checked(size) else {
                return Err(refuse(reader, plan, "has fewer bytes than its binary_data_size"));
            };
            self.rest = rest;
            match plan.datatype {
                "BYTES" => read_texts(reader, plan, bytes)?,
                "BOOL" => read_values(reader, plan, bytes, |[byte]: [u8; 1], cell| cell.boolean(byte != 0))?,
                "UINT8" => read_values(reader, plan, bytes, |it, cell| unsigned(u8::from_le_bytes(it).into(), cell))?,
                "UINT16" => read_values(reader, plan, bytes, |it, cell| unsigned(u16::from_le_bytes(it).into(), cell))?,
                "UINT32" => read_values(reader, plan, bytes, |it, cell| unsigned(u32::from_le_bytes(it).into(), cell))?,
                "UINT64" => read_values(reader, plan, bytes, |it, cell| unsigned(u64::from_le_bytes(it), cell))?,
                "INT8" => read_values(reader, plan, bytes, |it, cell| signed(i8::from_le_bytes(it).into(), cell))?,
                "INT16" => read_values(reader, plan, bytes, |it, cell| signed(i16::from_le_bytes(it).into(), cell))?,
                "INT32" => read_values(reader, plan, bytes, |it, cell| signed(i32::from_le_bytes(it).into(), cell))?,
                "INT64" => read_values(reader, plan, bytes, |it, cell| signed(i64::from_le_bytes(it), cell))?,
                "FP32" => read_values(reader, plan, bytes, |it, cell| float(f32::from_le_bytes(it).into(), cell))?,
                "FP64" => read_values(reader, plan, bytes, |it, cell| float(f64::from_le_bytes(it), cell))?,
                _ => {
                    let what = "has a datatype that cannot be read as bytes";
                    return Err(reader.refuse(RowFault::layout(Some(plan.name), what, DATATYPES)));
                }
            }
        }
        Ok(())
    }
}

fn unsigned<E: Error>(number: u64, cell: JsonCellReader<'_, '_>) -> Result<(), E> {
    cell.number(number as f64, Some(JsonInteger::unsigned(number)))
}

fn signed<E: Error>(number: i64, cell: JsonCellReader<'_, '_>) -> Result<(), E> {
    cell.number(number as f64, Some(JsonInteger::signed(number)))
}

fn float<E: Error>(number: f64, cell: JsonCellReader<'_, '_>) -> Result<(), E> {
    if number.is_nan() { cell.null() } else { cell.number(number, whole_of(number)) }
}

/// Reads values of `N` bytes each.
fn read_values<const N: usize, E: Error>(
    reader: &mut RowReader<'_>,
    plan: &TensorPlan<'_>,
    bytes: &[u8],
    read: impl Fn([u8; N], JsonCellReader<'_, '_>) -> Result<(), E>,
) -> Result<(), E> {
    let (values, rest) = bytes.as_chunks::<N>();
    if values.len() != plan.values || !rest.is_empty() {
        return Err(plan.refuse_length(reader));
    }
    for (index, value) in values.iter().enumerate() {
        plan.cell(reader, index)?.map_or(Ok(()), |cell| read(*value, cell))?;
    }
    Ok(())
}

/// Reads texts, each with its length in four bytes before it.
fn read_texts<E: Error>(reader: &mut RowReader<'_>, plan: &TensorPlan<'_>, bytes: &[u8]) -> Result<(), E> {
    let mut rest = bytes;
    for index in 0..plan.values {
        let text = rest.split_first_chunk::<4>().and_then(|(length, rest)| {
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            rest.split_at_checked(length)
        });
        let Some((text, after)) = text else { return Err(plan.refuse_length(reader)) };
        rest = after;
        let Some(cell) = plan.cell(reader, index)? else { continue };
        match std::str::from_utf8(text) {
            Ok(text) => cell.string(text)?,
            Err(_) => cell.unfit(JsonKind::NoText)?,
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(plan.refuse_length(reader)) }
}

fn refuse<E: Error>(reader: &mut RowReader<'_>, plan: &TensorPlan<'_>, what: &'static str) -> E {
    reader.refuse(RowFault::layout(Some(plan.name), what, "as many bytes as the parameter says"))
}
