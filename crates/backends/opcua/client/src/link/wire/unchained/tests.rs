//! Tests of what is taken off a message that opens a channel, and of what passes as it is.

use super::*;
use opcua::crypto::X509Data;
use tokio::io::AsyncReadExt;

fn identity(bits: u32, name: &str) -> (X509, PrivateKey) {
    X509::cert_and_pkey(&X509Data { key_size: bits, common_name: name.to_owned(), ..X509Data::sample_cert() }).unwrap()
}

/// A message that opens a channel, as a server writes it: these certificates, this text.
fn opening(pair: &Pair, key: &PrivateKey, certificates: &[&X509], text: &[u8]) -> Vec<u8> {
    let sender: Vec<u8> = certificates.iter().flat_map(|one| one.to_der().unwrap()).collect();
    let header = AsymmetricSecurityHeader {
        security_policy_uri: pair.policy.to_uri().into(),
        sender_certificate: sender.into(),
        receiver_certificate_thumbprint: pair.own.thumbprint().as_byte_string(),
    };
    let mut message = b"OPNF\0\0\0\0\x07\0\0\0".to_vec();
    header.encode(&mut message).unwrap();
    let (head, own) = (message.len(), pair.own.public_key().unwrap());
    let padding = pair.policy.asymmetric_padding_info(&own);
    let (least, block, signature) = (padding.minimum_padding, padding.block_size, key.size());
    let fill = (block - (text.len() + signature + least) % block) % block;
    message.extend_from_slice(text);
    message.extend(std::iter::repeat_n((fill & 0xff) as u8, fill + 1));
    message.extend(std::iter::repeat_n((fill >> 8) as u8, least - 1));
    let plain = message.len() - head + signature;
    let length = head + pair.policy.calculate_cipher_text_size(plain, &own);
    message[4..8].copy_from_slice(&(length as u32).to_le_bytes());
    let mut signed = vec![0; signature];
    pair.policy.asymmetric_sign(key, &message, &mut signed).unwrap();
    message.extend_from_slice(&signed);
    let mut encrypted = vec![0; length - head];
    pair.policy.asymmetric_encrypt(&own, &message[head..], &mut encrypted).unwrap();
    message.truncate(head);
    message.extend_from_slice(&encrypted);
    message
}

/// What is left of these bytes, which come in pieces of this size.
async fn left(
    pair: impl Fn() -> Pair + Send + Sync + 'static,
    key: &PrivateKey,
    bytes: &[u8],
    piece: usize,
) -> Vec<u8> {
    let from = tokio::io::BufReader::with_capacity(piece, bytes);
    let mut unchained = Unchained::new(from, Box::new(move || Some(pair())), Some(Arc::new(key.clone())));
    let mut left = Vec::new();
    unchained.read_to_end(&mut left).await.unwrap();
    left
}

#[tokio::test]
async fn a_chain_is_taken_off_and_what_was_signed_stays() {
    for (policy, bits) in [
        (SecurityPolicy::Basic256Sha256, 2048),
        (SecurityPolicy::Aes256Sha256RsaPss, 2048),
        (SecurityPolicy::Aes128Sha256RsaOaep, 3072),
    ] {
        let ((server, key), (own, own_key), (issuer, _)) =
            (identity(2048, "server"), identity(bits, "own"), identity(2048, "issuer"));
        let look = {
            let (server, own) = (server.clone(), own.clone());
            move || Pair { policy, server: server.clone(), own: own.clone() }
        };
        let whole = opening(&look(), &key, &[&server, &issuer], b"sequence and body");
        let around = [b"ACKF\x0a\0\0\0..".as_slice(), &whole, b"MSGF\x0b\0\0\0..."].concat();
        for piece in [1, 7, 100_000] {
            let left = left(look.clone(), &own_key, &around, piece).await;
            assert!(left.starts_with(b"ACKF\x0a\0\0\0..OPNF") && left.ends_with(b"MSGF\x0b\0\0\0..."));
            let plain = &left[10..left.len() - 11];
            assert_eq!(u32::from_le_bytes(plain[4..8].try_into().unwrap()) as usize, plain.len());
            assert_eq!(plain[8..12], [7, 0, 0, 0]);
            assert!(plain.ends_with(b"\xff\xff\xff\xffsequence and body"), "{policy} {bits}");
        }
        let alone = opening(&look(), &key, &[&server], b"x");
        assert_eq!(left(look.clone(), &own_key, &alone, 64).await, alone, "one certificate is the library's affair");
    }
}

#[tokio::test]
async fn what_is_not_signed_by_the_server_passes_as_it_is() {
    let ((server, key), (own, own_key), (other, other_key)) =
        (identity(2048, "server"), identity(2048, "own"), identity(2048, "other"));
    let policy = SecurityPolicy::Basic256Sha256;
    let look = {
        let (server, own) = (server.clone(), own.clone());
        move || Pair { policy, server: server.clone(), own: own.clone() }
    };
    let pair = look();
    let stranger = opening(&pair, &other_key, &[&server, &other], b"x");
    let foreign = opening(&pair, &other_key, &[&other, &server], b"x");
    let elsewhere = Pair { own: other.clone(), ..look() };
    let for_another = opening(&elsewhere, &key, &[&server, &other], b"x");
    let mut broken = opening(&pair, &key, &[&server, &other], b"x");
    let at = broken.len() / 2;
    broken[at] ^= 1;
    let mut endless = stranger.clone();
    endless[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    for bytes in [stranger, foreign, for_another, broken, endless] {
        assert_eq!(left(look.clone(), &own_key, &bytes, 64).await, bytes);
    }
    let whole = opening(&pair, &key, &[&server, &other], b"x");
    assert!(left(look, &own_key, &whole[..whole.len() - 1], 64).await.is_empty(), "half a message is none");
}
