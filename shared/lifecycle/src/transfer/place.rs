//! Where the files of a model are: their paths in an export, and their S3 keys in a bucket.

use crate::{ModelName, VersionNumber};

/// The first part of a path in an export, for the files under `registry/<model>/` in a bucket.
const REGISTRY: [&str; 2] = ["journal", "manifests"];

/// The first part of a path in an export, for the files under `models/<model>/` in a bucket.
const MODELS: &str = "models";

/// Returns the prefixes of the S3 keys of all files that belong to the history of `model`.
pub fn prefixes(model: &ModelName) -> [String; 2] {
    // The journal is listed first. Then each version that it names has its files already.
    [format!("registry/{model}/"), VersionNumber::objects_of(model)]
}

/// Returns the path in an export of the file with the S3 key `key`. `None` if the file is not part of the history.
pub fn path_of(model: &ModelName, key: &str) -> Option<String> {
    let [registry, models] = prefixes(model);
    let path = match key.strip_prefix(&models) {
        Some(file) => format!("{MODELS}/{file}"),
        None => key.strip_prefix(&registry)?.to_owned(),
    };
    key_of(model, &path).map(|_| path)
}

/// Returns the S3 key of the file with the path `path` in an export. `None` if no file of a history can have this path.
pub fn key_of(model: &ModelName, path: &str) -> Option<String> {
    // The path comes from a file that somebody may have changed. It must not lead out of the model's folder.
    let mut parts = path.split('/');
    let (folder, rest) = (parts.next()?, parts.collect::<Vec<_>>());
    if !rest.iter().all(|part| is_plain(part)) {
        return None;
    }
    let [registry, models] = prefixes(model);
    match rest.as_slice() {
        [file] if REGISTRY.contains(&folder) => Some(format!("{registry}{folder}/{file}")),
        [number, file] if folder == MODELS => {
            VersionNumber::of_padded(number)?;
            Some(format!("{models}{number}/{file}"))
        }
        _ => None,
    }
}

/// Returns whether a path in an export is that of a file of the journal.
pub fn is_of_journal(path: &str) -> bool {
    path.starts_with("journal/")
}

fn is_plain(part: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._:-".contains(character);
    !part.is_empty() && !part.starts_with('.') && part.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iris() -> ModelName {
        "iris".parse().unwrap()
    }

    #[test]
    fn each_file_of_a_history_has_one_path_and_one_key() {
        for (path, key) in [
            ("journal/2026-11-24T03:00:00.000Z-0af1.json", "registry/iris/journal/2026-11-24T03:00:00.000Z-0af1.json"),
            ("manifests/00000002.json", "registry/iris/manifests/00000002.json"),
            ("models/00000001/model.onnx", "models/iris/00000001/model.onnx"),
        ] {
            assert_eq!(key_of(&iris(), path).as_deref(), Some(key));
            assert_eq!(path_of(&iris(), key).as_deref(), Some(path));
        }
    }

    #[test]
    fn no_path_leads_out_of_the_models_folder() {
        for path in [
            "../iris/journal/a.json",
            "journal/../../a",
            "journal/.hidden",
            "journal",
            "journal/",
            "/etc/passwd",
            "models/1/model.onnx",
            "models/00000001/a/b",
            "models/00000001/..",
            "datasets/a.csv",
            "journal\\a.json",
        ] {
            assert_eq!(key_of(&iris(), path), None, "{path}");
        }
        assert_eq!(path_of(&iris(), "datasets/iris/a.csv"), None);
        assert_eq!(path_of(&iris(), "models/other/00000001/model.onnx"), None);
    }
}
