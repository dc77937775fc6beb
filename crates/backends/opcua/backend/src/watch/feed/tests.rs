//! Tests of the hand-over: order, bounds, and what is told when a server goes and comes.

use super::*;

fn taken(feed: &Feed) -> Vec<(usize, String)> {
    let mut values = Vec::new();
    feed.release(Instant::now());
    if !feed.lock().order.is_empty() {
        feed.take(usize::MAX, &mut values);
    }
    values.into_iter().map(|(variable, json)| (variable, json.to_string())).collect()
}

fn watched(variables: usize, most: usize) -> Feed {
    let feed = Feed::bounded(variables, most);
    feed.connected(0..variables);
    (0..variables).for_each(|variable| feed.open(variable, None));
    feed
}

fn told(json: &str) -> Told {
    let said = json.find(r#","ServerTimestamp""#).unwrap_or(json.len());
    let at = json.split_once(r#"SourceTimestamp":""#).and_then(|(_, time)| time.split('"').next()?.parse().ok());
    Told { json: json.into(), said, at }
}

fn say(feed: &Feed, variable: usize, json: &str) {
    feed.value(variable, told(json));
}

#[test]
fn when_it_is_full_the_oldest_of_the_same_variable_goes() {
    let feed = watched(2, 3);
    for (variable, json) in [(0, "a1"), (1, "b1"), (0, "a2"), (0, "a3"), (1, "b2"), (0, "a4")] {
        say(&feed, variable, json);
    }
    let values: Vec<String> = taken(&feed).into_iter().map(|(_, json)| json).collect();
    assert_eq!(values, ["a3", "b2", "a4"], "each variable in its order, its newest kept");
    assert_eq!((feed.lost.total(), feed.lock().bytes), (3, 0));
}

#[test]
fn what_nobody_watches_any_more_is_forgotten() {
    let feed = watched(2, 100);
    say(&feed, 0, "a1");
    say(&feed, 1, "b1");
    say(&feed, 0, "a2");
    feed.close(0);
    let mut values = Vec::new();
    let news = feed.take(usize::MAX, &mut values).unwrap();
    assert_eq!((news.closed, feed.lock().bytes), (vec![0], 0));
    assert_eq!(values, [(1, "b1".into())]);
    feed.open(0, None);
    say(&feed, 0, "a2");
    assert_eq!(taken(&feed), [(0, "a2".to_owned())], "it is connected still");
}

#[test]
fn a_loss_is_told_once_behind_what_came_before() {
    let feed = watched(2, 100);
    feed.close(1);
    say(&feed, 0, "1");
    feed.lost(0..2);
    say(&feed, 0, "2");
    assert_eq!(taken(&feed), [(0, "1".to_owned()), (0, ABSENT.to_owned())]);
    feed.connected(0..2);
    say(&feed, 0, "2");
    assert_eq!(taken(&feed), [(0, "2".to_owned())], "equal, but told again");
}

fn json(source: u32, sent: u32) -> String {
    format!(r#"{{"Value":{{"Type":6,"Body":1}},"SourceTimestamp":"{source}","ServerTimestamp":"{sent}"}}"#)
}

fn texts(feed: &Feed) -> Vec<String> {
    taken(feed).into_iter().map(|(_, json)| json).filter(|json| json != ABSENT).collect()
}

#[tokio::test(start_paused = true)]
async fn after_a_return_nothing_old_is_told_and_what_is_read_once() {
    let feed = watched(1, 100);
    say(&feed, 0, &json(1, 1));
    feed.lost(0..1);
    feed.back(0..1);
    assert_eq!(texts(&feed), [json(1, 1)], "what was known before is not told as current");
    feed.present(0, told(&json(1, 5)));
    assert_eq!(texts(&feed), [json(1, 5)]);
    // Some servers report it again, too.
    say(&feed, 0, &json(1, 6));
    say(&feed, 0, &json(2, 7));
    assert_eq!(texts(&feed), [json(2, 7)]);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_kept_comes_before_what_was_read_and_instead_of_it() {
    let feed = watched(1, 100);
    say(&feed, 0, &json(1, 1));
    feed.lost(0..1);
    feed.back(0..1);
    feed.present(0, told(&json(4, 9)));
    assert_eq!(texts(&feed), [json(1, 1)]);
    (2..5).for_each(|change| say(&feed, 0, &json(change, 9)));
    tokio::time::advance(HOLD).await;
    assert_eq!(texts(&feed), [json(2, 9), json(3, 9), json(4, 9)]);
    // A change that the server did not keep is told from what was read.
    feed.lost(0..1);
    feed.back(0..1);
    feed.present(0, told(&json(7, 10)));
    assert!(texts(&feed).is_empty());
    tokio::time::advance(HOLD).await;
    assert_eq!(texts(&feed), [json(7, 10)]);
    // Of a report and a reading of the same, one is told.
    feed.lost(0..1);
    feed.back(0..1);
    say(&feed, 0, &json(7, 11));
    feed.present(0, told(&json(7, 12)));
    tokio::time::advance(HOLD).await;
    assert_eq!(texts(&feed), [json(7, 12)]);
}

/// A report may be lost with its connection after the server has sent it: it is asked for again, and is from before the loss.
#[tokio::test(start_paused = true)]
async fn what_was_known_before_a_loss_is_current_only_when_it_is_read() {
    let feed = watched(1, 100);
    let lost = |feed: &Feed| {
        feed.lost(0..1);
        feed.back(0..1);
    };
    say(&feed, 0, &json(1, 1));
    assert_eq!(texts(&feed), [json(1, 1)]);
    lost(&feed);
    feed.present(0, told(&json(2, 9)));
    say(&feed, 0, &json(1, 1));
    say(&feed, 0, &json(2, 8));
    tokio::time::advance(HOLD).await;
    assert_eq!(texts(&feed), [json(2, 8)], "first read, then sent once more");
    lost(&feed);
    say(&feed, 0, &json(2, 8));
    feed.present(0, told(&json(3, 9)));
    tokio::time::advance(HOLD).await;
    assert_eq!(texts(&feed), [json(3, 9)], "first sent once more, then read");
    lost(&feed);
    say(&feed, 0, &json(3, 10));
    tokio::time::advance(HOLD).await;
    assert_eq!(texts(&feed), [json(3, 10)], "never read");
}

#[test]
fn items_that_are_made_again_say_nothing_twice() {
    let feed = watched(1, 100);
    say(&feed, 0, &json(1, 1));
    feed.again(0..1);
    say(&feed, 0, &json(1, 2));
    say(&feed, 0, &json(2, 3));
    assert_eq!(texts(&feed), [json(1, 1), json(2, 3)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_read_in_doubt_is_told_where_it_is_not_known() {
    let feed = watched(3, 100);
    (0..3).for_each(|variable| say(&feed, variable, &json(1, 1)));
    taken(&feed);
    feed.doubted(0..3);
    feed.present(0, told(&json(1, 5)));
    // One report was on its way, another is missing.
    (1..3).for_each(|variable| feed.present(variable, told(&json(3, 5))));
    say(&feed, 1, &json(2, 2));
    tokio::time::advance(HOLD).await;
    assert_eq!(taken(&feed), [(1, json(2, 2)), (2, json(3, 5))]);
    say(&feed, 1, &json(3, 3));
    assert_eq!(taken(&feed), [(1, json(3, 3))]);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_comes_after_what_was_read_and_is_older_is_left_out() {
    let feed = watched(1, 100);
    say(&feed, 0, &json(1, 1));
    feed.lost(0..1);
    feed.back(0..1);
    feed.present(0, told(&json(4, 9)));
    tokio::time::advance(HOLD).await;
    assert_eq!(texts(&feed), [json(1, 1), json(4, 9)]);
    // The server took its time with what it had kept.
    (2..4).for_each(|change| say(&feed, 0, &json(change, 9)));
    assert_eq!((texts(&feed).len(), feed.late.total()), (0, 2));
    say(&feed, 0, &json(4, 9));
    say(&feed, 0, &json(5, 10));
    // From then on its clock may be set back.
    say(&feed, 0, &json(2, 11));
    assert_eq!(texts(&feed), [json(5, 10), json(2, 11)]);
}

#[test]
fn items_that_are_made_twice_after_a_loss_say_what_is_current() {
    let feed = watched(1, 100);
    say(&feed, 0, &json(1, 1));
    feed.lost(0..1);
    assert_eq!(texts(&feed), [json(1, 1)]);
    // The server knows nothing of us, and before it has reported anything its items are made once more.
    feed.connected(0..1);
    feed.again(0..1);
    say(&feed, 0, &json(1, 2));
    say(&feed, 0, &json(1, 3));
    assert_eq!(texts(&feed), [json(1, 2)], "unchanged, but nobody knows: the loss was told last");
}

#[tokio::test(start_paused = true)]
async fn what_was_published_last_is_known_as_long_as_it_is_watched() {
    let feed = watched(1, 100);
    say(&feed, 0, "1");
    assert_eq!(feed.told(0, Duration::ZERO), None, "it is only on its way");
    taken(&feed);
    assert_eq!(feed.told(0, HOLD), None, "who has heard for so long has heard it");
    tokio::time::advance(HOLD).await;
    assert_eq!(feed.told(0, HOLD).as_deref(), Some("1"));
    feed.close(0);
    assert_eq!(feed.told(0, Duration::ZERO), None);
}

#[tokio::test(start_paused = true)]
async fn who_begins_to_hear_is_told_after_half_a_second() {
    let feed = Feed::bounded(2, 100);
    feed.open(0, Some(Instant::now()));
    assert_eq!(taken(&feed), []);
    tokio::time::advance(Duration::from_millis(500)).await;
    assert_eq!(taken(&feed), [(0, ABSENT.to_owned())], "nobody is there");
    feed.connected(0..2);
    feed.open(1, Some(Instant::now()));
    say(&feed, 0, "0");
    say(&feed, 1, "1");
    assert_eq!(taken(&feed), [(0, "0".to_owned())]);
    feed.lost(0..2);
    feed.back(0..2);
    feed.present(1, told("1"));
    tokio::time::advance(Duration::from_millis(500)).await;
    let told: Vec<String> = taken(&feed).into_iter().filter(|(at, _)| *at == 1).map(|(_, json)| json).collect();
    assert_eq!(told, ["1"]);
}

#[test]
fn the_end_comes_after_the_last_value() {
    let feed = watched(1, 10);
    say(&feed, 0, "1");
    feed.end();
    let mut values = Vec::new();
    assert!(feed.take(10, &mut values).is_some());
    assert!(feed.take(10, &mut values).is_none());
    assert_eq!(values.len(), 1);
}
