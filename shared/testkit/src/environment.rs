//! Test helper that replaces the environment variables of a process.

/// Test helper: returns a function that looks up an environment variable by name. The function finds the variables in
/// `changed` first, then those in `usual`. A test can set a variable to an empty value, which counts as not set.
pub fn environment_with<'a>(
    usual: &'a [(&'a str, &'a str)],
    changed: &'a [(&'a str, &'a str)],
) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let variable = changed.iter().chain(usual).find(|(key, _)| *key == name);
        variable.map(|(_, value)| (*value).to_owned())
    }
}
