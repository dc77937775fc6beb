//! Topics and filters. Input: lines of text: a topic, a filter, and raw tokens.

use tieline_model::topic::TopicError;
use tieline_model::{Filter, Part, Topic};

/// What is read is what was written, any text can be a token, and a filter matches as its definition says.
pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.split('\n').collect();
    let topics: Vec<Topic> = lines.iter().filter_map(|line| topic(line)).collect();
    let filters: Vec<Filter> = lines.iter().filter_map(|line| filter(line)).collect();
    for (filter, topic) in filters.iter().flat_map(|filter| topics.iter().map(move |topic| (filter, topic))).take(64) {
        let (want, have): (Vec<_>, Vec<_>) = (filter.tokens().collect(), topic.tokens().collect());
        assert_eq!(filter.matches(topic), matches(&want, &have), "{filter} against {topic}");
    }
    // Any text at all, as a name that a client made up.
    let built = Topic::new(lines.iter().take(32).copied());
    for (index, line) in lines.iter().take(32).enumerate() {
        assert_eq!(built.token(index).as_deref(), Some(*line), "a token comes back");
    }
    assert_eq!(built.token(lines.len().min(32)), None);
    assert_eq!(Topic::parse(built.as_str()), Ok(built.clone()));
    let parts = lines.iter().take(31).map(|line| Part::Token(line)).chain([Part::Rest, Part::Any]);
    let below = Filter::new(parts);
    assert_eq!(Filter::parse(below.as_str()), Ok(below.clone()));
    assert!(below.matches(&Topic::new(lines.iter().take(31).copied().chain(["x"]))));
}

fn topic(line: &str) -> Option<Topic> {
    let read = Topic::parse(line);
    let as_filter = Filter::parse(line);
    match &read {
        Ok(topic) => {
            assert_eq!(topic.as_str(), line);
            assert_eq!(as_filter.as_ref().map(Filter::as_str), Ok(line), "a topic is a filter for itself");
            let count = topic.tokens().count();
            assert!(count <= 32 && (0..count).all(|index| topic.token(index).is_some()));
            let tokens: Vec<_> = (0..count).filter_map(|index| topic.token(index)).collect();
            let again = Topic::new(tokens.iter().map(|token| &**token));
            for (index, token) in tokens.iter().enumerate() {
                assert_eq!(again.token(index).as_ref(), Some(token), "written as we write it, it means the same");
            }
        }
        Err(TopicError::Wildcard) => {}
        Err(error) => {
            assert_eq!(as_filter.as_ref().err(), Some(error));
            assert!(!error.to_string().is_empty());
        }
    }
    read.ok()
}

fn filter(line: &str) -> Option<Filter> {
    let filter = Filter::parse(line).ok()?;
    assert_eq!(filter.as_str(), line);
    Some(filter)
}

/// The definition, token by token.
fn matches(want: &[&str], have: &[&str]) -> bool {
    match (want, have) {
        ([], []) => true,
        ([">"], [_, ..]) => true,
        (["*", want @ ..], [_, have @ ..]) => matches(want, have),
        ([one, want @ ..], [other, have @ ..]) => one == other && matches(want, have),
        _ => false,
    }
}
