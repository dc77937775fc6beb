//! The known name that somebody most likely meant.
//!
//! Promises: a suggestion is near, or there is none. Called for unknown sections, keys and variables.

/// The name among `known` that is nearest to `name`, when it is near.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase().replace('-', "_");
    let ranked = known.into_iter().map(|known| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), known));
    let (distance, best) = ranked.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + name.chars().count() / 4).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_near_is_suggested() {
        let known = ["listen", "insecure", "replay_on_register"];
        assert_eq!(nearest("lisen", known), Some("listen"));
        assert_eq!(nearest("Replay-On-Register", known), Some("replay_on_register"));
        assert_eq!(nearest("banana", known), None);
        assert_eq!(nearest("", []), None);
    }
}
