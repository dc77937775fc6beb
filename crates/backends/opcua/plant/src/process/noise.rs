//! Chance that can be repeated: small errors of instruments, whims of who works in the plant.
//!
//! Promises: the same seed gives the same numbers. Used by the plant alone; nothing secret hangs on it.

/// A source of numbers (the mixing function known as SplitMix64).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Noise(u64);

impl Noise {
    /// Numbers that follow from this seed.
    pub(super) fn new(seed: u64) -> Noise {
        Noise(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly between two numbers.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// An instrument's error: mostly small, never more than `most` either way.
    pub(super) fn error(&mut self, most: f64) -> f64 {
        (self.between(-most, most) + self.between(-most, most) + self.between(-most, most)) / 3.0
    }

    /// One of these.
    pub(super) fn pick(&mut self, from: &[f64]) -> Option<f64> {
        let at = (self.between(0.0, from.len() as f64)) as usize;
        from.get(at).copied()
    }
}
