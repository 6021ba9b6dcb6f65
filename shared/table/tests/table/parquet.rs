//! Tests how Parquet files are read.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
    Int8Array, Int64Array, ListArray, RecordBatch, StringArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    UInt64Array,
};
use evergreen_lifecycle::Label;
use evergreen_table::{DataFile, DatasetSettings, MISSING, Table, Values};

use super::{MEMORY, file, profile, read, valid, values};

const ROWS: usize = 12;

/// Creates a Parquet file of `columns`, with five rows in each row group.
fn parquet(columns: Vec<(&str, ArrayRef)>, compression: Compression) -> DataFile {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let properties =
        WriterProperties::builder().set_compression(compression).set_max_row_group_row_count(Some(5)).build();
    let mut content = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut content, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file("a.parquet", content)
}

fn every<T: Clone>(values: &[T]) -> Vec<T> {
    values.iter().cloned().cycle().take(ROWS).collect()
}

fn target() -> (&'static str, ArrayRef) {
    ("y", Arc::new(BooleanArray::from(every(&[true, false, false]))))
}

fn read_parquet(columns: Vec<(&str, ArrayRef)>) -> Result<Table, String> {
    let columns = columns.into_iter().chain([target()]).collect();
    let file = parquet(columns, Compression::SNAPPY);
    Table::read(vec![file], DatasetSettings::default(), "y", MEMORY).map_err(|error| error.to_string())
}

fn numbers(array: ArrayRef) -> Vec<f32> {
    let table = read_parquet(vec![("x", array)]).unwrap();
    let Values::Number(numbers) = values(&table, "x") else { panic!("no numbers") };
    numbers[..3].to_vec()
}

#[test]
fn numbers_of_every_width_are_numbers() {
    assert_eq!(numbers(Arc::new(Int8Array::from(every(&[-1, 2, 3])))), [-1.0, 2.0, 3.0]);
    assert_eq!(numbers(Arc::new(Int64Array::from(every(&[1 << 40, 2, 3])))), [(1_u64 << 40) as f32, 2.0, 3.0]);
    assert_eq!(numbers(Arc::new(UInt64Array::from(every(&[u64::MAX, 2, 3])))), [u64::MAX as f32, 2.0, 3.0]);
    assert_eq!(numbers(Arc::new(Float32Array::from(every(&[0.1, 2.0, 3.0])))), [0.1, 2.0, 3.0]);
    let decimals = Decimal128Array::from(every(&[125, 200, -300])).with_precision_and_scale(10, 2).unwrap();
    assert_eq!(numbers(Arc::new(decimals)), [1.25, 2.0, -3.0]);
    let holes = numbers(Arc::new(Float64Array::from(every(&[Some(1.0), None, Some(f64::NAN), Some(2.0)]))));
    assert_eq!((holes[0], holes[1].is_nan(), holes[2].is_nan()), (1.0, true, true));
}

#[test]
fn times_are_times() {
    let day = 86_400_000;
    let arrays: [ArrayRef; 3] = [
        Arc::new(Date32Array::from(every(&[10_957, 10_958, 10_956]))),
        Arc::new(
            TimestampMillisecondArray::from(every(&[10_957 * day, 10_958 * day, 10_956 * day])).with_timezone("UTC"),
        ),
        Arc::new(TimestampMicrosecondArray::from(every(&[
            10_957 * day * 1000,
            10_958 * day * 1000,
            10_956 * day * 1000,
        ]))),
    ];
    for array in arrays {
        let table = read_parquet(vec![("x", array)]).unwrap();
        let Values::Timestamp(seconds) = values(&table, "x") else { panic!("no moments") };
        assert_eq!(seconds[..3], [946_684_800.0, 946_771_200.0, 946_598_400.0]);
    }
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(every(values)))
}

#[test]
fn texts_are_categories_even_in_a_dictionary() {
    let words = [Some("small"), Some("large"), None, Some("large")];
    let dictionary: DictionaryArray<Int32Type> = every(&words).into_iter().collect();
    for array in [texts(&words), Arc::new(dictionary)] {
        let table = read_parquet(vec![("x", array)]).unwrap();
        let Values::Category { codes, names } = values(&table, "x") else { panic!("no category") };
        assert_eq!(names, &["large", "small"]);
        assert_eq!(codes[..4], [1, 0, MISSING, 0]);
    }
}

#[test]
fn numbers_and_dates_in_texts_are_read_as_in_a_csv_and_reported() {
    let table = read_parquet(vec![
        ("price", texts(&[Some("$1,200.50"), Some("?"), None, Some(" 7 "), Some("3")])),
        ("comma", texts(&[Some("1,5"), Some("2,5"), Some("1.000,25")])),
        ("day", texts(&[Some("25/12/2024"), Some("n.a."), Some("26/12/2024")])),
        ("open", texts(&[Some("true"), Some("FALSE"), Some("false")])),
        ("code", texts(&[Some("007"), Some("008"), Some("007")])),
    ])
    .unwrap();
    let Values::Number(prices) = values(&table, "price") else { panic!("no numbers") };
    assert_eq!((prices[0], prices[1].is_nan(), prices[2].is_nan(), prices[3]), (1200.5, true, true, 7.0));
    let Values::Number(commas) = values(&table, "comma") else { panic!("no numbers") };
    assert_eq!(commas[..3], [1.5, 2.5, 1000.25]);
    let Values::Timestamp(days) = values(&table, "day") else { panic!("no moments") };
    assert_eq!((days[0], days[1].is_nan()), (1_735_084_800.0, true));
    assert!(matches!(values(&table, "open"), Values::Boolean(_)));
    assert!(matches!(values(&table, "code"), Values::Category { .. }));
    let because = |column: &str| profile(&table, column).2;
    assert_eq!(
        because("price"),
        "every value is a number, with marks between thousands, with a currency, which the file stores as text; 3 marks such as \
         `?` or `#N/A` count as missing"
    );
    assert!(
        because("day")
            .starts_with("every value is a date or time, read with the day first, which the file stores as text;")
    );
    assert_eq!(because("open"), "every value is true or false, which the file stores as text");
    assert!(!because("code").contains("stores"), "{}", because("code"));
}

#[test]
fn a_text_among_numbers_is_refused_as_in_a_csv() {
    let mut cells: Vec<String> = (0..ROWS).map(|n| format!("{n}.5")).collect();
    cells.extend((0..300).map(|n| format!("{n}.25")));
    cells[4] = "four".to_owned();
    let y: ArrayRef = Arc::new(BooleanArray::from((0..cells.len()).map(|n| n % 2 == 0).collect::<Vec<_>>()));
    let x: ArrayRef = Arc::new(StringArray::from(cells));
    let file = parquet(vec![("x", x), ("y", y)], Compression::SNAPPY);
    let message = Table::read(vec![file], DatasetSettings::default(), "y", MEMORY).unwrap_err().to_string();
    assert!(
        message.starts_with("a.parquet, row 5, column \"x\": expected a number as in nearly all other rows"),
        "{message}"
    );
}

#[test]
fn a_row_group_is_read_in_blocks_of_columns_and_the_table_is_the_same() {
    let rows = 400_000;
    let column = |factor: usize| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values((0..rows).map(|row| (row * factor % 1009) as i64)))
    };
    let names = ["a", "b", "c", "d", "e", "f"];
    let y: ArrayRef = Arc::new(BooleanArray::from((0..rows).map(|row| row % 3 == 0).collect::<Vec<_>>()));
    let columns: Vec<(&str, ArrayRef)> =
        names.into_iter().zip(3..).map(|(name, factor)| (name, column(factor))).chain([("y", y)]).collect();
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let written = |most: Option<usize>| {
        let properties = WriterProperties::builder().set_max_row_group_row_count(most).build();
        let mut content = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut content, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        Table::read(vec![file("a.parquet", content)], DatasetSettings::default(), "y", MEMORY).unwrap()
    };
    let (whole, parts) = (written(None), written(Some(30_000)));
    assert_eq!((whole.rows(), whole.fingerprint()), (rows, parts.fingerprint()));
    assert_eq!(whole.profile().columns, parts.profile().columns);
    assert_eq!(whole.profile().files[0].rows, rows);
}

#[test]
fn labels_have_the_files_types() {
    let x: ArrayRef = Arc::new(Int64Array::from_iter_values((0..ROWS as i64).map(|n| n % 5)));
    let table = read_parquet(vec![("x", x.clone())]).unwrap();
    assert_eq!(table.target().labels(), [false, true].map(Label::Boolean));
    let y: ArrayRef = Arc::new(Int64Array::from(every(&[(1 << 53) + 1, 1 << 53])));
    let file = parquet(vec![("x", x), ("y", y)], Compression::UNCOMPRESSED);
    let table = Table::read(vec![file], DatasetSettings::default(), "y", MEMORY).unwrap();
    assert_eq!(table.target().labels(), [1 << 53, (1 << 53) + 1].map(Label::Integer));
}

#[test]
fn usual_compressions_are_read() {
    let x: ArrayRef = Arc::new(Int64Array::from_iter_values((0..ROWS as i64).map(|n| n % 5)));
    let codecs = [Compression::SNAPPY, Compression::GZIP(Default::default()), Compression::ZSTD(ZstdLevel::default())];
    let prints = codecs.map(|codec| {
        let file = parquet(vec![("x", x.clone()), target()], codec);
        Table::read(vec![file], DatasetSettings::default(), "y", MEMORY).unwrap().fingerprint().to_owned()
    });
    assert!(prints.iter().all(|print| *print == prints[0]));
}

#[test]
fn the_same_table_as_csv_is_the_same_and_both_together_are_one() {
    let numbers = |scale: f64, half: f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values((0..20).map(|n| scale * f64::from(n) + half)))
    };
    let y: ArrayRef = Arc::new(StringArray::from_iter_values((0..20).map(|n| ["no", "yes"][n % 2])));
    let file_ = parquet(vec![("b", numbers(-10.0, -0.0)), ("y", y), ("a", numbers(1.0, 0.5))], Compression::SNAPPY);
    let both = vec![file("0.csv", valid()), file_];
    let table = Table::read(both, DatasetSettings::default(), "y", MEMORY).unwrap();
    let twice = valid() + &valid().replace("a,y,b\n", "");
    assert_eq!(table.fingerprint(), read(twice).fingerprint());
    let rows: Vec<usize> = table.profile().files.iter().map(|file| file.rows).collect();
    assert_eq!(rows, [20, 20]);
}

#[test]
fn nested_values_are_left_out_with_their_type() {
    let nested: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(every(&[Some(vec![Some(1)])])));
    let bytes: ArrayRef = Arc::new(BinaryArray::from(every(&[b"x".as_slice()])));
    let a: ArrayRef = Arc::new(Int64Array::from_iter_values((0..ROWS as i64).map(|n| n % 5)));
    let table = read_parquet(vec![("n", nested), ("b", bytes), ("a", a)]).unwrap();
    assert!(table.frame().columns().iter().all(|column| column.name == "a"));
    let named = |name: &str| {
        let warned = |warning: &&String| {
            warning.starts_with(&format!("column {name:?} is left out: its values are of the type"))
        };
        table.profile().warnings.iter().any(|warning| warned(&warning))
    };
    assert!(named("n") && named("b"), "{:?}", table.profile().warnings);
}

#[test]
fn rows_are_named_in_errors() {
    let mut weights = every(&[1.0]);
    weights[7] = -1.0;
    let a: ArrayRef = Arc::new(Int64Array::from_iter_values((0..ROWS as i64).map(|n| n % 5)));
    let file_ = parquet(vec![("w", Arc::new(Float64Array::from(weights))), target(), ("a", a)], Compression::SNAPPY);
    let settings = DatasetSettings::parse("weights = \"w\"").unwrap();
    let message = Table::read(vec![file_], settings, "y", MEMORY).unwrap_err().to_string();
    assert_eq!(message, "a.parquet, row 8, column \"w\": expected a finite number from 0 up");
}

#[test]
fn invalid_parquet_is_refused() {
    let message =
        Table::read(vec![file("a.parquet", "a,y\n")], DatasetSettings::default(), "y", MEMORY).unwrap_err().to_string();
    assert!(
        message.starts_with("a.parquet: this is neither a Parquet file nor a workbook, or it is damaged"),
        "{message}"
    );
}

#[test]
fn a_file_of_more_cells_than_memory_holds_is_refused_before_it_is_decoded() {
    let x: ArrayRef = Arc::new(Int64Array::from(vec![1; 200_000]));
    let y: ArrayRef = Arc::new(Int64Array::from(vec![1; 200_000]));
    let properties = WriterProperties::builder().build();
    let batch = RecordBatch::try_from_iter([("x", x), ("y", y)]).unwrap();
    let mut content = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut content, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    assert!(content.len() < 10_000);
    let message = Table::read(vec![file("a.parquet", content)], DatasetSettings::default(), "y", 4 << 20)
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("the table has 0.0 MB; reading it needs about 17.7 MB of memory, but 4.0 MB are"),
        "{message}"
    );
}
