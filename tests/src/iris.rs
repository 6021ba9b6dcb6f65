//! The Iris data set.

use serde_json::{Map, Value, json};

/// The table that the product trains on if the user stores none.
pub const CSV: &str = include_str!("../../shared/table/data/iris.csv");

/// The label column.
pub const TARGET: &str = "variety";

/// The species, in the order of their classes.
pub const SPECIES: [&str; 3] = ["setosa", "versicolor", "virginica"];

/// A flower: a row as the API accepts it, and its label.
#[derive(Debug, Clone)]
pub struct Flower {
    /// The measurements in centimetres, by column.
    pub row: Value,
    /// The species, which is the label.
    pub species: String,
}

/// Returns all 150 flowers.
///
/// # Panics
/// When the table does not have the expected format.
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

/// Returns a setosa, the row of the seed's README.
pub fn setosa() -> Value {
    json!({"sepal length (cm)": 5.1, "sepal width (cm)": 3.5, "petal length (cm)": 1.4, "petal width (cm)": 0.2})
}
