//! The JSON of the API as text for people. Answers are read by field name, so that stacks of other releases can be shown too.

mod comparison;
mod drift;
mod fields;
mod lists;
mod scalar;
mod table;

pub use self::comparison::comparison;
pub use self::drift::drift;
pub use self::fields::fields;
pub use self::lists::{alarms, aliases, audit, champions, live, metric_names, runs, versions};
pub use self::scalar::{at, scalar, time};
pub use self::table::{TableColumn, table};
