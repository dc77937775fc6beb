//! Problems for people: the line itself, a mark under what is meant, and what to do next.
//!
//! Promises: readable without colour. Called by the command line.

use super::problem::{Fault, Origin, Place, Problem, Source};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// The problems as text, an empty line after each.
pub fn render<'a>(source: &Source, problems: impl IntoIterator<Item = &'a Problem>, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for problem in problems {
        text.push_str(&one(source, problem, &renderer));
        text.push_str("\n\n");
    }
    text
}

fn one(source: &Source, problem: &Problem, renderer: &Renderer) -> String {
    let problem = &harmless(problem);
    let level = if problem.fault == Fault::Warning { Level::WARNING } else { Level::ERROR };
    let title = level.primary_title(problem.message.as_str());
    let hint = (!problem.hint.is_empty()).then(|| Level::HELP.message(problem.hint.as_str()));
    let from = match &problem.origin {
        Origin::File(place) => {
            // Only the lines that are meant: the library looks at all it is given.
            let (lines, first, span) = excerpt(source, place.span.clone());
            // The library shows most control characters as signs; these it does not. As long, so that the mark fits.
            let lines = lines.replace(|c| ('\u{80}'..='\u{9F}').contains(&c), "·");
            let mut mark = AnnotationKind::Primary.span(span);
            if !problem.label.is_empty() {
                mark = mark.label(problem.label.as_str());
            }
            let snippet = Snippet::source(&lines).line_start(first).path(place.file.as_str()).annotation(mark);
            return renderer.render(&[title.element(snippet).elements(hint)]);
        }
        Origin::Variable(name) => Some(match problem.value.as_str() {
            "" => format!("in the environment: {name}"),
            value => format!("in the environment: {name}={value}"),
        }),
        Origin::Flag(flag) => Some(format!("in --set {flag}")),
        Origin::Default => None,
    };
    let note = from.map(|from| Level::NOTE.message(from));
    renderer.render(&[title.elements(note).elements(hint)])
}

/// The problem without control characters: what stands in a file or a variable must not drive the reader's terminal.
fn harmless(problem: &Problem) -> Problem {
    let plain = |text: &str| text.replace(|c: char| c.is_control(), "\u{FFFD}");
    let origin = match &problem.origin {
        Origin::Variable(name) => Origin::Variable(plain(name)),
        Origin::Flag(flag) => Origin::Flag(plain(flag)),
        Origin::File(place) => Origin::File(Place { file: plain(&place.file), ..place.clone() }),
        Origin::Default => Origin::Default,
    };
    Problem {
        fault: problem.fault,
        key: plain(&problem.key),
        value: plain(&problem.value),
        message: plain(&problem.message),
        label: plain(&problem.label),
        origin,
        hint: plain(&problem.hint),
    }
}

/// The line on which `span` begins, its number, and the part of the span that is on it.
fn excerpt(source: &Source, span: Range<usize>) -> (&str, usize, Range<usize>) {
    let text = source.text.as_str();
    let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (start, end) = (boundary(span.start), boundary(span.end.max(span.start)));
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let to = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let line = text[from..to].trim_end_matches('\r');
    let number = text[..from].bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = (start - from).min(line.len());
    (line, number, start..end.saturating_sub(from).clamp(start, line.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_drives_the_readers_terminal() {
        let source = Source::new("a\u{1b}.toml".to_owned(), "x = \"\u{1b}[2J\"\u{9b}2J\n".to_owned());
        for origin in [source.at(4..10), Origin::Variable("A\u{1b}".into()), Origin::Flag("a=\r\n\u{7}".into())] {
            let told = |text: &str| format!("{text}\u{1b}]0;\u{7}");
            let problem = Problem::new(Fault::Unknown, told("k"), told("message"), origin, told("hint"));
            let text = render(&source, [&problem.with("v\u{1b}", told("label"))], false);
            assert!(text.contains("message") && text.contains("hint"), "{text}");
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
    }
}
