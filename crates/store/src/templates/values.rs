//! What the images of one acquisition say about each compared parameter: all values that occur, not one of them.
//!
//! Promises: the order of images makes no difference; memory is bounded, and what goes beyond is told as
//! [`Free::TooMany`]; what was written is read back the same. Made from headers, kept by `record`, judged from by `learn`.

use super::EchoTimes;
use super::names::{COMPARED, PLANE, PROJECT, SEQUENCE_NAME, TE};
use super::{Free, Texts};
use std::fmt;

/// What belongs together in one plane of a localizer, in the order of [`PLANE`].
pub type Plane = [Option<String>; PLANE.len()];

/// Different values of one parameter that are kept of one acquisition: more than any protocol has directions.
const MOST: usize = 2048;
/// Bytes of such values that are kept.
const LONGEST: usize = 256 << 10;

/// What occurs of one parameter.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Slot {
    /// These values, rising, none twice; absent is `None`. Empty before the first image.
    Set(Vec<Option<String>>),
    /// It is not kept, and not compared.
    Free(Free),
}

/// What occurs of every parameter, in the order of [`COMPARED`].
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Values {
    /// Those of [`PLANE`] are free or empty: `planes` has them.
    slots: [Slot; COMPARED.len()],
    planes: Vec<Plane>,
}

impl Default for Slot {
    fn default() -> Slot {
        Slot::Set(Vec::new())
    }
}

impl fmt::Debug for Values {
    /// How many of each: comments and study names may tell of a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |at| match self.slot(at) {
            Slot::Set(values) => values.len(),
            Slot::Free(_) => 0,
        };
        f.debug_list().entries((0..COMPARED.len()).map(count)).finish()
    }
}

impl Values {
    /// Those of one image: its texts in the order of [`COMPARED`], and its echo times. The text of an echo time counts only
    /// when there are none: then it is no number.
    pub fn of(texts: Texts, echo_times: &EchoTimes) -> Values {
        let mut values = Values { planes: vec![PLANE.map(|at| texts[at].clone())], ..Values::default() };
        for (at, text) in texts.into_iter().enumerate() {
            let text = match at {
                // In quotes, since `4,92` would be two numbers.
                TE => echo_times.kept().or_else(|| text.map(|text| format!("\"{text}\""))),
                _ if PLANE.contains(&at) => continue,
                _ => text,
            };
            values.slots[at] = Slot::Set(vec![text]);
        }
        values
    }

    /// Those that somebody has written down: a slot for each of [`COMPARED`], and the planes when there are several.
    pub fn from_parts(mut slots: [Slot; COMPARED.len()], mut planes: Vec<Plane>) -> Values {
        let one: Plane = PLANE.map(|at| match &slots[at] {
            Slot::Set(values) => values.first().cloned().flatten(),
            Slot::Free(_) => None,
        });
        if planes.is_empty() {
            planes.push(one);
        }
        for at in PLANE {
            if let Slot::Set(values) = &mut slots[at] {
                values.clear();
            }
        }
        // Taken over as any images' are: in order, once, and bounded.
        let mut values = Values::default();
        values.absorb(Values { slots, planes });
        values
    }

    /// What occurs of the parameter at this place of [`COMPARED`].
    pub fn slot(&self, at: usize) -> Slot {
        let place = PLANE.iter().position(|known| *known == at);
        match (place, self.slots.get(at)) {
            (_, Some(Slot::Free(why))) => Slot::Free(*why),
            (Some(place), _) => {
                let mut values: Vec<_> = self.planes.iter().map(|plane| plane[place].clone()).collect();
                values.sort();
                values.dedup();
                Slot::Set(values)
            }
            (None, slot) => slot.cloned().unwrap_or_default(),
        }
    }

    /// The planes, rising; one when there is but one.
    pub fn planes(&self) -> &[Plane] {
        &self.planes
    }

    /// From now on this parameter is free. One of a plane takes the others with it when there are several planes.
    pub fn set_free(&mut self, at: usize, why: Free) {
        if !PLANE.contains(&at) {
            self.slots[at] = Slot::Free(why);
            return;
        }
        PLANE.iter().for_each(|at| self.slots[*at] = Slot::Free(why));
        self.planes = Vec::new();
    }

    /// Takes over what others say.
    pub fn absorb(&mut self, other: Values) {
        for (at, (own, other)) in self.slots.iter_mut().zip(other.slots).enumerate() {
            let (Slot::Set(known), Slot::Set(more)) = (&mut *own, &other) else {
                if let Slot::Free(why) = other {
                    *own = Slot::Free(why);
                }
                continue;
            };
            known.extend(more.iter().cloned());
            if at == TE {
                join_echoes(known);
            }
            known.sort();
            known.dedup();
            if at == PROJECT || at == SEQUENCE_NAME {
                // Names are looked up folded: how they are written is no difference.
                known.truncate(1);
            }
            let bytes = || known.iter().flatten().map(String::len).sum::<usize>();
            if known.len() > MOST || (known.len() > 1 && bytes() > LONGEST) {
                *own = Slot::Free(Free::TooMany);
            }
        }
        self.planes.extend(other.planes);
        self.planes.sort();
        self.planes.dedup();
        if PLANE.iter().any(|at| matches!(self.slots[*at], Slot::Free(_))) || self.planes.len() > MOST {
            let told = PLANE.iter().find_map(|at| match self.slots[*at] {
                Slot::Free(why) => Some(why),
                Slot::Set(_) => None,
            });
            self.set_free(PLANE[0], told.unwrap_or(Free::TooMany));
        }
    }

    /// The values of parameters that have but one, as the columns of a table; all others are `None`.
    pub(super) fn columns(&self) -> Texts {
        std::array::from_fn(|at| match self.slot(at) {
            Slot::Set(values) if values.len() == 1 => values.into_iter().next().flatten(),
            _ => None,
        })
    }

    /// What the columns do not say, as text: for each such parameter its name, then its values behind `+`, `-` for absent, or
    /// `~` and why it is free. Lines end with a line feed, parts with a tab.
    pub(super) fn varied(&self) -> Option<String> {
        let mut lines = Vec::new();
        for (at, slot) in self.slots.iter().enumerate() {
            let parts = match slot {
                Slot::Free(why) => vec![format!("~{}", why.as_str())],
                Slot::Set(values) if values.len() != 1 && !PLANE.contains(&at) => values.iter().map(part).collect(),
                Slot::Set(_) => continue,
            };
            lines.push(std::iter::once(COMPARED[at].to_owned()).chain(parts).collect::<Vec<_>>().join("\t"));
        }
        if self.planes.len() > 1 {
            let parts = self.planes.iter().flatten().map(part);
            lines.push(std::iter::once("planes".to_owned()).chain(parts).collect::<Vec<_>>().join("\t"));
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Reads what [`Values::columns`] and [`Values::varied`] have written.
    pub(super) fn read(columns: Texts, varied: Option<&str>) -> Values {
        let mut values = Values { planes: vec![PLANE.map(|at| columns[at].clone())], ..Values::default() };
        for (at, text) in columns.into_iter().enumerate().filter(|(at, _)| !PLANE.contains(at)) {
            values.slots[at] = Slot::Set(vec![text]);
        }
        for line in varied.into_iter().flat_map(|text| text.split('\n')) {
            let mut parts = line.split('\t');
            let name = parts.next().unwrap_or_default();
            let at = COMPARED.iter().position(|known| *known == name);
            match at {
                Some(at) => match parts.clone().next().and_then(|part| part.strip_prefix('~')) {
                    Some(why) => values.set_free(at, Free::named(why)),
                    None => values.slots[at] = Slot::Set(parts.map(unpart).collect()),
                },
                None if name == "planes" => {
                    let parts: Vec<_> = parts.map(unpart).collect();
                    let planes =
                        parts.chunks_exact(PLANE.len()).filter_map(|chunk| Plane::try_from(chunk.to_vec()).ok());
                    values.planes = planes.collect();
                }
                None => {}
            }
        }
        values
    }
}

/// Makes one list of all that are numbers.
fn join_echoes(values: &mut Vec<Option<String>>) {
    let mut times = EchoTimes::default();
    values.retain(|value| match value.as_deref().and_then(EchoTimes::parse) {
        Some(more) => {
            times.extend(&more);
            false
        }
        None => true,
    });
    values.extend(times.kept().map(Some));
}

fn part(value: &Option<String>) -> String {
    match value {
        Some(text) => format!("+{}", text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")),
        None => "-".to_owned(),
    }
}

fn unpart(part: &str) -> Option<String> {
    let mut text = String::new();
    let mut letters = part.strip_prefix('+')?.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                other => other.unwrap_or('\\'),
            },
            other => other,
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn image() -> impl Strategy<Value = Values> {
        let text = prop_oneof![Just(None), "[a-c\\\\\n\t+~-]{0,3}".prop_map(Some)];
        let texts = proptest::collection::vec(text, COMPARED.len());
        (texts, proptest::option::of(1..5u8)).prop_map(|(texts, echo)| {
            let texts: Texts = texts.try_into().unwrap();
            Values::of(texts, &echo.into_iter().map(f64::from).collect())
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(images in proptest::collection::vec(image(), 1..6), free in proptest::option::of(2..17usize)) {
            let mut all = Values::default();
            images.into_iter().for_each(|image| all.absorb(image));
            if let Some(at) = free {
                all.set_free(at, Free::Differs);
            }
            prop_assert_eq!(Values::read(all.columns(), all.varied().as_deref()), all);
        }

        #[test]
        fn the_order_of_images_makes_no_difference(images in proptest::collection::vec(image(), 1..6)) {
            let join = |images: &[Values]| {
                let mut all = Values::default();
                images.iter().for_each(|image| all.absorb(image.clone()));
                all
            };
            let mut turned = images.clone();
            turned.reverse();
            prop_assert_eq!(join(&images), join(&turned));
        }
    }

    #[test]
    fn what_is_too_much_is_free() {
        let of = |number: usize| {
            let mut texts = Texts::default();
            texts[3] = Some(number.to_string());
            texts[PLANE[1]] = Some(number.to_string());
            Values::of(texts, &EchoTimes::default())
        };
        let mut all = Values::default();
        (0..MOST).for_each(|number| all.absorb(of(number)));
        assert!(matches!(all.slot(3), Slot::Set(values) if values.len() == MOST));
        all.absorb(of(MOST));
        assert!(
            [3, PLANE[0], PLANE[1], PLANE[2]]
                .map(|at| all.slot(at))
                .iter()
                .all(|slot| *slot == Slot::Free(Free::TooMany))
        );
        all.absorb(of(7));
        assert!(all.slot(3) == Slot::Free(Free::TooMany) && all.planes().is_empty());
    }

    #[test]
    fn echo_times_are_one_list_and_a_text_is_none_of_them() {
        let of = |text: Option<&str>, times: &[f64]| {
            let mut texts = Texts::default();
            texts[TE] = text.map(str::to_owned);
            Values::of(texts, &times.iter().copied().collect())
        };
        let mut all = of(None, &[30.0]);
        all.absorb(of(None, &[14.0, 46.0]));
        assert!(all.slot(TE) == Slot::Set(vec![Some("14.0,30.0,46.0".to_owned())]));
        all.absorb(of(Some("4,92"), &[]));
        all.absorb(of(None, &[]));
        let expected = [None, Some("\"4,92\""), Some("14.0,30.0,46.0")].map(|text| text.map(str::to_owned));
        assert!(all.slot(TE) == Slot::Set(expected.to_vec()));
    }
}
