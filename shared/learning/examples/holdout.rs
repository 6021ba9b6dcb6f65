//! Prints the indices of a table's hold-out rows, from 0, one per line, in the order of the files.
//!
//! Usage: `cargo run --example holdout -- DIRECTORY_OR_FILES --target COLUMN`. With the indices, other libraries can
//! train on the same split. In a directory, it reads the data files and `dataset.toml`, as training does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use evergreen_learning::Prepared;
use evergreen_table::{DataFile, DatasetSettings, Format, SETTINGS_FILE, Table};

const USAGE: &str = "usage: holdout DIRECTORY_OR_FILES... [--target COLUMN]";

fn main() -> ExitCode {
    match holdout() {
        Ok(rows) => {
            rows.iter().for_each(|row| println!("{row}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("holdout: {error}");
            ExitCode::FAILURE
        }
    }
}

fn holdout() -> Result<Vec<u32>, Box<dyn std::error::Error>> {
    let (mut paths, mut target) = (Vec::new(), String::new());
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--target" => target = arguments.next().ok_or(USAGE)?,
            _ => paths.push(PathBuf::from(argument)),
        }
    }
    let (mut files, mut settings) = (Vec::new(), DatasetSettings::default());
    for path in paths.into_iter().map(inside).collect::<io::Result<Vec<_>>>()?.concat() {
        let name = name_of(&path);
        if name == SETTINGS_FILE {
            settings = DatasetSettings::from_bytes(&fs::read(&path)?)?;
        } else if Format::of(&name).is_ok() {
            files.push(DataFile { name, content: fs::read(&path)? });
        }
    }
    let table = Table::read(files, settings, &target, u64::MAX)?;
    Ok(Prepared::of(table)?.split().holdout.clone())
}

/// Returns the paths of all files in the directory `path`. If `path` is a file, returns only `path`.
fn inside(path: PathBuf) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path]);
    }
    fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
