//! Recognises columns that identify a person or a thing by their name (for example `customer_id`).

/// Words for persons or things that occur in names of identifier columns (for example `customer` in `customer_id`).
const OWNERS: [&str; 26] = [
    "animal",
    "athlete",
    "client",
    "customer",
    "donor",
    "driver",
    "employee",
    "guest",
    "household",
    "kunde",
    "machine",
    "member",
    "mother",
    "participant",
    "patient",
    "player",
    "proband",
    "pupil",
    "respondent",
    "sensor",
    "session",
    "student",
    "subject",
    "user",
    "visitor",
    "worker",
];

/// Last words of typical identifier column names, such as `id` in `customer_id`.
const NUMBERS: [&str; 10] = ["code", "id", "key", "name", "no", "nr", "num", "number", "ref", "uuid"];

// With fewer values, it may be a category of rows.
/// Minimum number of different values for a column named after a person or thing (`customer`) to count as an
/// identifier.
const MIN_DISTINCT_OF_OWNER: usize = 5;

// The limit holds for names without a person or thing.
/// Minimum number of different values for a column whose name ends with `id` or `uuid` to count as an identifier.
const MIN_DISTINCT_OF_ID: usize = 20;

/// Returns how many different values a column with this name must have to count as an identifier.
pub(super) fn least_distinct(name: &str) -> usize {
    // `usize::MAX` means that the name does not look like an identifier of persons or things.
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [owner] if OWNERS.contains(owner) => MIN_DISTINCT_OF_OWNER,
        [owner, number] if OWNERS.contains(owner) && NUMBERS.contains(number) => MIN_DISTINCT_OF_OWNER,
        ["id"] | [.., "id" | "uuid"] => MIN_DISTINCT_OF_ID,
        _ => usize::MAX,
    }
}

/// Splits a column's name, like `customer_id`, `Customer ID` or `customerId`, into words in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_is_lower = false;
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || letter.is_uppercase() && before_is_lower;
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
        before_is_lower = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_group_columns_are_recognised() {
        for name in ["patient", "Patient", "patient_id", "customerId", "Customer No", "user.name", "Subject", "USER_ID"]
        {
            assert_eq!(least_distinct(name), MIN_DISTINCT_OF_OWNER, "{name}");
        }
        assert_eq!(["shop_id", "id", "fareId"].map(least_distinct), [MIN_DISTINCT_OF_ID; 3]);
        for name in ["customer_type", "users", "patient_age", "paid", "grid", "userbase", "visits", "", "_"] {
            assert_eq!(least_distinct(name), usize::MAX, "{name}");
        }
    }
}
