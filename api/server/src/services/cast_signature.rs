//! The signature of a ballot that is being cast: the voter's own, or the server's for whoever is signed in.

use governance::hash::{Hash32, from_hex};
use governance::signature::{PublicKey, SignatureKind, verify};
use wire::ballot::BallotSignature;
use wire::problem::ProblemKind;

use crate::config::Config;
use crate::ed25519::surely_made;
use crate::problem::Problem;
use crate::secrets::Secrets;
use crate::services::passkeys;

/// A signature that can be stored with its ballot.
pub struct Signed {
    /// Who signed.
    pub kind: SignatureKind,
    /// The key.
    pub public_key: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// A signature as it was sent; whether it fits the ballot is not known yet.
pub struct Given {
    kind: SignatureKind,
    public_key: Vec<u8>,
    signature: Vec<u8>,
}

/// What is wrong with a signature.
pub enum Misfit {
    /// The key is no key, whatever it was to sign. Telling so tells nothing of any proposal.
    Malformed(Problem),
    /// It is not the signature of this ballot by this key.
    Mismatch(Problem),
}

impl Given {
    /// Reads the bytes.
    ///
    /// # Errors
    /// If they are none, or of a kind that nobody gives.
    pub fn read(given: &BallotSignature) -> Result<Self, Problem> {
        let kind = match SignatureKind::from_name(&given.kind) {
            Some(kind @ (SignatureKind::Wallet | SignatureKind::Passkey | SignatureKind::Ed25519)) => kind,
            Some(SignatureKind::Session) | None => return Err(refused(&"its kind must be wallet, passkey or ed25519")),
        };
        let public_key = from_hex(&given.public_key).unwrap_or_default();
        // A key that may be one of Ed25519 is looked at together with its signature, which is cheaper than both apart.
        if kind != SignatureKind::Ed25519 || public_key.len() != 32 {
            PublicKey::parse(kind, &public_key).map_err(|refusal| refused(&refusal))?;
        }
        let signature = from_hex(&given.signature).ok_or_else(|| refused(&"it must be 0x and hexadecimal digits"))?;
        Ok(Self {
            kind,
            public_key,
            signature,
        })
    }

    /// The key.
    ///
    /// # Errors
    /// If it is none.
    pub fn key(&self) -> Result<PublicKey, Problem> {
        PublicKey::parse(self.kind, &self.public_key).map_err(|refusal| refused(&refusal))
    }

    /// Whether it is a signature of this digest by its key.
    ///
    /// # Errors
    /// [`Misfit`].
    pub fn fits(&self, config: &Config, digest: Hash32) -> Result<(), Misfit> {
        if self.kind == SignatureKind::Ed25519 && surely_made(&self.public_key, digest.as_bytes(), &self.signature) {
            return Ok(());
        }
        let key = self.key().map_err(Misfit::Malformed)?;
        let mismatch = |refusal| Misfit::Mismatch(refused(&refusal));
        if self.kind == SignatureKind::Passkey {
            passkeys::require_here(config, &self.signature).map_err(mismatch)?;
        }
        verify(&key, digest, &self.signature).map_err(mismatch)
    }

    /// To be stored.
    #[must_use]
    pub fn signed(self) -> Signed {
        Signed {
            kind: self.kind,
            public_key: self.public_key,
            signature: self.signature,
        }
    }
}

impl Signed {
    /// The server's word that the member was signed in.
    #[must_use]
    pub fn attested(secrets: &Secrets, digest: Hash32) -> Self {
        Self {
            kind: SignatureKind::Session,
            public_key: secrets.server_key().as_bytes().to_vec(),
            signature: secrets.attest(digest).to_vec(),
        }
    }
}

fn refused(why: &dyn std::fmt::Display) -> Problem {
    Problem::new(
        ProblemKind::SignatureRefused,
        format!("The signature was refused: {why}. Sign the digest of exactly this record and send it again."),
    )
}
