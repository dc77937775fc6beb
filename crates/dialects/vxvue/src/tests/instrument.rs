//! The simulated console says only what this dialect accepts, and says it for ever.

use super::*;
use crate::instrument::Console;
use tieline_model::Instrument;

#[test]
fn whole_exams_one_after_another() {
    let dialect = dialect();
    let (mut client, mut console) = (Client::of(&dialect), Console::new());
    for text in console.greet() {
        client.say(&text).0.unwrap();
    }
    let mut commands = Vec::new();
    for _ in 0..200 {
        let beat = console.next();
        assert!((2000..=6000).contains(&beat.after.as_millis()), "{beat:?}");
        match client.say(&beat.say).0.unwrap().intent {
            Intent::Publish(message) => commands.push(message.tag),
            other => panic!("{other:?}"),
        }
        assert!(!beat.say.contains("patientName") || beat.say.contains("DEMO^PATIENT "), "{}", beat.say);
    }
    let exams: Vec<&[u32]> = commands.split_inclusive(|command| *command == 1002).collect();
    assert!(exams.len() > 25);
    for exam in &exams[..exams.len() - 1] {
        assert_eq!((exam[..2].to_vec(), exam.last()), (vec![101, 1001], Some(&1002)));
        assert!(exam.len() >= 5 && exam[2..exam.len() - 1].iter().all(|command| *command == 601), "{exam:?}");
    }
}

#[test]
fn the_same_script_every_time_and_a_new_connection_begins_a_new_exam() {
    let script = |mut console: Console| (0..50).map(|_| console.next()).collect::<Vec<_>>();
    assert_eq!(script(Console::new()), script(Console::new()));
    let mut console = Console::new();
    console.next();
    console.greet();
    assert!(console.next().say.contains(r#""command":101"#));
}
