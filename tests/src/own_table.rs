//! Training tables of users, which tests create, store in the S3 bucket, and remove again.

use std::fmt::Write;

use serde_json::Value;

use crate::stack::{MODEL, Stack};
use crate::wait::until;

/// Returns the S3 key of a file in the user's data set: a file of the training table, or the table's settings file.
pub fn key(file: &str) -> String {
    format!("datasets/{MODEL}/{file}")
}

/// Returns a training table as CSV, for classification: subscribers who stay or leave.
pub fn subscribers(rows: std::ops::Range<usize>) -> String {
    // The table has numbers, a Boolean, a date, a country and missing values. Subscribers with a fee above 35 and a
    // complaint leave. One in twenty does the opposite.
    let mut csv = "customer,age,fee,complained,since,country,churned\n".to_owned();
    for row in rows {
        let (age, fee, country) = (18 + row * 7 % 60, 10 + row * 13 % 50, ["DE", "FR", "IT"][row % 3]);
        let complained = row * 5 % 8 < 3;
        let leaves = (fee > 35 && complained) != (row % 20 == 19);
        let age = if row % 11 == 3 { String::new() } else { age.to_string() };
        let country = if row % 13 == 5 { "" } else { country };
        let since = format!("20{:02}-{:02}-{:02}", 10 + row % 15, 1 + row % 12, 1 + row % 28);
        let churned = if leaves { "yes" } else { "no" };
        writeln!(csv, "c{row:05},{age},{fee},{complained},{since},{country},{churned}").expect("a string takes text");
    }
    csv
}

/// Returns a training table as CSV, for regression: flats and their rents.
pub fn flats(rows: usize) -> String {
    // The rent is 9 per square metre, plus 200 in the centre, plus or minus 20.
    let mut csv = "area,rooms,district,rent\n".to_owned();
    for row in 0..rows {
        let (area, rooms) = (20 + row * 17 % 100, 1 + row * 3 % 5);
        let district = ["centre", "north", "south"][row % 3];
        let noise = (row * 7919 % 41) as f64 - 20.0;
        let rent = 9.0 * area as f64 + if district == "centre" { 200.0 } else { 0.0 } + noise;
        writeln!(csv, "{area},{rooms},{district},{rent}").expect("a string takes text");
    }
    csv
}

impl Stack {
    /// Stores the files in the S3 bucket as the user's training table.
    pub async fn store_table(&self, files: &[(&str, &[u8])]) {
        for (name, content) in files {
            self.bucket.put(&key(name), *content).await;
        }
    }

    /// Deletes every file of the user's training table, so that training uses the Iris data set again.
    pub async fn clear_table(&self) {
        for stored in self.bucket.keys(&key("")).await {
            self.bucket.delete(&stored).await;
        }
    }

    /// Waits until `GET /model` returns this model version, and returns the answer.
    ///
    /// # Panics
    /// When `GET /model` does not return the version's number within the refresh time plus 10 s.
    pub async fn until_model(&self, version: &Value) -> Value {
        let limit = self.refresh_time().await + crate::wait::seconds(10);
        until(&format!("version {version} in /model"), limit, async || {
            let answer = self.api.get("/model").await.ok();
            (answer.body["version"] == *version).then_some(answer.body)
        })
        .await
    }
}
