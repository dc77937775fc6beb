//! What a program prints: kept up to a bound, read on beyond it so that the program can go on, and given up on when it
//! does not end.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::Notify;

/// What is read beyond the bound before a program counts as flooding.
pub(crate) const FLOOD: u64 = 16 << 20;

/// What was read of one stream.
#[derive(Debug, Default)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    /// Bytes beyond the bound.
    pub(crate) dropped: u64,
}

/// An output that is still being read.
pub(crate) type Reading = Arc<Mutex<Output>>;

/// Reads until the end, or until it is a flood, which `flood` is told.
pub(crate) async fn read(mut stream: impl AsyncRead + Unpin, reading: Reading, most: usize, flood: Arc<Notify>) {
    let mut buffer = vec![0; 16 * 1024];
    // An error is an end as well.
    while let Ok(count) = stream.read(&mut buffer).await {
        let mut output = reading.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = count.min(most - output.bytes.len());
        output.bytes.extend_from_slice(&buffer[..kept]);
        output.dropped += (count - kept) as u64;
        if count == 0 || output.dropped > FLOOD {
            if count > 0 {
                flood.notify_one();
            }
            return;
        }
    }
}

impl Output {
    /// What was read so far.
    pub(crate) fn taken(reading: &Reading) -> Output {
        std::mem::take(&mut *reading.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// As a text, without the line ends behind it and without half a character where the bound cut it.
    pub(crate) fn text(mut self) -> String {
        if self.dropped > 0
            && let Err(error) = std::str::from_utf8(&self.bytes)
            && error.error_len().is_none()
        {
            self.bytes.truncate(error.valid_up_to());
        }
        let text = String::from_utf8_lossy(&self.bytes);
        text.trim_end_matches(['\n', '\r']).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(bytes: &[u8], most: usize) -> (Output, bool) {
        let (reading, flood) = (Reading::default(), Arc::new(Notify::new()));
        read(bytes, reading.clone(), most, flood.clone()).await;
        let is_flood = tokio::time::timeout(std::time::Duration::ZERO, flood.notified()).await.is_ok();
        (Output::taken(&reading), is_flood)
    }

    #[tokio::test]
    async fn the_bound_is_kept_and_what_is_dropped_is_counted() {
        for (bytes, most, text, dropped) in [
            (&b"ok\r\n\n"[..], 100, "ok", 0),
            (b"", 100, "", 0),
            (b"\n", 100, "", 0),
            (b" a\nb ", 5, " a\nb ", 0),
            ("aü".as_bytes(), 2, "a", 1),
            (b"a\xff\n", 100, "a\u{fffd}", 0),
            (b"abc", 0, "", 3),
        ] {
            let (output, is_flood) = of(bytes, most).await;
            assert_eq!((output.dropped, is_flood), (dropped, false));
            assert_eq!(output.text(), text);
        }
    }

    #[tokio::test]
    async fn a_flood_is_told_and_not_read_to_its_end() {
        let bytes = vec![b'y'; usize::try_from(FLOOD).unwrap() * 2];
        let (output, is_flood) = of(&bytes, 10).await;
        assert!(is_flood && output.dropped > FLOOD && output.dropped < FLOOD + 100_000);
        assert_eq!(output.text(), "y".repeat(10));
    }
}
