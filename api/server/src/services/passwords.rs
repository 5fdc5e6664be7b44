//! Passwords: which are accepted, and the hashing of them within bounds.
//!
//! Each hash takes 19 MiB and a core for some 20 milliseconds, so what a flood of sign-ins can take is bounded: as many hashes at
//! once as there are permits, a short queue in front of them, and a refusal for the rest.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization as _;
use wire::account::SecretText;
use wire::problem::ProblemKind;
use zeroize::Zeroizing;

use crate::problem::Problem;
use crate::services::hasher::Hasher;

/// The shortest password, in characters (NIST SP 800-63B asks for 8 and advises more).
pub const LENGTH_MIN: usize = 10;
/// The longest password, in characters.
pub const LENGTH_MAX: usize = 128;
/// How many wait for each permit; at 20 ms a hash the last of them waits about 0.6 s.
const WAITING_PER_PERMIT: usize = 32;
/// How long anyone waits for a permit, whatever a hash takes on this machine; with it a refusal comes within two seconds.
const WAIT_MAX: Duration = Duration::from_secs(1);
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
    hasher: Arc<Hasher>,
    /// The hash of a password nobody knows, for addresses without an account.
    decoy: Arc<str>,
}

/// A place in the queue. Whoever has none is refused before anything is looked up.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Passwords {
    /// As many hashes at once as `permits`.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn new(permits: usize) -> anyhow::Result<Self> {
        let permits = permits.max(1);
        let hasher = Hasher::new()?;
        let decoy = hasher
            .hash(&crate::secrets::random()?)
            .context("the decoy hash cannot be made")?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(permits)),
            places: Arc::new(Semaphore::new(
                permits.saturating_add(permits.saturating_mul(WAITING_PER_PERMIT)),
            )),
            hasher: Arc::new(hasher),
            decoy: decoy.into(),
        })
    }

    /// A place in the queue.
    ///
    /// # Errors
    /// 503, at once, where all are taken.
    pub fn place(&self) -> Result<Place, Problem> {
        Arc::clone(&self.places)
            .try_acquire_owned()
            .map(|permit| Place { _permit: permit })
            .map_err(|_| Problem::busy())
    }

    /// The argon2id hash of a password, as a PHC string.
    ///
    /// # Errors
    /// 503 where too many wait already.
    pub async fn hash(&self, password: NewPassword) -> Result<String, Problem> {
        let hasher = Arc::clone(&self.hasher);
        self.run(self.place()?, move || hasher.hash(password.0.as_bytes()))
            .await?
            .map_err(Problem::internal)
    }

    /// Whether the password belongs to the stored hash. Without one, the same work is done for nothing: whoever asks cannot tell
    /// whether the address has an account.
    ///
    /// # Errors
    /// 503 where the wait becomes too long.
    pub async fn verify(&self, place: Place, password: &SecretText, stored: Option<&str>) -> Result<bool, Problem> {
        // No account has a password that long, so this is refused for every address alike, before any hashing.
        let Some(password) = bounded(password) else {
            return Ok(false);
        };
        let (hasher, is_known) = (Arc::clone(&self.hasher), stored.is_some());
        let hash: Arc<str> = stored.map_or_else(|| Arc::clone(&self.decoy), Arc::from);
        let work = move || hasher.verify(password.as_bytes(), &hash);
        let matches = self.run(place, work).await?.map_err(Problem::internal)?;
        Ok(matches && is_known)
    }

    /// Runs work on a thread of its own once a permit is free.
    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| Problem::busy())?
            .map_err(Problem::internal)?;
        // Both move into the work: if the request is dropped meanwhile, the thread still counts until it is done.
        tokio::task::spawn_blocking(move || {
            let _held: (Place, OwnedSemaphorePermit) = (place, permit);
            work()
        })
        .await
        .map_err(Problem::internal)
    }
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
                passwords
                    .verify(passwords.place().ok().unwrap(), &secret(text), stored)
                    .await
                    .ok(),
                Some(expected),
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn a_megabyte_of_password_is_refused_without_hashing() {
        let passwords = Passwords::new(1).unwrap();
        let started = std::time::Instant::now();
        for _ in 0..100 {
            assert_eq!(
                passwords
                    .verify(passwords.place().ok().unwrap(), &secret(&"x".repeat(1 << 20)), None)
                    .await
                    .ok(),
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
                    .run(passwords.place().ok().unwrap(), move || {
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
                tokio::spawn(async move {
                    let place = passwords.place().ok().unwrap();
                    passwords
                        .run(place, move || wait.lock().unwrap().recv().is_ok())
                        .await
                        .is_ok()
                })
            })
            .collect();
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let started = std::time::Instant::now();
        assert_eq!(
            passwords.place().err().map(|problem| problem.kind()),
            Some(ProblemKind::Busy)
        );
        assert!(started.elapsed() < Duration::from_millis(100));
        drop(finish);
        for request in requests {
            request.await.unwrap();
        }
    }
}
