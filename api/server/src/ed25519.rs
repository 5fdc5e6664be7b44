//! A quick look at a member's Ed25519 signature. What it accepts, [`governance::signature::verify`] accepts too; of everything else it
//! says nothing and that function decides. The rules of signatures stay there, where server and auditor share them.
//!
//! Both check `[S]B - [k]A = R` without the cofactor and `S` below the order of the group, but differ at the edges: that function
//! demands strictly that neither point is of small order, and each library reads an encoding beyond the field in its own way. So
//! nothing at these edges is accepted here.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

/// The y of the points of small order, little-endian: those of order 1, 2 and 4, then the two of order 8 (each with two x).
const SMALL_ORDER: [[u8; 32]; 5] = [
    first_and_rest(1, 0, 0),
    first_and_rest(0xec, 0xff, 0x7f),
    first_and_rest(0, 0, 0),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

const fn first_and_rest(first: u8, rest: u8, last: u8) -> [u8; 32] {
    let mut bytes = [rest; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Whether `key` surely made `signature` over `message`. `false` says nothing: ask [`governance::signature`].
#[must_use]
pub fn surely_made(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    signature.len() == 64
        && signature.first_chunk().is_some_and(is_ordinary)
        && key.try_into().is_ok_and(is_ordinary)
        && UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
}

/// Whether this is the one encoding of a y below p = 2^255 - 19, and no point of small order has that y.
fn is_ordinary(encoding: &[u8; 32]) -> bool {
    let mut y = *encoding;
    y[31] &= 0x7f;
    let is_beyond_the_field = y[0] >= 0xed && y[31] == 0x7f && y[1..31].iter().all(|byte| *byte == 0xff);
    !is_beyond_the_field && !SMALL_ORDER.contains(&y)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    use curve25519_dalek::edwards::EdwardsPoint;
    use curve25519_dalek::scalar::Scalar;
    use governance::hash::{Hash32, keccak256};
    use governance::signature::{PublicKey, SignatureKind, verify};
    use sha2::{Digest as _, Sha512};

    use super::*;

    /// p, little-endian.
    const P: [u8; 32] = first_and_rest(0xed, 0xff, 0x7f);
    /// The order of the group, little-endian.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    fn decided(key: &[u8], digest: Hash32, signature: &[u8]) -> bool {
        PublicKey::parse(SignatureKind::Ed25519, key).is_ok_and(|key| verify(&key, digest, signature).is_ok())
    }

    fn add(number: [u8; 32], more: &[u8; 32]) -> [u8; 32] {
        let (mut sum, mut carry) = (number, 0_u16);
        for (byte, more) in sum.iter_mut().zip(more) {
            carry += u16::from(*byte) + u16::from(*more);
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        sum
    }

    /// Every way in which this point may be written: with y as it is, y + p where that has 255 bits, and the sign of an x that is 0.
    fn encodings(point: &EdwardsPoint) -> Vec<[u8; 32]> {
        let canonical = point.compress().to_bytes();
        let sign = canonical[31] & 0x80;
        let mut y = canonical;
        y[31] &= 0x7f;
        let mut all = vec![canonical];
        let beyond = add(y, &P);
        if beyond[31] & 0x80 == 0 {
            all.push(with_sign(beyond, sign));
        }
        if y == SMALL_ORDER[0] || y == SMALL_ORDER[1] {
            let other: Vec<[u8; 32]> = all.iter().map(|encoding| with_sign(*encoding, 0x80)).collect();
            all.extend(other);
        }
        all
    }

    fn with_sign(mut encoding: [u8; 32], sign: u8) -> [u8; 32] {
        encoding[31] |= sign;
        encoding
    }

    /// The signature that holds up to a point of small order, for a key `secret B + T` and an `R` of `nonce B + U`.
    fn signature(key: &[u8; 32], secret: &Scalar, r: &[u8; 32], nonce: &Scalar, digest: Hash32) -> [u8; 64] {
        let k: [u8; 64] = Sha512::new()
            .chain_update(r)
            .chain_update(key)
            .chain_update(digest.as_bytes())
            .finalize()
            .into();
        let s = nonce + Scalar::from_bytes_mod_order_wide(&k) * secret;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(r);
        signature[32..].copy_from_slice(s.as_bytes());
        signature
    }

    fn check(key: &[u8], digest: Hash32, signature: &[u8], seen: &mut Seen) {
        let (quick, strict) = (
            surely_made(key, digest.as_bytes(), signature),
            decided(key, digest, signature),
        );
        assert!(
            strict || !quick,
            "accepted, and refused by the rules: {key:02x?} {digest} {signature:02x?}"
        );
        seen.quick += usize::from(quick);
        seen.strict += usize::from(strict);
        seen.all += 1;
    }

    #[derive(Default)]
    struct Seen {
        quick: usize,
        strict: usize,
        all: usize,
    }

    #[test]
    fn no_signature_at_the_edges_is_accepted_that_the_rules_refuse() {
        // Points of every order: small alone (the scalar is 0), or of large order with and without a part of small order.
        let (mut seen, mut unlike) = (Seen::default(), 0);
        for (secret, nonce) in
            [(0, 0), (0, 5), (7, 0), (7, 5)].map(|(a, b)| (Scalar::from(a as u64), Scalar::from(b as u64)))
        {
            for (of_key, of_r) in EIGHT_TORSION
                .iter()
                .flat_map(|a| EIGHT_TORSION.iter().map(move |b| (a, b)))
            {
                let keys = encodings(&(ED25519_BASEPOINT_POINT * secret + of_key));
                let rs = encodings(&(ED25519_BASEPOINT_POINT * nonce + of_r));
                for (key, r) in keys.iter().flat_map(|key| rs.iter().map(move |r| (key, r))) {
                    // Whether the parts of small order cancel out depends on the digest.
                    for number in 0..8_u8 {
                        let digest = keccak256(&[number]);
                        let whole = signature(key, &secret, r, &nonce, digest);
                        check(key, digest, &whole, &mut seen);
                        let mut beyond = whole;
                        let s: [u8; 32] = whole[32..].try_into().unwrap();
                        beyond[32..].copy_from_slice(&add(s, &ORDER));
                        assert!(!decided(key, digest, &beyond), "S beyond the order");
                        check(key, digest, &beyond, &mut seen);
                        let bare = UnparsedPublicKey::new(&ED25519, key)
                            .verify(digest.as_bytes(), &whole)
                            .is_ok();
                        unlike += usize::from(bare && !decided(key, digest, &whole));
                    }
                }
            }
        }
        assert!(
            unlike > 0,
            "the bare library accepts what the rules refuse, so these cases try something"
        );
        assert!(
            seen.quick > 0 && seen.quick == seen.strict,
            "{} of {}, rules {}",
            seen.quick,
            seen.all,
            seen.strict
        );
    }

    #[test]
    fn ordinary_signatures_are_accepted_and_altered_ones_are_not() {
        for number in 0..16_u8 {
            let secret = ed25519_dalek::SigningKey::from_bytes(&[number; 32]);
            let (key, digest) = (secret.verifying_key().to_bytes(), keccak256(&[number]));
            let made = ed25519_dalek::Signer::sign(&secret, digest.as_bytes()).to_bytes();
            assert!(surely_made(&key, digest.as_bytes(), &made));
            for place in 0..64 {
                let mut altered = made;
                altered[place] ^= 1 << (number % 8);
                assert!(!surely_made(&key, digest.as_bytes(), &altered));
                assert!(!surely_made(&key, keccak256(&made).as_bytes(), &made));
            }
            assert!(!surely_made(&key[1..], digest.as_bytes(), &made));
            assert!(!surely_made(&key, digest.as_bytes(), &made[1..]));
            assert!(!surely_made(&key, digest.as_bytes(), &[&made[..], &[0]].concat()));
        }
    }

    #[test]
    fn the_points_of_small_order_are_known() {
        for point in &EIGHT_TORSION {
            for encoding in encodings(point) {
                assert!(!is_ordinary(&encoding), "{encoding:02x?}");
            }
        }
        for first in 0xed..=0xff_u8 {
            for sign in [0, 0x80] {
                assert!(
                    !is_ordinary(&with_sign(first_and_rest(first, 0xff, 0x7f), sign)),
                    "{first:x}"
                );
            }
        }
        assert!(is_ordinary(&first_and_rest(0xeb, 0xff, 0x7f)));
    }

    /// Written so, it is seen although the test harness keeps what passing tests print.
    fn not_run(path: &std::path::Path) {
        let line = format!(
            "NOT RUN: wycheproof, {} is missing; name its folder in ROCHDALE_DATA\n",
            path.display()
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
            let file = std::fs::File::options().create(true).append(true).open(path);
            file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
        }
    }

    /// Vectors of others, where the shared data lies beside the workspace or `ROCHDALE_DATA` names its folder.
    #[test]
    fn the_vectors_of_wycheproof_are_answered_as_the_rules_answer_them() {
        let folder = std::env::var_os("ROCHDALE_DATA").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
            std::path::PathBuf::from,
        );
        let path = folder.join("crypto/wycheproof/ed25519_test.json");
        let Ok(text) = std::fs::read(&path) else {
            return not_run(&path);
        };
        let file: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let bytes = |value: &serde_json::Value| hex::decode(value.as_str().unwrap()).unwrap();
        let (mut valid, mut invalid) = (0, 0);
        for group in file["testGroups"].as_array().unwrap() {
            let key = bytes(&group["publicKey"]["pk"]);
            let strict = ed25519_dalek::VerifyingKey::from_bytes(&key[..].try_into().unwrap()).unwrap();
            for test in group["tests"].as_array().unwrap() {
                let (message, signature) = (bytes(&test["msg"]), bytes(&test["sig"]));
                let strict = signature[..].try_into().is_ok_and(|signature| {
                    strict
                        .verify_strict(&message, &ed25519_dalek::Signature::from_bytes(signature))
                        .is_ok()
                });
                assert_eq!(surely_made(&key, &message, &signature), strict, "{}", test["tcId"]);
                assert_eq!(test["result"] == "valid", strict, "{}", test["tcId"]);
                if strict { valid += 1 } else { invalid += 1 }
            }
        }
        assert!(valid > 80 && invalid > 60, "{valid} valid, {invalid} invalid");
    }
}
