//! The Iris data set, for tests.

use serde_json::{Map, Value, json};

// The product trains on this table if the user has stored no table of their own.
/// The Iris data set as CSV.
pub const CSV: &str = include_str!("../../shared/table/data/iris.csv");

/// Name of the label column in the Iris data set.
pub const TARGET: &str = "variety";

/// The three species of the Iris data set, in the order of the model's classes.
pub const SPECIES: [&str; 3] = ["setosa", "versicolor", "virginica"];

/// A row of the Iris data set: the features, as the API accepts them, and the label.
#[derive(Debug, Clone)]
pub struct Flower {
    /// The flower's measurements in centimetres, as a JSON object by column name.
    pub row: Value,
    /// The species of the flower, which is its label.
    pub species: String,
}

/// Returns all 150 flowers of the Iris data set.
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

/// Returns a feature row of the species Iris setosa, as the API accepts it.
pub fn setosa() -> Value {
    // The README has the same example row.
    json!({"sepal length (cm)": 5.1, "sepal width (cm)": 3.5, "petal length (cm)": 1.4, "petal width (cm)": 0.2})
}
