//! The page `docs/dialects/inspect.md` shows the replies that the dialect gives.

use super::*;

const PAGE: &str = include_str!("../../../../../docs/dialects/inspect.md");

/// The requests of the conversation on the page, each with its reply, a backslash and `n` for a line break.
fn shown() -> Vec<(&'static str, String)> {
    let lines: Vec<&str> = PAGE.lines().filter(|line| line.starts_with("→ ") || line.starts_with("← ")).collect();
    lines.chunks(2).map(|pair| (&pair[0]["→ ".len()..], pair[1]["← ".len()..].replace("\\n", "\n"))).collect()
}

#[test]
fn the_conversation_on_the_page_is_true() {
    let mut client = Client::new();
    assert!(shown().len() >= 4);
    for (request, reply) in shown() {
        let told = match client.say(request) {
            (Ok(Asked { intent: Intent::Command(command), .. }), _) => {
                client.answer(command.ticket, r#"{"done":true}"#)
            }
            (_, told) => told,
        };
        assert_eq!(told[0], Utterance::Text(reply), "{request}");
    }
    assert!(client.say("x").1.is_empty(), "it ends with a quit");
}
