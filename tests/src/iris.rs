//! The flowers.

use serde_json::{Map, Value, json};

/// The table that the product trains on where the user stores none.
pub const CSV: &str = include_str!("../../shared/table/data/iris.csv");

/// The column that is predicted.
pub const TARGET: &str = "variety";

/// The species, in the order of their classes.
pub const SPECIES: [&str; 3] = ["setosa", "versicolor", "virginica"];

/// A flower: a row as the API takes it, and what it is.
#[derive(Debug, Clone)]
pub struct Flower {
    /// Measurements in centimetres, by column.
    pub row: Value,
    /// Its species.
    pub species: String,
}

/// All 150.
///
/// # Panics
/// When the table is not what it was.
pub fn flowers() -> Vec<Flower> {
    let mut reader = csv::Reader::from_reader(CSV.as_bytes());
    let columns: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let flower = |record: csv::StringRecord| {
        let mut row = Map::new();
        let mut species = String::new();
        for (column, text) in columns.iter().zip(record.iter()) {
            match column.as_str() {
                TARGET => text.clone_into(&mut species),
                _ => drop(row.insert(column.clone(), json!(text.parse::<f64>().expect("a measurement")))),
            }
        }
        Flower { row: Value::Object(row), species }
    };
    reader.records().map(|record| flower(record.expect("a row"))).collect()
}

/// A setosa: the row of the seed's README.
pub fn setosa() -> Value {
    json!({"sepal length (cm)": 5.1, "sepal width (cm)": 3.5, "petal length (cm)": 1.4, "petal width (cm)": 0.2})
}
