//! Passwords: which are accepted, and the hashing of them within bounds.
//!
//! Each hash takes 19 MiB and a core for some 20 milliseconds, so what a flood of sign-ins can take is bounded: as many hashes at
//! once as there are permits, a short queue in front of them, and a refusal for the rest.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization as _;
use wire::account::SecretText;
use wire::problem::ProblemKind;
use zeroize::Zeroizing;

use crate::problem::Problem;

/// The shortest password, in characters (NIST SP 800-63B asks for 8 and advises more).
pub const LENGTH_MIN: usize = 10;
/// The longest password, in characters.
pub const LENGTH_MAX: usize = 128;
/// Memory of one hash, in KiB; with the next two the least that OWASP advises for argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The most memory a stored hash may ask for, in KiB: room to raise ours, none for a row that was tampered with.
const STORED_MEMORY_KIB_MAX: u32 = 65_536;
const STORED_PASSES_MAX: u32 = 8;
/// How many wait for each permit; at 20 ms a hash the last of them waits about 0.6 s.
const WAITING_PER_PERMIT: usize = 32;
/// How long anyone waits for a permit, whatever a hash takes on this machine.
const WAIT_MAX: Duration = Duration::from_millis(1_500);
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that may be set.
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// Looks at a password that somebody chose. `known` are texts that anyone could guess, such as the address.
    ///
    /// # Errors
    /// 422 with the rule that it breaks.
    pub fn parse(text: &SecretText, known: &[&str]) -> Result<Self, Problem> {
        let refused = |rule: &str| Problem::new(ProblemKind::PasswordRefused, rule).with("length_min", LENGTH_MIN);
        let Some(password) = bounded(text) else {
            return Err(refused(
                "Choose a password of 10 to 128 characters. Several words in a row are easy to remember.",
            ));
        };
        if password.chars().count() < LENGTH_MIN {
            return Err(refused(
                "The password is shorter than 10 characters. Several words in a row are easy to remember.",
            ));
        }
        let plain = Zeroizing::new(password.to_lowercase());
        let mut characters = plain.chars();
        let first = characters.next();
        let is_one_character = characters.all(|character| Some(character) == first);
        if is_one_character || COMMON.lines().any(|common| common == *plain) {
            return Err(refused(
                "That password is on every list of the most used ones. Choose one that is yours alone.",
            ));
        }
        if known.iter().any(|known| known.to_lowercase() == *plain) {
            return Err(refused(
                "The password is your name or address. Choose one that nobody can guess.",
            ));
        }
        Ok(Self(password))
    }
}

/// The text in its one form (NFC: what a keyboard sends for é depends on the system), or `None` if no password is that long. The
/// length is looked at before anything else is done with it.
fn bounded(text: &SecretText) -> Option<Zeroizing<String>> {
    let fits = |text: &str| text.chars().take(LENGTH_MAX + 1).count() <= LENGTH_MAX;
    let text = text.reveal();
    if !fits(text) {
        return None;
    }
    let normal = Zeroizing::new(text.nfc().collect::<String>());
    fits(&normal).then_some(normal)
}

/// Hashes passwords, a bounded number at once.
pub struct Passwords {
    /// Held while hashing.
    permits: Arc<Semaphore>,
    /// Held from arrival until the hash is done: permits and queue together.
    places: Arc<Semaphore>,
    argon2: Argon2<'static>,
    /// The hash of a password nobody knows, for addresses without an account.
    decoy: Arc<str>,
}

impl Passwords {
    /// As many hashes at once as `permits`.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn new(permits: usize) -> anyhow::Result<Self> {
        let permits = permits.max(1);
        let params =
            Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody_knows = crate::secrets::random()?;
        let decoy = hash(&argon2, &nobody_knows).context("the decoy hash cannot be made")?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(permits)),
            places: Arc::new(Semaphore::new(
                permits.saturating_add(permits.saturating_mul(WAITING_PER_PERMIT)),
            )),
            argon2,
            decoy: decoy.into(),
        })
    }

    /// The argon2id hash of a password, as a PHC string.
    ///
    /// # Errors
    /// 503 where too many wait already.
    pub async fn hash(&self, password: NewPassword) -> Result<String, Problem> {
        let argon2 = self.argon2.clone();
        self.run(move || hash(&argon2, password.0.as_bytes()))
            .await?
            .map_err(Problem::internal)
    }

    /// Whether the password belongs to the stored hash. Without one, the same work is done for nothing: whoever asks cannot tell
    /// whether the address has an account.
    ///
    /// # Errors
    /// 503 where too many wait already.
    pub async fn verify(&self, password: &SecretText, stored: Option<&str>) -> Result<bool, Problem> {
        // No account has a password that long, so this is refused for every address alike, before any hashing.
        let Some(password) = bounded(password) else {
            return Ok(false);
        };
        let (argon2, is_known) = (self.argon2.clone(), stored.is_some());
        let hash: Arc<str> = stored.map_or_else(|| Arc::clone(&self.decoy), Arc::from);
        let matches = self
            .run(move || verify(&argon2, &password, &hash))
            .await?
            .map_err(Problem::internal)?;
        Ok(matches && is_known)
    }

    /// Runs work on a thread of its own once a permit is free.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Problem::busy())?;
        let permit = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| Problem::busy())?
            .map_err(Problem::internal)?;
        // Both move into the work: if the request is dropped meanwhile, the thread still counts until it is done.
        tokio::task::spawn_blocking(move || {
            let _held: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (place, permit);
            work()
        })
        .await
        .map_err(Problem::internal)
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> anyhow::Result<String> {
    let salt = crate::secrets::random()?;
    let salt = salt.first_chunk::<16>().context("a salt has 16 bytes")?;
    let hash = argon2
        .hash_password_with_salt(password, salt)
        .map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
    Ok(hash.to_string())
}

fn verify(argon2: &Argon2<'_>, password: &str, stored: &str) -> anyhow::Result<bool> {
    let parsed = PasswordHash::new(stored).map_err(|error| anyhow::anyhow!("a stored hash is malformed: {error}"))?;
    let params = Params::try_from(&parsed).map_err(|error| anyhow::anyhow!("a stored hash is malformed: {error}"))?;
    if params.m_cost() > STORED_MEMORY_KIB_MAX || params.t_cost() > STORED_PASSES_MAX {
        anyhow::bail!("a stored hash asks for more memory or time than we ever set");
    }
    Ok(argon2.verify_password(password.as_bytes(), &parsed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretText {
        SecretText::new(text)
    }

    #[test]
    fn a_password_that_many_would_guess_is_refused() {
        let long = "x".repeat(129);
        let cases = [
            ("correct horse battery", true),
            ("пароль из слов", true),
            ("", false),
            ("ninechars", false),
            (long.as_str(), false),
            ("aaaaaaaaaaaa", false),
            ("Password123", false),
            ("1234567890", false),
            ("Ada@Example.org", false),
        ];
        for (text, is_accepted) in cases {
            assert_eq!(
                NewPassword::parse(&secret(text), &["ada@example.org"]).is_ok(),
                is_accepted,
                "{text}"
            );
        }
        for common in COMMON.lines() {
            assert!(
                common.len() >= LENGTH_MIN && common == common.to_lowercase(),
                "{common} cannot be chosen anyway"
            );
        }
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_in_either_spelling_of_its_accents() {
        let passwords = Passwords::new(1).unwrap();
        let chosen = NewPassword::parse(&secret("caf\u{e9} am Markt"), &[]).ok().unwrap();
        let stored = passwords.hash(chosen).await.ok().unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let cases = [
            ("caf\u{e9} am Markt", Some(stored.as_str()), true),
            ("cafe\u{301} am Markt", Some(stored.as_str()), true),
            ("cafe am Markt", Some(stored.as_str()), false),
            ("caf\u{e9} am Markt", None, false),
        ];
        for (text, stored, expected) in cases {
            assert_eq!(
                passwords.verify(&secret(text), stored).await.ok(),
                Some(expected),
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn a_stored_hash_cannot_ask_for_more_memory_than_we_set() {
        let passwords = Passwords::new(1).unwrap();
        let greedy = "$argon2id$v=19$m=4000000,t=2,p=1$c29tZXNhbHQxMjM0NTY$RdescudvJCsgt3ub+b7WRWJTmaaJObGx6rMDvIFSzqk";
        assert!(passwords.verify(&secret("whatever it is"), Some(greedy)).await.is_err());
    }

    #[tokio::test]
    async fn a_megabyte_of_password_is_refused_without_hashing() {
        let passwords = Passwords::new(1).unwrap();
        let started = std::time::Instant::now();
        for _ in 0..100 {
            assert_eq!(
                passwords.verify(&secret(&"x".repeat(1 << 20)), None).await.ok(),
                Some(false)
            );
        }
        assert!(
            started.elapsed() < Duration::from_millis(500),
            "{:?}",
            started.elapsed()
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_request_that_goes_away_keeps_its_permit_until_its_thread_is_done() {
        let passwords = Arc::new(Passwords::new(1).unwrap());
        let (begun, wait_for_begin) = tokio::sync::oneshot::channel();
        let (finish, wait_for_finish) = std::sync::mpsc::channel::<()>();
        let request = tokio::spawn({
            let passwords = Arc::clone(&passwords);
            async move {
                passwords
                    .run(move || {
                        begun.send(()).ok();
                        wait_for_finish.recv().ok();
                    })
                    .await
                    .ok();
            }
        });
        wait_for_begin.await.unwrap();
        request.abort();
        request.await.unwrap_err();
        assert_eq!(passwords.permits.available_permits(), 0, "its thread still works");
        finish.send(()).unwrap();
        drop(
            tokio::time::timeout(Duration::from_secs(5), passwords.permits.acquire())
                .await
                .unwrap()
                .unwrap(),
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_finds_the_queue_full_is_refused_at_once() {
        let passwords = Arc::new(Passwords::new(1).unwrap());
        let (finish, wait_for_finish) = std::sync::mpsc::channel::<()>();
        let wait_for_finish = Arc::new(std::sync::Mutex::new(wait_for_finish));
        let requests: Vec<_> = (0..1 + WAITING_PER_PERMIT)
            .map(|_| {
                let (passwords, wait) = (Arc::clone(&passwords), Arc::clone(&wait_for_finish));
                tokio::spawn(async move { passwords.run(move || wait.lock().unwrap().recv().is_ok()).await.is_ok() })
            })
            .collect();
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let started = std::time::Instant::now();
        assert_eq!(
            passwords.run(|| ()).await.err().map(|problem| problem.kind()),
            Some(ProblemKind::Busy)
        );
        assert!(started.elapsed() < Duration::from_millis(100));
        drop(finish);
        for request in requests {
            request.await.unwrap();
        }
    }
}
