//! Access tokens: short-lived, signed with Ed25519, naming an account and its session and nothing else.
//!
//! Roles and co-ops are never in a token: they are read at each request, so that a change is in force at once. Source: RFC 9068
//! for the type and the claims.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use governance::id::{AccountId, SessionId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

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
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.signing_name.clone());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: named.account,
            sid: named.session,
            jti: unique.to_string(),
            iat: now,
            exp: now.saturating_add(LIFE_SECONDS),
        };
        jsonwebtoken::encode(&header, &claims, &self.signing)
    }

    /// Whom the token names.
    ///
    /// # Errors
    /// [`TokenRefusal`], whatever is wrong with it: whoever forged it learns nothing.
    pub fn verify(&self, token: &str) -> Result<Named, TokenRefusal> {
        if token.len() > LENGTH_MAX {
            return Err(TokenRefusal);
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

fn verifier(key: &AccessKey) -> Result<Verifier, jsonwebtoken::errors::Error> {
    let public = key.key.verifying_key().to_bytes();
    Ok(Verifier {
        name: key.name.clone(),
        key: DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(public))?,
        public,
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
