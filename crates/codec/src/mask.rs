//! Taking off the mask that clients put on their frames (RFC 6455 section 5.3).

/// Unmasks `data` in place; `offset` is how many bytes of the frame came before.
pub(crate) fn unmask(data: &mut [u8], key: [u8; 4], offset: usize) {
    let key: [u8; 4] = std::array::from_fn(|i| key[(offset + i) & 3]);
    let wide = u64::from_ne_bytes([key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3]]);
    let (words, tail) = data.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_the_definition_in_any_pieces(data: Vec<u8>, key: [u8; 4], cut: proptest::sample::Index) {
            let expected: Vec<u8> = data.iter().enumerate().map(|(i, byte)| byte ^ key[i & 3]).collect();
            let mut pieces = data.clone();
            let cut = if data.is_empty() { 0 } else { cut.index(data.len()) };
            let (head, tail) = pieces.split_at_mut(cut);
            unmask(head, key, 0);
            unmask(tail, key, cut);
            prop_assert_eq!(pieces, expected);
        }
    }
}
