//! From what acquisitions hold to templates: which parameters are free, and which sets are one.
//!
//! Promises: the order of acquisitions makes no difference. Called by `choice` with all acquisitions of one study, sequence
//! and kind. The model is explained in `docs/decisions/0008-what-varies-within-an-acquisition.md`.

use super::names::{COMMENTS, COMPARED, PLANE, PROJECT, SEQUENCE_NAME, TE};
use super::values::{Slot, Values};
use super::{EchoTimes, Expected, Free, Template};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// A set as it is kept: what the acquisitions of one set hold.
#[derive(Clone)]
pub(super) struct Raw {
    pub(super) set: i64,
    pub(super) count: i64,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    /// When its newest acquisition began.
    pub(super) newest: Option<String>,
    pub(super) chosen: Option<String>,
    pub(super) kind: String,
    pub(super) values: Values,
}

/// From so many acquisitions on, differences are no chance: what is free then is kept as free.
pub(super) const CERTAIN: i64 = 8;
/// Comments that each image of the only acquisition has another of: so many at least.
const EACH_ANOTHER: usize = 3;
/// Among so many different ones it is asked which is a part of which; beyond it they are free without asking.
const ASKED: usize = 256;

/// The templates of one study, sequence and kind, the best first: chosen, then most frequent, then newest.
pub(super) fn learn(mut raws: Vec<Raw>) -> Vec<Template> {
    for (at, why, _) in free(&raws) {
        raws.iter_mut().for_each(|raw| raw.values.set_free(at, why));
    }
    let mut places: HashMap<Values, usize> = HashMap::new();
    let mut sets: Vec<Raw> = Vec::new();
    // The best stays the one that names the set.
    raws.sort_by_cached_key(rank);
    for raw in raws {
        let mut key = raw.values.clone();
        // They are looked up folded: how they are written is no difference.
        key.set_free(PROJECT, Free::Differs);
        key.set_free(SEQUENCE_NAME, Free::Differs);
        match places.get(&key).and_then(|at| sets.get_mut(*at)) {
            Some(known) => {
                known.count += raw.count;
                known.first = [known.first.take(), raw.first].into_iter().flatten().min();
                known.last = known.last.take().max(raw.last);
                known.newest = known.newest.take().max(raw.newest);
            }
            None => {
                let _ = places.insert(key, sets.len());
                sets.push(raw);
            }
        }
    }
    absorb_parts(&mut sets);
    sets.sort_by_cached_key(rank);
    sets.into_iter().map(template).collect()
}

/// Among so many sets it is asked which is a part of which.
const MOST_SETS: usize = 64;

/// Acquisitions that were broken off count for the whole one: they hold some of its values, and nothing else. A set is taken in
/// only where both have several values, and only by one that is as frequent: so a single wrong image widens no template.
fn absorb_parts(sets: &mut Vec<Raw>) {
    if sets.len() > MOST_SETS {
        return;
    }
    let units: Vec<Units> = sets.iter().map(|raw| units(&raw.values)).collect();
    // The smallest first, so that what was taken in is taken in once.
    let mut order: Vec<usize> = (0..sets.len()).collect();
    order.sort_by_key(|at| units[*at].iter().map(length).sum::<usize>());
    // As it was before: what is taken in by the way must not decide about the next, nor may the order of sets.
    let standing = |raw: &Raw| (raw.count, raw.newest.clone(), raw.values.columns(), raw.values.varied());
    let standings: Vec<_> = sets.iter().map(standing).collect();
    let mut gone = Vec::new();
    for at in order {
        let part = &sets[at];
        let may = |whole: &usize| {
            let is_as_frequent = *whole != at && standings[*whole].0 >= standings[at].0;
            is_as_frequent && part.chosen.is_none() && is_broken_off(&units[at], &units[*whole])
        };
        let best = (0..sets.len()).filter(may).max_by_key(|whole| &standings[*whole]);
        if let Some(best) = best {
            let Raw { count, first, last, newest, .. } = part.clone();
            let whole = &mut sets[best];
            whole.count += count;
            whole.first = [whole.first.take(), first].into_iter().flatten().min();
            whole.last = whole.last.take().max(last);
            whole.newest = whole.newest.take().max(newest);
            gone.push(at);
        }
    }
    let mut at = 0;
    sets.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
}

/// What is compared of a set, in parts that belong together.
type Units = [Slot; COMPARED.len()];

fn units(values: &Values) -> Units {
    std::array::from_fn(|at| match at {
        // Names are no difference, and the planes stand at the first of theirs.
        PROJECT | SEQUENCE_NAME => Slot::default(),
        _ if PLANE[1..].contains(&at) => Slot::default(),
        _ => unit(values, at),
    })
}

fn length(slot: &Slot) -> usize {
    if let Slot::Set(values) = slot { values.len() } else { 0 }
}

/// Whether the first is a part of the second: it differs only where both have several values.
fn is_broken_off(part: &Units, whole: &Units) -> bool {
    let mut is_less = false;
    for (one, other) in part.iter().zip(whole).filter(|(one, other)| one != other) {
        match (one, other) {
            (Slot::Set(one), Slot::Set(other)) if one.len() > 1 && one.len() < other.len() => {
                let other: HashSet<_> = other.iter().collect();
                if !one.iter().all(|value| other.contains(value)) {
                    return false;
                }
                is_less = true;
            }
            _ => return false,
        }
    }
    is_less
}

fn rank(raw: &Raw) -> Reverse<(Option<String>, i64, Option<String>, i64)> {
    Reverse((raw.chosen.clone(), raw.count, raw.newest.clone(), raw.set))
}

/// Which parameters are free, why, and whether it is certain: for those of a plane the first of them stands.
pub(super) fn free(raws: &[Raw]) -> Vec<(usize, Free, bool)> {
    let places = (0..COMPARED.len()).filter(|at| *at != PROJECT && *at != SEQUENCE_NAME && !PLANE[1..].contains(at));
    places.filter_map(|at| why_free(raws, at).map(|(why, certain)| (at, why, certain))).collect()
}

fn why_free(raws: &[Raw], at: usize) -> Option<(Free, bool)> {
    // What the acquisitions hold that have several values, and how many hold the same.
    let mut held: HashMap<Vec<&str>, i64> = HashMap::new();
    let slots: Vec<(Slot, i64)> = raws.iter().map(|raw| (unit(&raw.values, at), raw.count)).collect();
    for (slot, count) in &slots {
        match slot {
            Slot::Free(why) => return Some((*why, true)),
            Slot::Set(values) if values.len() > 1 && *count > 0 => {
                // A value that is a text of its own stands apart from absent.
                let values = values.iter().map(|value| value.as_deref().unwrap_or("\0")).collect();
                *held.entry(values).or_default() += count;
            }
            Slot::Set(_) => {}
        }
    }
    let (total, acquisitions): (i64, i64) = (held.values().sum(), raws.iter().map(|raw| raw.count).sum());
    // Where most have one value, those with several have a mistake in them.
    if total * 2 <= acquisitions {
        return None;
    }
    if at == COMMENTS && total == 1 && acquisitions == 1 {
        let many = held.keys().any(|values| values.len() >= EACH_ANOTHER);
        return many.then_some((Free::OneSession, false));
    }
    // An acquisition that was broken off holds a part of what a whole one holds: it contradicts nothing.
    let sets: Vec<HashSet<&str>> = match held.len() <= ASKED {
        true => held.keys().map(|values| values.iter().copied().collect()).collect(),
        false => Vec::new(),
    };
    let is_part = |values: &[&str]| {
        let mut larger = sets.iter().filter(|other| other.len() > values.len());
        larger.any(|other| values.iter().all(|value| other.contains(value)))
    };
    let whole: Vec<i64> = held.iter().filter(|(values, _)| !is_part(values)).map(|(_, count)| *count).collect();
    let all: i64 = whole.iter().sum();
    let alone: i64 = whole.iter().filter(|count| **count == 1).sum();
    // Comments are words, and two sessions that disagree are enough; a protocol's numbers may have been changed once.
    let enough = if at == COMMENTS { 2 } else { 3 };
    (all >= enough && alone * 2 > all).then_some((Free::Differs, all >= CERTAIN))
}

/// The values of a parameter; of those of a plane all together.
fn unit(values: &Values, at: usize) -> Slot {
    match values.slot(at) {
        Slot::Set(_) if at == PLANE[0] => {
            let joined = |plane: &[Option<String>; 3]| {
                Some(plane.iter().map(|part| part.as_deref().unwrap_or("\0")).collect::<Vec<_>>().join("\u{1}"))
            };
            Slot::Set(values.planes().iter().map(joined).collect())
        }
        // All echo times are one text: apart they can be a part of others.
        Slot::Set(list) if at == TE => Slot::Set(
            list.iter()
                .flat_map(|text| text.iter().flat_map(|text| text.split(',')))
                .map(|text| Some(text.to_owned()))
                .collect(),
        ),
        slot => slot,
    }
}

fn template(raw: Raw) -> Template {
    let mut expected: [Expected; COMPARED.len()] = Default::default();
    for (at, expected) in expected.iter_mut().enumerate() {
        *expected = match raw.values.slot(at) {
            Slot::Free(why) => Expected::Free(why),
            Slot::Set(mut values) if values.len() <= 1 => values.pop().flatten().into(),
            Slot::Set(values) => Expected::OneOf(values),
        };
    }
    let plain = |text: &str| EchoTimes::parse(text).and_then(|times| times.plain()).unwrap_or_else(|| text.to_owned());
    let echo_times = match &expected[TE] {
        Expected::Text(text) => Some(plain(text)),
        Expected::OneOf(values) => {
            values.iter().flatten().find(|text| EchoTimes::parse(text).is_some()).map(|text| plain(text))
        }
        _ => None,
    };
    let planes = if raw.values.planes().len() > 1 { raw.values.planes().to_vec() } else { Vec::new() };
    let Raw { set, count, first, last, chosen, kind, .. } = raw;
    Template { set, kind, count, first, last, chosen, echo_times, expected, planes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::Texts;

    /// Acquisitions of which each holds these comments and these echo times.
    fn raws(held: &[(&[&str], i64)], place: usize) -> Vec<Raw> {
        let one = |(at, (texts, count)): (usize, &(&[&str], i64))| {
            let mut values = Values::default();
            for text in *texts {
                let mut image = Texts::default();
                image[place] = Some((*text).to_owned());
                values.absorb(Values::of(image, &EchoTimes::default()));
            }
            let nothing = || None;
            Raw {
                set: at as i64,
                count: *count,
                first: nothing(),
                last: nothing(),
                newest: nothing(),
                chosen: nothing(),
                kind: String::new(),
                values,
            }
        };
        held.iter().enumerate().map(one).collect()
    }

    fn why(held: &[(&[&str], i64)], place: usize) -> Option<Free> {
        free(&raws(held, place)).first().map(|(at, why, _)| {
            assert_eq!(*at, place);
            *why
        })
    }

    #[test]
    fn comments_are_free_when_two_sessions_disagree() {
        assert_eq!(why(&[(&["a", "b"], 1), (&["a", "c"], 1)], COMMENTS), Some(Free::Differs));
        assert_eq!(why(&[(&["a", "b", "c"], 1)], COMMENTS), Some(Free::OneSession));
        assert_eq!(why(&[(&["a", "b"], 1)], COMMENTS), None, "two values may well be a set");
        assert_eq!(why(&[(&["a", "b", "c"], 2)], COMMENTS), None, "the same in both sessions");
        assert_eq!(why(&[(&["a"], 1), (&["b"], 1)], COMMENTS), None, "it does not vary within");
    }

    #[test]
    fn what_is_the_same_in_most_sessions_is_a_set() {
        const TYPE: usize = 4;
        assert_eq!(why(&[(&["b0", "b1"], 5), (&["b0", "b2"], 1)], TYPE), None);
        assert_eq!(why(&[(&["b0", "b1"], 2), (&["b0", "b2"], 2)], TYPE), None, "two protocols");
        assert_eq!(
            why(&[(&["b0", "b1"], 1), (&["b0", "b2"], 1)], TYPE),
            None,
            "two are no proof for more than comments"
        );
        assert_eq!(why(&[(&["b0", "b1"], 1), (&["b0", "b2"], 1), (&["b0", "b3"], 1)], TYPE), Some(Free::Differs));
        let broken_off: &[(&[&str], i64)] =
            &[(&["a", "b", "c", "d"], 2), (&["a", "b"], 1), (&["a", "b", "c"], 1), (&["a", "c"], 1)];
        assert_eq!(why(broken_off, TYPE), None);
        assert_eq!(why(broken_off, COMMENTS), None);
    }

    #[test]
    fn a_few_sessions_with_wrong_images_make_nothing_free() {
        const TR: usize = 7;
        let wrong: &[(&[&str], i64)] = &[(&["1"], 97), (&["1", "2"], 1), (&["1", "3"], 1), (&["1", "4"], 1)];
        assert_eq!((why(wrong, TR), why(wrong, COMMENTS)), (None, None));
        assert_eq!(learn(raws(wrong, TR))[0].expected[TR], Expected::Text("1".to_owned()));
    }

    #[test]
    fn sets_that_differ_in_what_is_free_are_one() {
        let sets = learn(raws(&[(&["a", "b"], 1), (&["a", "c"], 1), (&["a"], 1), (&["d", "e"], 1)], COMMENTS));
        assert_eq!(sets.iter().map(|set| set.count).collect::<Vec<_>>(), [4]);
        assert_eq!(sets[0].expected[COMMENTS], Expected::Free(Free::Differs));
    }

    #[test]
    fn what_was_broken_off_counts_for_the_whole() {
        const TYPE: usize = 4;
        let counts = |held: &[(&[&str], i64)]| learn(raws(held, TYPE)).iter().map(|set| set.count).collect::<Vec<_>>();
        assert_eq!(counts(&[(&["a", "b", "c"], 1), (&["a", "b"], 1)]), [2]);
        assert_eq!(counts(&[(&["a", "b", "c"], 3), (&["a", "b"], 1), (&["a", "c"], 2)]), [6]);
        assert_eq!(counts(&[(&["a", "b", "c"], 1), (&["a", "b"], 3)]), [3, 1], "one odd session widens nothing");
        assert_eq!(counts(&[(&["a", "b"], 1), (&["a"], 1)]), [1, 1], "nor does one wrong image");
        assert_eq!(counts(&[(&["a", "b"], 2), (&["a", "x"], 1)]), [2, 1]);
    }

    #[test]
    fn what_was_broken_off_goes_to_the_same_whole_in_whatever_order() {
        const TYPE: usize = 4;
        let held: [(&[&str], i64); 3] = [(&["a", "b", "c"], 1), (&["a", "b", "d"], 1), (&["a", "b"], 1)];
        let of = |order: [usize; 3]| {
            let mut sets = learn(raws(&order.map(|at| held[at]), TYPE));
            sets.sort_by_key(|set| set.expected[TYPE].shown().map(|text| text.into_owned()));
            sets.iter().map(|set| set.count).collect::<Vec<_>>()
        };
        let first = of([0, 1, 2]);
        assert_eq!(first.iter().sum::<i64>(), 3);
        assert!([[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].into_iter().all(|order| of(order) == first));
    }

    #[test]
    fn planes_belong_together() {
        let held: &[(&[&str], i64)] = &[(&["ROW", "COL"], 1)];
        let sets = learn(raws(held, PLANE[0]));
        assert_eq!(sets[0].planes.len(), 2);
        assert_eq!(sets[0].expected[PLANE[1]], Expected::Absent);
        assert!(matches!(&sets[0].expected[PLANE[0]], Expected::OneOf(values) if values.len() == 2));
    }
}
