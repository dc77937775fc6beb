//! What a share of the measured values does not exceed.
//!
//! Promises: it is a value that occurred. Called by whatever measures times, here and in the attacks.

/// The value that `share` of the sorted values do not exceed (nearest rank).
pub fn percentile(sorted: &[u32], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).map(|v| f64::from(*v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let sorted: Vec<u32> = (1..=1000).collect();
        assert_eq!(percentile(&sorted, 0.5), Some(500.0));
        assert_eq!(percentile(&sorted, 0.99), Some(990.0));
        assert_eq!(percentile(&sorted, 0.999), Some(999.0));
        assert_eq!(percentile(&[7], 0.999), Some(7.0));
        assert_eq!(percentile(&[7], 0.0), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
