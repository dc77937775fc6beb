//! Which images were counted, by keyed hashes of what names them.
//!
//! Promises: bounded memory; at least the last [`MOST`] images are known again, however many there were before.

use std::collections::HashSet;

/// So many images are remembered for certain, and at most twice as many: some 20 MB.
const MOST: usize = 400_000;

/// Images that were counted, in two generations: when the young one is full, it becomes the old one.
#[derive(Default)]
pub(super) struct Images {
    young: HashSet<u64>,
    old: HashSet<u64>,
}

impl Images {
    /// Takes an image that differs or not: whether it is one more, and whether it is one more that differs.
    pub(super) fn take(&mut self, image: u64, differs: bool) -> (bool, bool) {
        let is_further = self.insert(image);
        // What is known of its difference is a hash beside it.
        (is_further, differs && self.insert(!image))
    }

    /// Whether an image was taken, as far as that is remembered.
    pub(super) fn has(&self, image: u64) -> bool {
        self.young.contains(&image) || self.old.contains(&image)
    }

    fn insert(&mut self, hash: u64) -> bool {
        if self.young.contains(&hash) {
            return false;
        }
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash) && !self.old.contains(&hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_counts_once_and_so_does_its_difference() {
        let mut images = Images::default();
        assert_eq!(images.take(1, false), (true, false));
        assert_eq!(images.take(1, true), (false, true));
        assert_eq!(images.take(1, true), (false, false));
        assert_eq!(images.take(2, true), (true, true));
    }

    #[test]
    fn the_last_ones_are_remembered_and_memory_is_bounded() {
        let mut images = Images::default();
        for image in 1..=3 * MOST as u64 {
            assert!(images.insert(image));
        }
        let last = 3 * MOST as u64;
        assert!(!images.insert(last) && !images.insert(last - MOST as u64 + 1));
        assert!(images.young.len() + images.old.len() <= 2 * MOST);
    }
}
