//! Tests values with two possible meanings, such as `1.234`. The table uses the more likely meaning and has a warning.

use evergreen_table::{Table, Values};

use super::{error, error_with, read, read_with, values, with_column};

/// Returns twenty rows of `x` and a label, with semicolons between fields.
fn with_semicolons(values: &[&str]) -> String {
    let row = |n: usize| format!("{};{}\n", values[n % values.len()], ["no", "yes"][n / 2 % 2]);
    "x;y\n".to_owned() + &(0..20).map(row).collect::<String>()
}

fn numbers(table: &Table) -> &[f32] {
    let Values::Number(numbers) = values(table, "x") else { panic!("no numbers") };
    numbers
}

fn is_warned(table: &Table, part: &str) -> bool {
    table.profile().warnings.iter().any(|warning| warning.contains(part))
}

#[test]
fn thousands_points_and_decimal_points_are_told_apart_by_the_other_values() {
    let table = read(with_semicolons(&["850", "1.234", "12.345", "7"]));
    assert_eq!(numbers(&table)[..3], [850.0, 1234.0, 12_345.0]);
    assert!(is_warned(&table, "csv.decimal = \".\""), "{:?}", table.profile().warnings);
    // The number 12.5 has one digit after the point, so the point is not a thousands separator. In all numbers of the
    // column it is then a decimal point.
    let table = read(with_semicolons(&["850", "1.234", "12.5", "7"]));
    assert_eq!(numbers(&table)[..3], [850.0, 1.234, 12.5]);
    assert!(!is_warned(&table, "csv.decimal"));
    let said = read_with(with_semicolons(&["850", "1.234"]), "csv.decimal = \".\"").unwrap();
    assert_eq!((numbers(&said)[1], is_warned(&said, "csv.decimal")), (1.234, false));
    // If commas separate the fields, the point is the decimal point.
    let table = read(with_column(&["850", "1.234", "12.345"]));
    assert_eq!((numbers(&table)[1], is_warned(&table, "csv.decimal")), (1.234, false));
}

#[test]
fn a_decimal_point_after_thousands_of_rows_still_decides() {
    let row = |n: usize| format!("{};{}\n", if n < 5000 { "1.234" } else { "12.5" }, ["no", "yes"][n % 2]);
    let table = read("x;y\n".to_owned() + &(0..5100).map(row).collect::<String>());
    assert_eq!((numbers(&table)[0], numbers(&table)[5050]), (1.234, 12.5));
}

#[test]
fn no_thousands_begin_with_a_zero() {
    let table = read(with_semicolons(&["1,250", "0,735"]));
    assert_eq!(numbers(&table)[..2], [1.25, 0.735]);
    let alone = read(with_semicolons(&["1,250", "2,500"]));
    assert_eq!((numbers(&alone)[0], is_warned(&alone, "csv.decimal")), (1.25, true));
}

#[test]
fn units_on_some_numbers_give_a_warning() {
    assert!(is_warned(&read(with_column(&["50%", "0.51"])), "10 of 20 numbers have a percent sign"));
    assert!(!is_warned(&read(with_column(&["50%", "51%"])), "percent"));
    assert!(is_warned(&read(with_column(&["$5.00", "€6.10"])), "several currencies"));
    assert!(!is_warned(&read(with_column(&["$5.00", "6.10"])), "several currencies"));
}

#[test]
fn numbers_that_look_like_dates_or_codes_give_a_warning() {
    let named = |name: &str, values: &[&str]| read(with_column(values).replacen(",x\n", &format!(",{name}\n"), 1));
    assert!(is_warned(&named("created_at", &["1700000000", "1700500000"]), "seconds since 1970"));
    assert!(is_warned(&named("Date", &["20240131", "20240201"]), "days such as 20240131"));
    assert!(!is_warned(&named("amount", &["20240131", "20240201"]), "days such as"));
    assert!(is_warned(&named("ZIP code", &["1067", "10115"]), "types.\"ZIP code\" = \"category\""));
}

#[test]
fn errors_of_few_rows_say_which_others_are_left_out() {
    let table = |label: fn(usize) -> String| {
        "x,y\n".to_owned() + &(0..20).map(|n| format!("{n}.5,{}\n", label(n))).collect::<String>()
    };
    let message = error(table(|n| format!("L{n}x")));
    assert!(
        message.contains("the table has 0 rows") && message.contains("20 rows are left out: no other row has"),
        "{message}"
    );
    let message = error(table(|n| if n % 2 == 0 { "x".to_owned() } else { "NA".to_owned() }));
    assert!(
        message.contains("all 10 rows have the same label") && message.contains("`missing` in dataset.toml"),
        "{message}"
    );
    let message = error_with(table(|_| "a".to_owned()), "target = \"Y\"");
    assert!(message.contains("\"y\", which differs in case or blanks only"), "{message}");
}
