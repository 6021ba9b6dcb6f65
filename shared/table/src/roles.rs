//! Assigns a role in training to each column of the table: target, feature, order, group, weights or left out.

use evergreen_lifecycle::ColumnRole;

use super::TableError;
use crate::settings::DatasetSettings;

/// Returns a warning for each column in the setting `drop` that the table does not have.
pub(super) fn absent(names: &[String], settings: &DatasetSettings) -> Vec<String> {
    // A missing column is no error, because the column may have been removed from the files.
    let absent = settings.drop.iter().filter(|name| !names.contains(name));
    absent.map(|name| format!("dataset.toml: `drop`: the table has no column {name:?}")).collect()
}

/// Assigns a role in training to each column, such as feature or target. Returns an error if the settings are wrong.
pub(super) fn roles(names: &[String], target: &str, settings: &DatasetSettings) -> Result<Vec<ColumnRole>, TableError> {
    // `target` is the name of the target column. It is an error if the settings name a column that the table does not
    // have, or use a column twice.
    if !names.iter().any(|name| name == target) {
        return Err(TableError::NoTarget { target: target.to_owned(), columns: names.to_vec() });
    }
    let mut uses: Vec<(&str, &'static str, ColumnRole)> = vec![(target, "target", ColumnRole::Target)];
    uses.extend(settings.order.as_deref().map(|name| (name, "order", ColumnRole::Order)));
    uses.extend(settings.group.as_deref().map(|name| (name, "group", ColumnRole::Group)));
    uses.extend(settings.weights.as_deref().map(|name| (name, "weights", ColumnRole::Weights)));
    uses.extend(settings.drop.iter().map(|name| (name.as_str(), "drop", ColumnRole::Dropped)));
    let known = |name: &str| names.iter().any(|known| known == name);
    for (index, (name, key, _)) in uses.iter().enumerate() {
        if !known(name) && *key != "drop" {
            return Err(TableError::NoColumn { key, column: (*name).to_owned() });
        }
        let before = uses.iter().take(index).find(|(other, used, _)| other == name && used != key);
        if let Some((_, other, _)) = before {
            return Err(TableError::UsedTwice { key, column: (*name).to_owned(), other });
        }
    }
    if let Some(name) = settings.types.keys().find(|name| !known(name)) {
        return Err(TableError::NoColumn { key: "types", column: name.clone() });
    }
    let role =
        |name: &String| uses.iter().find(|(used, _, _)| used == name).map_or(ColumnRole::Feature, |(_, _, role)| *role);
    Ok(names.iter().map(role).collect())
}
