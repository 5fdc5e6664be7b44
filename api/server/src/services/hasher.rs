//! Argon2id over memory that is kept and used again.
//!
//! A hash needs 19 MiB. Taken from the allocator each time, the pieces that other requests leave in between made the process grow to
//! twenty times what was in use at once; kept, it is as many times 19 MiB as hashes run at once, and no more.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail};
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Memory of one hash, in KiB; with the next two the least that OWASP advises for argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The most a stored hash may ask for: what we set, or less where it is older; never what a row that was tampered with says.
const STORED_PASSES_MAX: u32 = 8;

/// Makes and checks hashes. Whoever calls it decides how many run at once.
pub struct Hasher {
    params: Params,
    /// What is not in use.
    memory: Mutex<Vec<Vec<Block>>>,
}

impl Hasher {
    /// A hasher with the parameters of today.
    ///
    /// # Errors
    /// Never; the parameters are fixed.
    pub fn new() -> anyhow::Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)?;
        Ok(Self {
            params,
            memory: Mutex::default(),
        })
    }

    /// The hash of a password with a fresh salt, as a PHC string.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn hash(&self, password: &[u8]) -> anyhow::Result<String> {
        let random = crate::secrets::random()?;
        let salt = Salt::new(random.first_chunk::<16>().context("a salt has 16 bytes")?).map_err(failed)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params).map_err(failed)?,
            salt: Some(salt),
            hash: Some(self.output(&self.params, password, &salt, Params::DEFAULT_OUTPUT_LEN)?),
        };
        Ok(hash.to_string())
    }

    /// Whether a password belongs to a stored hash; compared in a time that does not depend on where they differ.
    ///
    /// # Errors
    /// If the stored hash is not one that we would have made.
    pub fn verify(&self, password: &[u8], stored: &str) -> anyhow::Result<bool> {
        let parsed = PasswordHash::new(stored).map_err(failed)?;
        let params = Params::try_from(&parsed).map_err(failed)?;
        if parsed.algorithm != Algorithm::Argon2id.ident() || parsed.version != Some(Version::V0x13.into()) {
            bail!("a stored hash is of another kind");
        }
        if params.m_cost() > MEMORY_KIB || params.t_cost() > STORED_PASSES_MAX || params.p_cost() > LANES {
            bail!("a stored hash asks for more memory or time than we ever set");
        }
        let (Some(salt), Some(expected)) = (&parsed.salt, &parsed.hash) else {
            bail!("a stored hash is not whole")
        };
        Ok(self.output(&params, password, salt, expected.len())? == *expected)
    }

    fn output(&self, params: &Params, password: &[u8], salt: &[u8], length: usize) -> anyhow::Result<Output> {
        let mut memory = self.lock().pop().unwrap_or_default();
        memory.resize(self.params.block_count(), Block::default());
        let mut buffer = [0; Output::MAX_LENGTH];
        let output = buffer.get_mut(..length).context("a hash is longer than any")?;
        let needed = memory
            .get_mut(..params.block_count())
            .context("a stored hash asks for too much memory")?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let result = argon2.hash_password_into_with_memory(password, salt, output, needed);
        self.lock().push(memory);
        result.map_err(failed)?;
        Output::new(output).map_err(failed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The library's errors say nothing of the password.
fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("argon2: {error}")
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier as _;

    use super::*;

    #[test]
    fn a_hash_is_the_one_that_the_library_makes_and_its_memory_is_kept() {
        let hasher = Hasher::new().unwrap();
        let stored = hasher.hash(b"eight bells").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(
            Argon2::default()
                .verify_password(b"eight bells", stored.as_str())
                .is_ok()
        );
        assert!(
            Argon2::default()
                .verify_password(b"seven bells", stored.as_str())
                .is_err()
        );
        for (password, expected) in [("eight bells", true), ("seven bells", false), ("", false)] {
            assert_eq!(
                hasher.verify(password.as_bytes(), &stored).unwrap(),
                expected,
                "{password}"
            );
        }
        assert_eq!(hasher.lock().len(), 1);
        assert_ne!(hasher.hash(b"eight bells").unwrap(), stored, "a fresh salt each time");
    }

    #[test]
    fn a_stored_hash_that_we_never_made_is_refused() {
        let hasher = Hasher::new().unwrap();
        let stored = hasher.hash(b"eight bells").unwrap();
        let cases = [
            ("m=19456", "m=4000000"),
            ("t=2", "t=4000000"),
            ("p=1", "p=2"),
            ("argon2id", "argon2i"),
            ("v=19", "v=16"),
            ("$argon2id", ""),
        ];
        for (old, new) in cases {
            assert!(
                hasher.verify(b"eight bells", &stored.replacen(old, new, 1)).is_err(),
                "{new}"
            );
        }
    }
}
