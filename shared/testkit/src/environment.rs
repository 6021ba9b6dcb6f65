//! Test helper that replaces the environment variables of a process.

// To simulate a variable that is not set, a test gives it an empty value in `changed`.
/// Test helper: returns a function that replaces the reading of environment variables. It looks up a name first in
/// `changed` and then in `usual`.
pub fn environment_with<'a>(
    usual: &'a [(&'a str, &'a str)],
    changed: &'a [(&'a str, &'a str)],
) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let variable = changed.iter().chain(usual).find(|(key, _)| *key == name);
        variable.map(|(_, value)| (*value).to_owned())
    }
}
