//! Maps the inputs of an imported ONNX file to columns of the table.

use std::collections::HashSet;
use std::rc::Rc;

use evergreen_lifecycle::{Column, ColumnKind, Signature};
use prost::Message;

use super::error::{ImportError, list, short};
use super::value::{Feature, FeatureList, FeatureSource, GraphValue};
use crate::artifact::onnx::{GraphProto, TensorProto, ValueInfoProto, element};

/// An input of an ONNX file, with the columns of the table that it takes.
pub(crate) struct InputColumns {
    pub(crate) name: String,
    /// Type of the input's values, see [`element`].
    pub(crate) kind: i32,
    /// Indices of the columns in the table, in the order of the input.
    pub(crate) columns: Vec<usize>,
}

/// Step of the ONNX import: returns each input's name and the features or texts that it contains.
pub(super) fn bind(
    inputs: &[ValueInfoProto],
    table: &Signature,
    is_constant: impl Fn(&str) -> bool,
) -> Result<Vec<(String, GraphValue)>, ImportError> {
    let bound = input_columns(inputs, table, is_constant)?;
    let columns = bound.iter().flat_map(|input| &input.columns).filter_map(|&at| table.columns().get(at));
    if let Some(column) = columns.into_iter().find(|column| is_free_text(&column.kind)) {
        return Err(ImportError::free_text(column));
    }
    let value = |InputColumns { name, kind, columns }| {
        let value = match kind {
            element::STRING => GraphValue::Texts(Rc::new(columns)),
            _ => FeatureList::flat(columns.into_iter().map(|at| Feature::new(FeatureSource::Value(at))).collect()),
        };
        (name, value)
    };
    Ok(bound.into_iter().map(value).collect())
}

/// Finds the columns that each input of a graph takes.
pub(crate) fn columns_of(graph: &GraphProto, table: &Signature) -> Result<Vec<InputColumns>, ImportError> {
    let name = |bytes: &Vec<u8>| TensorProto::decode(bytes.as_slice()).ok().map(|tensor| tensor.name);
    let stored: HashSet<String> = graph.initializer.iter().filter_map(name).collect();
    input_columns(&graph.input, table, |name| stored.contains(name))
}

/// Finds the columns that each input takes. Inputs that `is_constant` recognises have their values stored in the file and
/// take no column.
fn input_columns(
    inputs: &[ValueInfoProto],
    table: &Signature,
    is_constant: impl Fn(&str) -> bool,
) -> Result<Vec<InputColumns>, ImportError> {
    let inputs: Vec<_> = inputs.iter().filter(|input| !is_constant(&input.name)).collect();
    if let [all] = *inputs.as_slice() {
        let (kind, width) = tensor(all)?;
        if width != Some(1) || find(table, &all.name).is_none() {
            return Ok(vec![whole_table(&all.name, kind, width, table)?]);
        }
    }
    inputs.into_iter().map(|input| one_column(input, table)).collect()
}

/// Checks the name of the only column of a file that XGBoost or LightGBM saved. An exported file may call its only input as
/// it likes; these libraries write the name of the column.
pub(super) fn check_only_name(graph: &GraphProto, table: &Signature) -> Result<(), ImportError> {
    // A file without names has no operator that joins columns.
    let has_names = graph.node.iter().any(|node| node.op_type == "Concat");
    match graph.input.as_slice() {
        [only] if has_names && find(table, &only.name).is_none() => Err(unknown_input(&only.name, table)),
        _ => Ok(()),
    }
}

fn unknown_input(name: &str, table: &Signature) -> ImportError {
    ImportError::Input { input: short(name), columns: table.column_names().map(str::to_owned).collect() }
}

/// Returns a warning if a file has one input for several columns: their order is assumed.
pub(super) fn assumed_order(graph: &GraphProto, table: &Signature) -> Option<String> {
    let inputs = columns_of(graph, table).ok()?;
    let [InputColumns { columns, .. }] = inputs.as_slice() else { return None };
    let names: Vec<_> = columns.iter().filter_map(|&at| table.columns().get(at)).map(|it| it.name.as_str()).collect();
    let order = list(&names);
    (names.len() > 1).then(|| format!("the file has one input; its columns are assumed to be in this order: {order}"))
}

/// Returns the element type and the number of columns of an ONNX graph's input. `None`: any number of columns.
fn tensor(input: &ValueInfoProto) -> Result<(i32, Option<i64>), ImportError> {
    let problem = |problem| ImportError::InputType { input: short(&input.name), problem };
    let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let tensor = tensor.ok_or(problem("is not a tensor; expected a tensor of numbers or texts"))?;
    let dims = tensor.shape.as_ref().map(|shape| shape.dim.as_slice());
    match dims {
        None | Some([]) => Ok((tensor.elem_type, None)),
        Some([_]) => Ok((tensor.elem_type, Some(1))),
        Some([_, width]) => Ok((tensor.elem_type, width.dim_value)),
        Some(_) => Err(problem("has more than two dimensions; expected [N, columns]")),
    }
}

/// Returns all columns of the table in order, for an ONNX file with a single input of `width` columns.
fn whole_table(name: &str, kind: i32, width: Option<i64>, table: &Signature) -> Result<InputColumns, ImportError> {
    // Numbers cannot contain free texts, so a file with an input of numbers does not have these columns.
    let is_input = |column: &Column| kind == element::STRING || !is_free_text(&column.kind);
    let columns: Vec<_> = table.columns().iter().enumerate().filter(|(_, column)| is_input(column)).collect();
    // The width is `None` if the file does not fix the number of columns.
    match width {
        Some(found) if usize::try_from(found) != Ok(columns.len()) => {
            let columns = columns.into_iter().map(|(_, column)| column.name.clone()).collect();
            Err(ImportError::Width { found, columns })
        }
        _ => value(name, kind, columns),
    }
}

fn is_free_text(kind: &ColumnKind) -> bool {
    matches!(kind, ColumnKind::Text { .. } | ColumnKind::WholeText)
}

fn one_column(input: &ValueInfoProto, table: &Signature) -> Result<InputColumns, ImportError> {
    let (kind, width) = tensor(input)?;
    let found = find(table, &input.name).ok_or_else(|| unknown_input(&input.name, table))?;
    if width.is_some_and(|width| width != 1) {
        return Err(ImportError::InputType {
            input: short(&input.name),
            problem: "has several columns although the file has more inputs; expected one column for each input, or a \
                      single input",
        });
    }
    value(&input.name, kind, vec![found])
}

/// Finds the table column to which the name of an ONNX input belongs. Returns the column with its index.
fn find<'a>(table: &'a Signature, name: &str) -> Option<(usize, &'a Column)> {
    // Exporters replace special characters by `_`, so `my_column` also finds `my column`. Returns `None` if no column
    // fits, or if several fit only in this way.
    let columns = || table.columns().iter().enumerate();
    let mut written = columns().filter(|(_, column)| is_written(&column.name, name));
    columns().find(|(_, column)| column.name == name).or_else(|| written.next().filter(|_| written.next().is_none()))
}

/// Returns whether an exporter may have written the name of a column like this: `_` in place of some characters.
fn is_written(column: &str, name: &str) -> bool {
    let is_same = |(of_column, written): (char, char)| {
        of_column == written || (written == '_' && !of_column.is_ascii_alphanumeric())
    };
    column.chars().count() == name.chars().count() && column.chars().zip(name.chars()).all(is_same)
}

fn value(name: &str, kind: i32, columns: Vec<(usize, &Column)>) -> Result<InputColumns, ImportError> {
    for (_, column) in &columns {
        let expected = match (kind, &column.kind) {
            (element::STRING, ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText)
            | (element::BOOL, ColumnKind::Boolean) => continue,
            (element::STRING, _) => "texts",
            (element::BOOL, _) => "booleans",
            (
                element::FLOAT | element::DOUBLE | element::INT64 | element::INT32,
                ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText,
            ) => "numbers",
            (element::FLOAT | element::DOUBLE | element::INT64 | element::INT32, _) => continue,
            _ => "values of another type than float, double, int64, int32, bool or string",
        };
        return Err(ImportError::Kind { column: column.name.clone(), kind: column.kind.name(), expected });
    }
    Ok(InputColumns { name: name.to_owned(), kind, columns: columns.into_iter().map(|(index, _)| index).collect() })
}
