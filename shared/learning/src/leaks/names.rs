//! Names of columns that tell whom or what a row is of.

/// Words for whom or what several rows can be of.
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

/// Words that may follow them.
const NUMBERS: [&str; 10] = ["code", "id", "key", "name", "no", "nr", "num", "number", "ref", "uuid"];

/// Different values from which on such a column is more than a class of rows.
const LEAST_OF_OWNER: usize = 5;

/// The same of a column that only says that it is an identifier.
const LEAST_OF_ID: usize = 20;

/// Different values from which on a column of this name tells whom or what a row is of; more than there can be of any other.
pub(super) fn least_distinct(name: &str) -> usize {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [owner] if OWNERS.contains(owner) => LEAST_OF_OWNER,
        [owner, number] if OWNERS.contains(owner) && NUMBERS.contains(number) => LEAST_OF_OWNER,
        ["id"] | [.., "id" | "uuid"] => LEAST_OF_ID,
        _ => usize::MAX,
    }
}

/// The words of `customer_id`, `Customer ID`, `customerId` and the like, in lower case.
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
    fn names_of_whom_rows_are_of_are_known() {
        for name in ["patient", "Patient", "patient_id", "customerId", "Customer No", "user.name", "Subject", "USER_ID"]
        {
            assert_eq!(least_distinct(name), LEAST_OF_OWNER, "{name}");
        }
        assert_eq!(["shop_id", "id", "fareId"].map(least_distinct), [LEAST_OF_ID; 3]);
        for name in ["customer_type", "users", "patient_age", "paid", "grid", "userbase", "visits", "", "_"] {
            assert_eq!(least_distinct(name), usize::MAX, "{name}");
        }
    }
}
