//! Access tokens: short-lived, signed with Ed25519, naming an account and its session and nothing else.
//!
//! Roles and co-ops are never in a token: they are read at each request, so that a change is in force at once. Source: RFC 9068
//! for the type and the claims.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use governance::id::{AccountId, SessionId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::secrets::{AccessKey, Secrets};

/// How long a token lasts, in seconds.
pub const LIFE_SECONDS: u64 = 600;
/// How far clocks may differ, in seconds.
const LEEWAY_SECONDS: u64 = 5;
/// What the tokens are for.
const AUDIENCE: &str = "rochdale-api";
const TYPE: &str = "at+jwt";
/// The longest token looked at; ours have about 400 bytes.
const LENGTH_MAX: usize = 2_048;

/// Everything a token says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: AccountId,
    sid: SessionId,
    jti: String,
    iat: u64,
    exp: u64,
}

/// Whom a valid token names. Whether the session still lives is asked of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The account.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
}

/// The token is not one of ours, or its time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access token is not valid")]
pub struct TokenRefusal;

struct Verifier {
    name: String,
    key: DecodingKey,
    public: [u8; 32],
    /// The first part of every token that this key signed here.
    header: String,
    /// The key once more, to sign what a token says.
    pair: Ed25519KeyPair,
}

/// Makes and checks access tokens.
pub struct Tokens {
    signing_name: String,
    signing: EncodingKey,
    verifiers: Vec<Verifier>,
    validation: Validation,
    issuer: String,
}

/// One public key, as RFC 8037 writes it.
#[derive(Debug, Clone, Serialize)]
pub struct Jwk {
    kty: &'static str,
    crv: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
    x: String,
}

impl Tokens {
    /// Tokens of the issuer at `public_url`. The last key signs; all verify, so that a new key signs nobody out.
    ///
    /// # Errors
    /// If there is no key.
    pub fn new(secrets: &Secrets, public_url: &str) -> anyhow::Result<Self> {
        let newest = secrets
            .access_keys
            .last()
            .ok_or_else(|| anyhow::anyhow!("there is no key for access tokens"))?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = LEEWAY_SECONDS;
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[public_url]);
        // The library accepts a token that lacks a claim unless the claim is named here.
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.validate_nbf = true;
        Ok(Self {
            signing_name: newest.name.clone(),
            signing: EncodingKey::from_ed_der(&pkcs8(newest)),
            verifiers: secrets.access_keys.iter().map(verifier).collect::<Result<_, _>>()?,
            validation,
            issuer: public_url.to_owned(),
        })
    }

    /// A token for a session, valid from `now` (seconds since 1970); `unique` makes its `jti`.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn issue(&self, named: Named, now: u64, unique: uuid::Uuid) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: named.account,
            sid: named.session,
            jti: unique.to_string(),
            iat: now,
            exp: now.saturating_add(LIFE_SECONDS),
        };
        jsonwebtoken::encode(&header(&self.signing_name), &claims, &self.signing)
    }

    /// Whom the token names.
    ///
    /// # Errors
    /// [`TokenRefusal`], whatever is wrong with it: whoever forged it learns nothing.
    pub fn verify(&self, token: &str) -> Result<Named, TokenRefusal> {
        if token.len() > LENGTH_MAX {
            return Err(TokenRefusal);
        }
        if let Some(named) = self.own(token) {
            return Ok(named);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenRefusal)?;
        if header.typ.as_deref() != Some(TYPE) || header.alg != Algorithm::EdDSA {
            return Err(TokenRefusal);
        }
        let kid = header.kid.ok_or(TokenRefusal)?;
        let verifier = self
            .verifiers
            .iter()
            .find(|known| known.name == kid)
            .ok_or(TokenRefusal)?;
        let data = jsonwebtoken::decode::<Claims>(token, &verifier.key, &self.validation).map_err(|_| TokenRefusal)?;
        Ok(Named {
            account: data.claims.sub,
            session: data.claims.sid,
        })
    }

    /// Whom a token names that was made here and is in time. The keys are ours and Ed25519 signs the same text in one way only, so
    /// signing what the token says tells whether we made it, in a third of the time that the public key needs. Of every other
    /// token, `None`, this says nothing.
    fn own(&self, token: &str) -> Option<Named> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let verifier = self.verifiers.iter().find(|known| known.header == header)?;
        let given = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // Compared in constant time: how many bytes are right would lead a forger to the true signature.
        if !bool::from(verifier.pair.sign(signed.as_bytes()).as_ref().ct_eq(&given)) {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        let is_ours = claims.iss == self.issuer && claims.aud == AUDIENCE;
        let earliest = jsonwebtoken::get_current_timestamp().saturating_sub(LEEWAY_SECONDS);
        (is_ours && claims.exp >= earliest).then_some(Named {
            account: claims.sub,
            session: claims.sid,
        })
    }

    /// The public keys, for the key set (RFC 7517).
    #[must_use]
    pub fn key_set(&self) -> Vec<Jwk> {
        self.verifiers
            .iter()
            .map(|verifier| Jwk {
                kty: "OKP",
                crv: "Ed25519",
                usage: "sig",
                alg: "EdDSA",
                kid: verifier.name.clone(),
                x: URL_SAFE_NO_PAD.encode(verifier.public),
            })
            .collect()
    }
}

fn header(key_name: &str) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key_name.to_owned());
    header
}

fn verifier(key: &AccessKey) -> anyhow::Result<Verifier> {
    let public = key.key.verifying_key().to_bytes();
    Ok(Verifier {
        name: key.name.clone(),
        key: DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(public))?,
        public,
        header: URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header(&key.name))?),
        pair: Ed25519KeyPair::from_seed_and_public_key(key.key.as_bytes(), &public)
            .map_err(|_| anyhow::anyhow!("an access key is not an Ed25519 seed"))?,
    })
}

/// The key as PKCS #8 (RFC 8410): a fixed beginning, then the seed.
fn pkcs8(key: &AccessKey) -> Vec<u8> {
    const PREFIX: [u8; 16] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ];
    let mut der = PREFIX.to_vec();
    der.extend_from_slice(key.key.as_bytes());
    der
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    const URL: &str = "https://coop.example";

    fn tokens() -> Tokens {
        let folder = std::env::temp_dir().join(format!("rochdale-tokens-{}", Uuid::now_v7()));
        crate::secrets::make(&folder).unwrap();
        let secrets = Secrets::load(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        Tokens::new(&secrets, URL).unwrap()
    }

    fn named() -> Named {
        Named {
            account: AccountId::from_uuid(Uuid::now_v7()),
            session: SessionId::from_uuid(Uuid::now_v7()),
        }
    }

    /// What the library alone says: a token with a header that is not written as ours takes that way.
    fn by_the_library(tokens: &Tokens, token: &str) -> Option<Named> {
        let data = jsonwebtoken::decode::<Claims>(token, &tokens.verifiers[0].key, &tokens.validation).ok()?;
        Some(Named {
            account: data.claims.sub,
            session: data.claims.sid,
        })
    }

    fn check(tokens: &Tokens, token: &str, wanted: Option<Named>, what: &str) {
        assert_eq!(tokens.own(token), wanted, "signed again: {what}");
        assert_eq!(tokens.verify(token).ok(), wanted, "{what}");
        assert_eq!(by_the_library(tokens, token), wanted, "the library: {what}");
    }

    #[test]
    fn a_token_is_known_by_signing_it_again() {
        let (tokens, named) = (tokens(), named());
        let now = jsonwebtoken::get_current_timestamp();
        let token = tokens.issue(named, now, Uuid::now_v7()).unwrap();
        check(&tokens, &token, Some(named), "as it was made");
        let aged = |seconds: u64| {
            tokens
                .issue(named, now - LIFE_SECONDS - seconds, Uuid::now_v7())
                .unwrap()
        };
        check(&tokens, &aged(LEEWAY_SECONDS - 2), Some(named), "within the leeway");
        check(&tokens, &aged(LEEWAY_SECONDS + 2), None, "past the leeway");
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            check(&tokens, &changed, None, &format!("another character at {place}"));
        }
        for changed in [
            &token[..token.len() - 1],
            &format!("{token}A"),
            &format!("{token}."),
            &format!("{token}="),
        ] {
            check(&tokens, changed, None, changed);
        }
    }

    #[test]
    fn what_the_true_key_signs_under_our_header_must_still_say_what_ours_say() {
        let (folder, person) = (
            std::env::temp_dir().join(format!("rochdale-tokens-{}", Uuid::now_v7())),
            named(),
        );
        crate::secrets::make(&folder).unwrap();
        let secrets = Secrets::load(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let tokens = Tokens::new(&secrets, URL).unwrap();
        let key: &SigningKey = &secrets.access_keys[0].key;
        let now = jsonwebtoken::get_current_timestamp();
        let claims = json!({"iss": URL, "aud": AUDIENCE, "sub": person.account, "sid": person.session, "jti": "1", "iat": now,
            "exp": now + 600});
        let token = |claims: &Value| {
            let signed = format!(
                "{}.{}",
                tokens.verifiers[0].header,
                URL_SAFE_NO_PAD.encode(claims.to_string())
            );
            let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes());
            format!("{signed}.{signature}")
        };
        check(&tokens, &token(&claims), Some(person), "unchanged");
        for (name, value) in [
            ("iss", json!("https://other.example")),
            ("iss", json!([URL])),
            ("aud", json!("another-api")),
            ("sub", json!("x")),
            ("exp", json!(now - 60)),
            ("exp", json!("9999999999")),
            ("exp", json!(-1)),
            ("nbf", json!(now + 600)),
            ("role", json!("steward")),
            ("sid", Value::Null),
            ("exp", Value::Null),
        ] {
            let mut changed = claims.clone();
            if value.is_null() {
                changed.as_object_mut().unwrap().remove(name);
            } else {
                changed[name] = value.clone();
            }
            check(&tokens, &token(&changed), None, &format!("{name} {value}"));
        }
    }
}
