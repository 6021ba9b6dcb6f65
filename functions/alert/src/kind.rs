//! Finds the kind of an alarm by its name.

use crate::AlarmKind;

impl AlarmKind {
    /// Returns the kind of the alarm named `name` in the stack named `stack`.
    pub fn of(name: &str, stack: &str) -> Self {
        let suffix = name.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-')).unwrap_or(name);
        let known = Self::KNOWN.into_iter().find(|kind| kind.as_str() == suffix);
        known.unwrap_or_else(|| Self::Other(suffix.to_owned()))
    }

    /// Returns the alarm's name without the stack's name, such as `accuracy-low`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => known.entry().name,
        }
    }

    /// Returns the name of the SQS queue that the alarm watches, without the stack's name. `None` if the alarm watches
    /// no queue.
    pub fn queue(&self) -> Option<&str> {
        self.as_str().strip_suffix("-queue")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_the_name_without_the_stack() {
        assert_eq!(AlarmKind::of("evergreen-champion-too-old", "evergreen"), AlarmKind::ChampionTooOld);
        assert_eq!(AlarmKind::of("iris-prod-throttles", "iris-prod"), AlarmKind::Throttles);
    }

    #[test]
    fn every_known_kind_is_found_by_its_name() {
        for kind in AlarmKind::KNOWN {
            assert_eq!(AlarmKind::of(&format!("evergreen-{}", kind.as_str()), "evergreen"), kind);
        }
    }

    #[test]
    fn an_alarm_of_a_stack_with_a_similar_name_is_not_one_of_this_stack() {
        let kinds = AlarmKind::KNOWN.map(|kind| kind.as_str().to_owned());
        for (whole, end) in kinds.iter().flat_map(|whole| kinds.iter().map(move |end| (whole, end))) {
            assert!(
                !whole.ends_with(&format!("-{end}")),
                "{end} of a stack with a longer name would be {whole} of this one"
            );
        }
        assert_eq!(AlarmKind::of("evergreen-two-throttles", "evergreen"), AlarmKind::Other("two-throttles".into()));
        assert_eq!(AlarmKind::of("evergreen2-throttles", "evergreen"), AlarmKind::Other("evergreen2-throttles".into()));
    }

    #[test]
    fn an_alarm_of_somebody_else_keeps_its_name() {
        assert_eq!(AlarmKind::of("evergreen-drift", "evergreen"), AlarmKind::Other("drift".into()));
        assert_eq!(AlarmKind::of("billing", "evergreen"), AlarmKind::Other("billing".into()));
    }
}
