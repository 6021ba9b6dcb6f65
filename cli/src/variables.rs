//! Variables that say where the stack is: those of the environment, and those of the local stack's file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::failure::Failure;

/// The file that `make run` writes, below the root of the checkout.
const FILE: &str = "target/local/stack.env";

/// Variables by name. Those of the file go before those of the environment.
#[derive(Debug, Default)]
pub struct Variables {
    file: BTreeMap<String, String>,
}

impl Variables {
    /// Returns the variables of the environment, and with `local` also those of the file of the local stack.
    pub fn read(local: bool) -> Result<Self, Failure> {
        if !local {
            return Ok(Self::default());
        }
        let path = find()?;
        let text = fs::read_to_string(&path)
            .map_err(|error| Failure::File { path: path.display().to_string(), source: error.into() })?;
        Ok(Self { file: parse(&text) })
    }

    /// Returns the value of a variable. An empty value counts as none.
    pub fn get(&self, name: &str) -> Option<String> {
        self.file.get(name).cloned().or_else(|| env::var(name).ok()).filter(|value| !value.is_empty())
    }

    /// Returns the value that the file of the local stack gives to a variable, and not the environment's.
    pub fn local(&self, name: &str) -> Option<&str> {
        self.file.get(name).map(String::as_str)
    }
}

/// Returns the file's path, below the current directory or one of its parents.
fn find() -> Result<PathBuf, Failure> {
    let here = env::current_dir().map_err(|error| Failure::File { path: ".".to_owned(), source: error.into() })?;
    here.ancestors().map(|folder| folder.join(FILE)).find(|path| Path::is_file(path)).ok_or_else(|| {
        Failure::Usage(format!(
            "there is no {FILE} here or in a folder above; `make run` in the checkout starts the local stack and writes it"
        ))
    })
}

/// Parses lines such as `export NAME='value'`, as Python's `shlex.quote` writes them.
fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(|line| line.strip_prefix("export ").unwrap_or(line));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), unquoted(value))).collect()
}

/// Removes the shell's quotes: `'it'"'"'s'` is `it's`.
fn unquoted(value: &str) -> String {
    let mut text = String::new();
    let mut quote = None;
    for character in value.trim().chars() {
        match quote {
            Some(open) if open == character => quote = None,
            None if character == '\'' || character == '"' => quote = Some(character),
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_local_stack_is_read_as_a_shell_reads_it() {
        let variables =
            parse("export A=plain\nexport B='with blank'\nexport C='it'\"'\"'s'\nexport D=''\n# no variable\n");
        assert_eq!(variables["A"], "plain");
        assert_eq!(variables["B"], "with blank");
        assert_eq!(variables["C"], "it's");
        assert_eq!(variables["D"], "");
    }
}
