//! Which of the two versions answers a request while a rollout runs.

/// The odd constants of the hash: the first 64 bits of the fractions of √2, √3 and √5, made odd.
const FACTORS: [u64; 3] = [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b];

/// Returns whether the challenger answers the requests with this key, in a stage with a share of `percent`.
///
/// The same key always has the same answer in a stage. A larger share only adds keys. Another rollout chooses other keys:
/// `rollout` is its id. Every share of all keys is met to within chance, whatever the keys are.
///
/// ```
/// use evergreen_lifecycle::rollout::is_for_challenger;
///
/// let chosen = |percent| (0..1000u32).filter(|key| is_for_challenger("r", &key.to_be_bytes(), percent)).count();
/// assert_eq!((chosen(0), chosen(100)), (0, 1000));
/// assert!((70..130).contains(&chosen(10)));
/// ```
pub fn is_for_challenger(rollout: &str, key: &[u8], percent: u8) -> bool {
    // The hash as a fraction of 2^64, in percent without its decimals.
    let position = (u128::from(hash(rollout.as_bytes(), key)) * 100) >> 64;
    position < u128::from(percent)
}

// SHA-256 would take a millisecond for the largest body. Nobody gains by choosing keys: a caller may name a version anyway.
/// Returns a hash of a key. It is the same on every machine and in every release, so a deployment moves no key.
fn hash(seed: &[u8], key: &[u8]) -> u64 {
    let [start, step, end] = FACTORS;
    let state = absorb(absorb(start, seed, step), key, step);
    fold(state ^ (key.len() as u64), end)
}

/// Mixes `bytes` into the state, eight at a time. The last ones are filled up with zeros.
fn absorb(state: u64, bytes: &[u8], factor: u64) -> u64 {
    // The rotation makes the order of the words count, and a fold to 0 does not stay 0.
    let mix = |state: u64, word: &[u8; 8]| {
        fold(state.rotate_left(23) ^ u64::from_le_bytes(*word), factor).wrapping_add(factor)
    };
    let (words, rest) = bytes.as_chunks();
    let state = words.iter().fold(state, mix);
    if rest.is_empty() {
        return state;
    }
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    mix(state, &last)
}

/// Multiplies to 128 bits and joins both halves, so that every bit of `a` changes about half of the result.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ FACTORS[1]) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns how many of the keys the challenger answers.
    fn chosen(rollout: &str, keys: &[Vec<u8>], percent: u8) -> usize {
        keys.iter().filter(|key| is_for_challenger(rollout, key, percent)).count()
    }

    /// Returns 10,000 keys of each form that callers are likely to send.
    fn forms() -> Vec<Vec<Vec<u8>>> {
        let texts = |text: fn(u32) -> String| (0..10_000).map(|number| text(number).into_bytes()).collect();
        vec![
            texts(|number| number.to_string()),
            texts(|number| format!("customer-{number:08}")),
            texts(|number| format!(r#"{{"age": {}, "plan": "pro", "spent": {}}}"#, number % 90, number / 90)),
            texts(|number| "x".repeat(number as usize % 5_000 + 1) + &number.to_string()),
            (0..10_000u64).map(|number| (number << 40).to_le_bytes().to_vec()).collect(),
        ]
    }

    #[test]
    fn a_share_is_met_to_within_chance() {
        for keys in forms() {
            for percent in [1, 5, 10, 50, 90, 99] {
                for rollout in ["1795489200000-8", "1795489200001-8", ""] {
                    let share = f64::from(percent) / 100.0;
                    let (expected, deviation) = (10_000.0 * share, (10_000.0 * share * (1.0 - share)).sqrt());
                    let found = chosen(rollout, &keys, percent) as f64;
                    // 90 looks: 4.5 standard deviations occur by chance in one of 1,600 such tests.
                    assert!((found - expected).abs() < 4.5 * deviation, "{percent} %: {found} of 10,000");
                }
            }
        }
    }

    #[test]
    fn another_rollout_chooses_other_keys() {
        for keys in forms() {
            let both = |key: &&Vec<u8>| {
                is_for_challenger("1795489200000-8", key, 10) && is_for_challenger("1795489200000-9", key, 10)
            };
            let found = keys.iter().filter(both).count();
            // 1 % by chance: 100, with a standard deviation of 10.
            assert!((55..145).contains(&found), "{found} of 10,000 are in both");
        }
    }

    #[test]
    fn the_choice_is_the_same_in_every_release() {
        let positions: Vec<_> = ["", "a", "customer-1", "customer-2"]
            .map(|key| (0..=100).find(|percent| is_for_challenger("r", key.as_bytes(), *percent)))
            .to_vec();
        assert_eq!(positions, [58, 11, 74, 32].map(Some));
    }

    proptest! {
        #[test]
        fn a_larger_share_only_adds_keys(
            rollout in ".{0,20}",
            key in proptest::collection::vec(any::<u8>(), 0..200),
            percents in (0u8..=100, 0u8..=100),
        ) {
            let (less, more) = (percents.0.min(percents.1), percents.0.max(percents.1));
            prop_assert!(!is_for_challenger(&rollout, &key, less) || is_for_challenger(&rollout, &key, more));
            prop_assert!(!is_for_challenger(&rollout, &key, 0) && is_for_challenger(&rollout, &key, 100));
        }
    }
}
