//! The files of a table, opened: their columns are known to be the same, and they are cut into pieces that can be read
//! beside each other.

mod csv;
pub(crate) mod gzip;
mod header;
mod parquet;

pub(crate) use csv::{PIECE, Sample as CsvSample};
pub(crate) use parquet::Sample as ParquetSample;

use rayon::prelude::*;

use self::csv::Heading;
use super::cell::Cell;
use super::{DataFile, Format, Place, TableError};
use crate::budget::{self, Raw};
use crate::container::{self, Inner, Lines};
use crate::fingerprint::sha256_hex;
use crate::odd_rows::OddRow;
use crate::settings::{CsvSettings, Settings};

/// Where a row stands: index of the file, and its line (or row, of Parquet) from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub file: u32,
    pub line: u64,
}

/// Takes the cells of a piece, column by column or row by row; within a column in the order of the rows.
pub(super) trait Reader: Send {
    /// The next cell of the column.
    fn cell(&mut self, column: usize, at: At, cell: Cell<'_>);

    /// A row of the file that is none of the table.
    fn left_out(&mut self, _at: At, _why: OddRow) {}
}

/// A reader of several pieces.
pub(super) trait Gatherer: Reader {
    /// Takes what another reader has of the rows that follow.
    fn append(&mut self, later: Self);
}

/// An opened file.
pub(super) struct Part {
    pub name: String,
    /// Bytes, as stored.
    pub size: u64,
    pub sha256: String,
    /// For each of the file's columns the table's column.
    order: Vec<usize>,
    /// What it was read as, in words.
    pub read_as: Vec<String>,
    lines: Lines,
    content: Content,
}

enum Content {
    /// The file's text, and how it is laid out.
    Csv {
        bytes: Vec<u8>,
        layout: Box<csv::Layout>,
    },
    Parquet(parquet::File),
}

/// The opened files of a table.
pub(super) struct Parts {
    pub parts: Vec<Part>,
    /// The columns, in the order of the first file.
    pub names: Vec<String>,
    /// For each column whether the header leaves out its name.
    pub unnamed: Vec<bool>,
    /// Columns whose values are of a type that cannot be read, with that type.
    pub unread: Vec<(usize, String)>,
    /// For each column whether it is left out whatever it holds.
    skipped: Vec<bool>,
    /// Whether the settings say where day and month stand in dates.
    pub says_order: bool,
    /// What the files take in memory.
    pub raw: Raw,
}

impl Parts {
    /// Opens `files`, as far as memory allows.
    pub(super) fn open(mut files: Vec<DataFile>, settings: &Settings, memory: u64) -> Result<Self, TableError> {
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let compressed =
            files.iter().filter(|file| !matches!(Format::of(&file.name), Ok(Format::Csv | Format::Parquet)));
        let compressed = compressed.map(|file| file.content.len() as u64).sum();
        let mut raw = Raw { compressed, ..Raw::default() };
        let digests: Vec<String> = files.par_iter().map(|file| sha256_hex(&file.content)).collect();
        let mut parts = Self {
            parts: Vec::with_capacity(files.len()),
            names: Vec::new(),
            unnamed: Vec::new(),
            unread: Vec::new(),
            skipped: Vec::new(),
            says_order: settings.csv.month_first.is_some(),
            raw: Raw::default(),
        };
        for (file, sha256) in files.into_iter().zip(digests) {
            let (name, size) = (file.name.clone(), file.content.len() as u64);
            let free = memory.saturating_sub(raw.bytes.saturating_add(raw.compressed));
            let Opened { content, names, read_as, lines } = open(file, &settings.csv, memory, free)?;
            raw.bytes = raw.bytes.saturating_add(content.bytes());
            raw.decoding = raw.decoding.max(content.decoding());
            let order = parts.align(&name, names, &content)?;
            parts.parts.push(Part { name, size, sha256, order, read_as, lines, content });
        }
        parts.raw = raw;
        parts.unread = parts.unread_columns();
        let is_unread = |column: usize| parts.unread.iter().any(|(unread, _)| *unread == column);
        let dropped = |(column, name): (usize, &String)| settings.drop.contains(name) || is_unread(column);
        parts.skipped = parts.names.iter().enumerate().map(dropped).collect();
        budget::check_opened(raw, parts.cells(), memory)?;
        if parts.parts.is_empty() { Err(TableError::NoFile) } else { Ok(parts) }
    }

    /// The table's columns of which some file has values that cannot be read.
    fn unread_columns(&self) -> Vec<(usize, String)> {
        let mut found: Vec<(usize, String)> = Vec::new();
        for part in &self.parts {
            let Content::Parquet(file) = &part.content else { continue };
            for (index, kind) in &file.unread {
                if let Some(column) = part.order.get(*index)
                    && !found.iter().any(|(known, _)| known == column)
                {
                    found.push((*column, kind.clone()));
                }
            }
        }
        found
    }

    /// Where files end with a row of totals.
    pub(super) fn totals(&self) -> Vec<At> {
        let total = |(file, part): (usize, &Part)| match &part.content {
            Content::Csv { layout, .. } => layout.total.map(|line| At { file: file as u32, line }),
            Content::Parquet(_) => None,
        };
        self.parts.iter().enumerate().filter_map(total).collect()
    }

    /// Whether numbers and dates are written as texts in some file.
    pub(super) fn has_text(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.content, Content::Csv { .. }))
    }

    /// Has `reader` glance at the texts; what is wrong with them is told when they are read whole.
    pub(super) fn glance<R: Reader>(&self, mut reader: R) -> R {
        for (file, part) in self.parts.iter().enumerate() {
            if let Content::Csv { bytes, layout } = &part.content {
                for rows in csv::Rows::glance(file as u32, bytes, layout) {
                    let _ = rows.read(&part.name, &part.order, &mut reader);
                }
            }
        }
        reader
    }

    /// Cells of the Parquet files, which say how many there are.
    fn cells(&self) -> u64 {
        let cells = |part: &Part| match &part.content {
            Content::Parquet(file) => file.rows().saturating_mul(self.names.len() as u64),
            Content::Csv { .. } => 0,
        };
        self.parts.iter().map(cells).fold(0, u64::saturating_add)
    }

    /// For each of a file's columns the table's; the first file's columns are the table's.
    fn align(&mut self, file: &str, names: Vec<String>, content: &Content) -> Result<Vec<usize>, TableError> {
        let unnamed = names.iter().map(String::is_empty).collect();
        let names = header::named(&names);
        let Some(first) = self.parts.first() else {
            self.names = names;
            self.unnamed = unnamed;
            return Ok((0..self.names.len()).collect());
        };
        header::align(&self.names, &first.name, file, &names).map_err(|error| {
            let files = [(first.name.as_str(), first.content.heading()), (file, content.heading())];
            named_by_all(files, error)
        })
    }

    /// `error`, which names columns of the table, or what is said in its place where they may be values.
    pub(super) fn without_values(&self, error: TableError) -> TableError {
        let heading = |part: &Part| (part.name.clone(), part.content.heading());
        match self.parts.first().map(heading) {
            Some((file, heading)) => named_by_all([(file.as_str(), heading)], error),
            None => error,
        }
    }

    /// Reads all files into `whole`. Pieces are read side by side, each by a `reader` of its own, and appended in the order
    /// of the rows. Only as many pieces as there are threads are held at a time: together they may take as much as the
    /// whole.
    pub(super) fn read<R: Gatherer>(&self, mut whole: R, reader: impl Fn() -> R + Sync) -> Result<R, TableError> {
        let pieces: Vec<Piece<'_>> = self.pieces().collect();
        if let [only] = pieces.as_slice() {
            only.read(self, &mut whole)?;
            return Ok(whole);
        }
        for pieces in pieces.chunks(rayon::current_num_threads()) {
            let read = |piece: &Piece<'_>| {
                let mut reader = reader();
                piece.read(self, &mut reader).map(|()| reader)
            };
            let results: Vec<Result<R, TableError>> = pieces.par_iter().map(read).collect();
            // The first error in the order of the rows, on any number of cores.
            for result in results {
                whole.append(result?);
            }
        }
        Ok(whole)
    }

    /// Reads all files with one reader, row after row.
    pub(super) fn read_in_order<R: Reader>(&self, mut reader: R) -> Result<R, TableError> {
        self.pieces().try_for_each(|piece| piece.read(self, &mut reader))?;
        Ok(reader)
    }

    fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        self.parts.iter().enumerate().flat_map(|(file, part)| part.pieces(file))
    }

    /// How `at` is told.
    pub(super) fn place(&self, at: At) -> Place {
        let part = self.parts.get(at.file as usize);
        Place {
            file: part.map(|part| part.name.clone()).unwrap_or_default(),
            line: at.line.saturating_add_signed(part.map_or(0, |part| part.lines.shift)),
            is_row: part.is_some_and(|part| part.lines.are_rows || matches!(part.content, Content::Parquet(_))),
        }
    }
}

impl Content {
    /// Bytes that it takes.
    fn bytes(&self) -> u64 {
        match self {
            Self::Csv { bytes, .. } => bytes.len() as u64,
            Self::Parquet(file) => file.size(),
        }
    }

    /// Bytes that a thread needs to decode a part of it.
    fn decoding(&self) -> u64 {
        match self {
            Self::Csv { .. } => 0,
            Self::Parquet(file) => file.decoding(),
        }
    }

    /// What its first record is.
    fn heading(&self) -> Heading {
        match self {
            Self::Csv { bytes, layout } => csv::heading(bytes, layout),
            Self::Parquet(_) => Heading::Names,
        }
    }
}

/// `error`, which names columns of `files`, if all of these begin with names; else what is wrong with the first that does not.
fn named_by_all<'a>(files: impl IntoIterator<Item = (&'a str, Heading)>, error: TableError) -> TableError {
    let wrong = files.into_iter().filter(|(_, heading)| *heading != Heading::Names);
    match wrong.min_by_key(|(_, heading)| *heading == Heading::Unclear) {
        Some((file, Heading::Values)) => TableError::NoHeaderRow(file.to_owned()),
        Some((file, _)) => TableError::UnclearHeader { file: file.to_owned(), missing: error.missing() },
        None => error,
    }
}

/// A file that was opened, with its columns' names.
struct Opened {
    content: Content,
    names: Vec<String>,
    read_as: Vec<String>,
    lines: Lines,
}

/// Opens a file; of the `memory` so many bytes are `free`.
fn open(file: DataFile, said: &CsvSettings, memory: u64, free: u64) -> Result<Opened, TableError> {
    let name = file.name.clone();
    match container::open(file, said, memory, free)? {
        Inner::Parquet(bytes) => {
            let (file, names) = parquet::File::open(&name, bytes)?;
            Ok(Opened { content: Content::Parquet(file), names, read_as: Vec::new(), lines: Lines::default() })
        }
        Inner::Text(text) => {
            let said = if text.is_made {
                CsvSettings { separator: Some(b','), quote: Some(b'"'), ..said.clone() }
            } else {
                said.clone()
            };
            let (layout, names) = csv::open(&name, &text.bytes, &said)?;
            let mut read_as = text.read_as;
            if layout.dialect.separator != b',' {
                read_as.push(format!("{} between fields", layout.dialect.separator_name()));
            }
            if layout.dialect.quote != b'"' {
                read_as.push("single quotes".to_owned());
            }
            let content = Content::Csv { bytes: text.bytes, layout: Box::new(layout) };
            Ok(Opened { content, names, read_as, lines: text.lines })
        }
    }
}

/// A part of a file that can be read by itself.
enum Piece<'a> {
    Csv { part: &'a Part, rows: csv::Rows<'a> },
    Parquet { part: &'a Part, rows: parquet::Rows<'a> },
}

impl Part {
    /// Whether numbers and dates are written as texts in it.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.content, Content::Csv { .. })
    }

    fn pieces(&self, file: usize) -> Vec<Piece<'_>> {
        let file = file as u32;
        match &self.content {
            Content::Csv { bytes, layout } => {
                let pieces = csv::Rows::cut(file, bytes, layout);
                pieces.into_iter().map(|rows| Piece::Csv { part: self, rows }).collect()
            }
            Content::Parquet(content) => {
                let pieces = content.groups(file);
                pieces.into_iter().map(|rows| Piece::Parquet { part: self, rows }).collect()
            }
        }
    }
}

impl Piece<'_> {
    fn read(&self, parts: &Parts, reader: &mut impl Reader) -> Result<(), TableError> {
        match self {
            Self::Csv { part, rows } => rows.read(&part.name, &part.order, reader),
            Self::Parquet { part, rows } => rows.read(&part.name, &part.order, &parts.skipped, reader),
        }
    }
}
