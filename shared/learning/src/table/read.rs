//! From files to a table.

use evergreen_lifecycle::{DatasetProfile, Label};

use super::{DataFile, Table, TableError, Target, fingerprint};
use crate::frame::{Frame, FrameColumn, Values};
use crate::settings::Settings;
use crate::split::Split;

pub(super) fn read(
    files: Vec<DataFile>,
    settings: Settings,
    default_target: &str,
    _memory: u64,
) -> Result<Table, TableError> {
    let target_name = settings.target.clone().unwrap_or_else(|| default_target.to_owned());
    let file = files.first().ok_or(TableError::NoFile)?;
    let csv = |source| TableError::Csv { file: file.name.clone(), source };
    let mut reader = csv::Reader::from_reader(file.content.as_slice());
    let names: Vec<String> = reader.headers().map_err(csv)?.iter().map(str::to_owned).collect();
    let mut cells = vec![Vec::new(); names.len()];
    for record in reader.records() {
        for (column, cell) in cells.iter_mut().zip(&record.map_err(csv)?) {
            column.push(cell.to_owned());
        }
    }
    let mut columns = Vec::new();
    let mut target = None;
    for (name, cells) in names.iter().zip(cells) {
        if *name == target_name {
            let mut labels: Vec<Label> = cells.iter().map(|cell| cell.as_str().into()).collect();
            labels.sort();
            labels.dedup();
            let class = |cell: &String| labels.binary_search(&cell.as_str().into()).unwrap_or_default() as u32;
            let classes = cells.iter().map(class).collect();
            target = Some(Target::Classes { labels, classes });
        } else {
            let numbers = cells.iter().map(|cell| cell.parse().unwrap_or(f32::NAN)).collect();
            columns.push(FrameColumn { name: name.clone(), values: Values::Number(numbers) });
        }
    }
    let Some(target) = target else { return Err(TableError::NoTarget { target: target_name, columns: names }) };
    let rows = target.len();
    let fingerprint = fingerprint::of(&target_name, &target, &columns, None, None);
    let frame = Frame::new(columns, rows);
    let split = Split::of(&frame, &target, None);
    let profile = DatasetProfile::default();
    Ok(Table { target_name, target, frame, weights: None, order: None, settings, split, profile, fingerprint })
}
