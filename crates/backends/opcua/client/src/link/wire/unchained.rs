//! The bytes of a server with one certificate where it has sent several.
//!
//! Promises: only the message that opens a secure channel is looked at; it is changed only after its signature was verified
//! with the certificate that was checked, and then it says exactly what was signed. Whatever else comes, broken or not,
//! passes as it is, and is refused by the library. No message is gathered that is longer than any of this kind.

use super::is_first;
use opcua::core::comms::message_chunk::MESSAGE_CHUNK_HEADER_SIZE;
use opcua::core::comms::security_header::AsymmetricSecurityHeader;
use opcua::crypto::{KeySize, PrivateKey, SecurityPolicy, X509};
use opcua::types::{ByteString, DecodingOptions, SimpleBinaryDecodable, SimpleBinaryEncodable};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

/// What the message that opens a secure channel begins with.
const OPENS: &[u8] = b"OPN";
/// Type and length of a message.
const HEAD: usize = 8;
/// No such message is longer: certificates and a few numbers.
const LONGEST: usize = 1 << 17;

/// Who speaks with whom on a channel, and how.
pub(super) struct Pair {
    pub(super) policy: SecurityPolicy,
    /// The server's certificate, which was checked.
    pub(super) server: X509,
    pub(super) own: X509,
}

/// What is known of the channel at this moment.
pub(super) type Look = Box<dyn Fn() -> Option<Pair> + Send + Sync>;

/// See the module.
pub(super) struct Unchained<R> {
    from: R,
    pair: Look,
    key: Option<Arc<PrivateKey>>,
    /// The beginning of a message, or all of one that opens a channel.
    gathered: Vec<u8>,
    /// How much of `gathered` is ready to be taken, and how much of that was.
    ready: usize,
    taken: usize,
    /// So many bytes of the message follow that are not looked at.
    passing: usize,
}

impl<R> Unchained<R> {
    pub(super) fn new(from: R, pair: Look, key: Option<Arc<PrivateKey>>) -> Unchained<R> {
        Unchained { from, pair, key, gathered: Vec::new(), ready: 0, taken: 0, passing: 0 }
    }

    /// So many bytes more have to be there before it is known what to do; 0: it is known.
    fn missing(&mut self) -> usize {
        let Some(length) = self.gathered.get(4..HEAD).and_then(|length| <[u8; 4]>::try_from(length).ok()) else {
            return HEAD - self.gathered.len();
        };
        let length = u32::from_le_bytes(length) as usize;
        if self.key.is_some() && self.gathered.starts_with(OPENS) && length <= LONGEST {
            if self.gathered.len() < length {
                return length - self.gathered.len();
            }
            if let Some(plain) = self.plain() {
                self.gathered = plain;
            }
        } else {
            self.passing = length.saturating_sub(HEAD);
        }
        self.ready = self.gathered.len();
        0
    }

    /// The message without the certificates of issuers: what the server has signed, in the form of one without a signature.
    /// `None`: it has none of them, or it is not what it should be.
    fn plain(&self) -> Option<Vec<u8>> {
        let mut rest = self.gathered.get(MESSAGE_CHUNK_HEADER_SIZE..)?;
        let header = AsymmetricSecurityHeader::decode(&mut rest, &DecodingOptions::default()).ok()?;
        let head = self.gathered.len() - rest.len();
        let pair = (self.pair)()?;
        let server = pair.server.as_byte_string();
        let is_ours = SecurityPolicy::from_uri(header.security_policy_uri.as_ref()) == pair.policy
            && pair.policy != SecurityPolicy::None
            && header.receiver_certificate_thumbprint == pair.own.thumbprint().as_byte_string();
        let is_chain =
            header.sender_certificate != server && is_first(header.sender_certificate.as_ref(), server.as_ref());
        if !is_ours || !is_chain {
            return None;
        }
        let said = self.verified(head, &pair)?;
        let none = AsymmetricSecurityHeader {
            security_policy_uri: SecurityPolicy::None.to_uri().into(),
            sender_certificate: ByteString::null(),
            receiver_certificate_thumbprint: ByteString::null(),
        };
        let mut plain = self.gathered.get(..MESSAGE_CHUNK_HEADER_SIZE)?.to_vec();
        none.encode(&mut plain).ok()?;
        plain.extend_from_slice(&said);
        let length = u32::try_from(plain.len()).ok()?;
        plain.get_mut(4..HEAD)?.copy_from_slice(&length.to_le_bytes());
        Some(plain)
    }

    /// What stands behind the header, decrypted, without padding and signature.
    fn verified(&self, head: usize, pair: &Pair) -> Option<Vec<u8>> {
        let Pair { policy, server, own } = pair;
        let encrypted = self.gathered.get(head..)?;
        let mut decrypted = vec![0; encrypted.len()];
        let length = policy.asymmetric_decrypt(self.key.as_deref()?, encrypted, &mut decrypted).ok()?;
        decrypted.truncate(length);
        let key = server.public_key().ok()?;
        let signature = decrypted.split_off(decrypted.len().checked_sub(key.size())?);
        let signed = [self.gathered.get(..head)?, decrypted.as_slice()].concat();
        policy.asymmetric_verify_signature(&key, &signed, &signature).ok()?;
        // The padding is counted by its last byte, or the last two where our key is longer than 2048 bits.
        let (last, own) = (*decrypted.last()? as usize, own.public_key().ok()?.size());
        let padding = match own > 256 {
            true => (last << 8) + *decrypted.get(decrypted.len().checked_sub(2)?)? as usize + 2,
            false => last + 1,
        };
        decrypted.truncate(decrypted.len().checked_sub(padding)?);
        Some(decrypted)
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Unchained<R> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if this.taken < this.ready {
                let part = this.gathered.get(this.taken..this.ready).unwrap_or_default();
                let part = part.get(..into.remaining()).unwrap_or(part);
                into.put_slice(part);
                this.taken += part.len();
                if this.taken == this.ready {
                    this.gathered.clear();
                    (this.ready, this.taken) = (0, 0);
                }
                return Poll::Ready(Ok(()));
            }
            let wanted = if this.passing > 0 { this.passing.min(into.remaining()) } else { this.missing() };
            if wanted == 0 && this.ready == 0 {
                return Poll::Ready(Ok(()));
            }
            if wanted == 0 {
                continue;
            }
            let there = ready!(Pin::new(&mut this.from).poll_fill_buf(context))?;
            let part = there.get(..wanted).unwrap_or(there);
            let length = part.len();
            if this.passing > 0 {
                into.put_slice(part);
                this.passing -= length;
            } else {
                this.gathered.extend_from_slice(part);
            }
            let is_end = length == 0;
            Pin::new(&mut this.from).consume(length);
            if is_end {
                // What was gathered of a message that does not end is no message.
                return Poll::Ready(Ok(()));
            }
            if this.passing > 0 || this.gathered.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

#[cfg(test)]
mod tests;
