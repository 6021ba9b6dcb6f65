//! Environment variables for tests of a configuration.

/// Returns a lookup of the variables `usual`, in which those of `changed` have another value. An empty value counts as
/// not set.
pub fn environment_with<'a>(
    usual: &'a [(&'a str, &'a str)],
    changed: &'a [(&'a str, &'a str)],
) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let variable = changed.iter().chain(usual).find(|(key, _)| *key == name);
        variable.map(|(_, value)| (*value).to_owned())
    }
}
