//! Opens a ZIP archive that is an Excel workbook or that contains a single file.

use std::io::{Cursor, Read};

use bytes::Bytes;
use zip::ZipArchive;

use crate::TableError;

/// The content of a ZIP archive.
pub(super) enum ArchiveContent {
    /// The archive itself is an Excel workbook (a ZIP file by format). The field holds its bytes.
    Workbook(Bytes),
    /// The archive contains a single file. The fields are its name and its content.
    Entry(String, Vec<u8>),
}

/// Opens a ZIP archive. Returns an error if its content does not fit into memory.
pub(super) fn open(file: &str, content: Bytes, memory: u64, free: u64) -> Result<ArchiveContent, TableError> {
    // `memory` is the number of bytes that may be used in all, and `free` is how many of them are still free.
    let other = |found: String| TableError::OtherFormat {
        file: file.to_owned(),
        found,
        advice: "expected a ZIP archive of one table, or the table itself",
    };
    let damaged = || other("a ZIP archive that is damaged, or encrypted".to_owned());
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|_| damaged())?;
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    if names.iter().any(|name| name == "xl/workbook.xml") {
        return Ok(ArchiveContent::Workbook(archive.into_inner().into_inner()));
    }
    let tables: Vec<&String> = names.iter().filter(|name| is_file(name)).collect();
    let [name] = tables.as_slice() else {
        return Err(other(format!("a ZIP archive of {} files", tables.len())));
    };
    let mut bytes = Vec::new();
    let entry = archive.by_name(name).map_err(|_| damaged())?;
    entry.take(free.saturating_add(1)).read_to_end(&mut bytes).map_err(|_| damaged())?;
    if bytes.len() as u64 > free {
        return Err(TableError::TooLargeDecompressed { file: file.to_owned(), bytes: free, memory });
    }
    Ok(ArchiveContent::Entry((*name).clone(), bytes))
}

/// Returns whether an entry of a ZIP archive is a file of the user, and not a folder or a system file.
fn is_file(name: &str) -> bool {
    // Folders and files that operating systems add are not files of the user.
    let last = name.rsplit('/').next().unwrap_or_default();
    !name.ends_with('/') && !name.starts_with("__MACOSX/") && !last.starts_with('.')
}
