//! The secrets of a deployment: files in one folder that only their owner can read.
//!
//! | file | what | lost means |
//! |---|---|---|
//! | `token_secret` | 32 bytes; mailed links, the successors of refresh tokens and what seals keys and payees are derived from it | links and invitations on their way end, and what is sealed is given again; sessions go on |
//! | `server_key` | Ed25519 seed; attests ballots and signs receipts | receipts and bundles handed out stay valid; a bundle written anew of an older decision fails verification (docs/operator/secrets.md) |
//! | `log_key` | Ed25519 seed; signs the checkpoints of the logs | nothing new can be signed for the logs that stand: their name is bound to it (docs/operator/log.md) |
//! | `key_peppers/<number>` | 32 bytes each; members' keys for the tools are authenticated with them, the highest number makes new ones | members' keys made with it are worth nothing |
//! | `access_keys/<name>` | Ed25519 seeds; sign access tokens, the last name in order is used | nothing: clients refresh |

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use ed25519_dalek::SigningKey;
use governance::hash::Hash32;
use governance::id::CoopId;
use governance::signature::{PublicKey, SignatureKind};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A named key for access tokens.
pub struct AccessKey {
    /// Its name, the `kid` of tokens.
    pub name: String,
    /// The key.
    pub key: SigningKey,
}

/// All secrets.
pub struct Secrets {
    token_secret: Zeroizing<[u8; 32]>,
    server_key: Ed25519KeyPair,
    server_public: PublicKey,
    log_key: SigningKey,
    /// The peppers of members' keys for the tools, by rising number.
    peppers: Vec<(i16, Zeroizing<[u8; 32]>)>,
    /// Keys for access tokens by name; the last one signs, all verify.
    pub access_keys: Vec<AccessKey>,
}

/// What is sealed begins with it: another way of sealing gets another one.
const SEAL_FORM: u8 = 1;
/// What AES-256-GCM takes as a nonce, in bytes.
const NONCE_BYTES: usize = 12;

/// What was sealed here for this place cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is sealed was sealed with another secret, for another co-op or another address, or is damaged")]
pub struct Unsealable;

impl Secrets {
    /// Reads the folder.
    ///
    /// # Errors
    /// If a file is missing, malformed, or readable by others than its owner.
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        let mut names: Vec<String> = fs::read_dir(folder.join("access_keys"))
            .with_context(|| {
                format!(
                    "no secrets in {}; make them with `rochdale admin make-secrets`",
                    folder.display()
                )
            })?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        let access_keys = names
            .into_iter()
            .map(|name| {
                let seed = read_secret(&folder.join("access_keys").join(&name))?;
                Ok(AccessKey {
                    name,
                    key: SigningKey::from_bytes(&seed),
                })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        if access_keys.is_empty() {
            bail!("{} holds no key", folder.join("access_keys").display());
        }
        // Each ballot's receipt is signed, and this library signs in half the time; what it signs is the same, byte for byte.
        let server_key = Ed25519KeyPair::from_seed_unchecked(&*read_secret(&folder.join("server_key"))?)
            .map_err(|_| anyhow::anyhow!("server_key is not an Ed25519 seed"))?;
        let server_public = PublicKey::parse(SignatureKind::Session, server_key.public_key().as_ref())?;
        Ok(Self {
            peppers: peppers(folder)?,
            token_secret: read_secret(&folder.join("token_secret"))?,
            server_key,
            server_public,
            log_key: SigningKey::from_bytes(&*read_secret(&folder.join("log_key"))?),
            access_keys,
        })
    }

    /// The public key behind attested ballots and receipts.
    #[must_use]
    pub const fn server_key(&self) -> PublicKey {
        self.server_public
    }

    /// The key that signs checkpoints.
    #[must_use]
    pub const fn log_key(&self) -> &SigningKey {
        &self.log_key
    }

    /// Signs a digest with the server's key.
    #[must_use]
    pub fn attest(&self, digest: Hash32) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.server_key.sign(digest.as_bytes()).as_ref());
        signature
    }

    /// Derives 32 bytes for one purpose; without the secret they are random.
    #[must_use]
    pub fn derive(&self, purpose: &str, input: &[u8]) -> [u8; 32] {
        // The purposes hold no zero byte, so no input can be shifted into another purpose.
        authenticate(&*self.token_secret, &[purpose.as_bytes(), &[0], input])
    }
}

impl Secrets {
    /// What the secret of a new key becomes, and under which pepper.
    #[must_use]
    pub fn key_mac(&self, key: Uuid, secret: &[u8; 32]) -> (i16, [u8; 32]) {
        // The folder is refused without a pepper, so there is one.
        self.peppers.last().map_or((0, [0; 32]), |(number, pepper)| {
            (*number, authenticate(&**pepper, &[key.as_bytes(), secret]))
        })
    }

    /// What the secret of a key becomes under each pepper.
    #[must_use]
    pub fn key_macs(&self, key: Uuid, secret: &[u8; 32]) -> Vec<[u8; 32]> {
        let mac = |(_, pepper): &(i16, Zeroizing<[u8; 32]>)| authenticate(&**pepper, &[key.as_bytes(), secret]);
        self.peppers.iter().map(mac).collect()
    }

    fn sealing_key(&self) -> Result<RandomizedNonceKey, Unsealable> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.derive("provider key", &[])).map_err(|_| Unsealable)
    }

    /// Seals the key of a co-op at a provider: it opens for this co-op and this address alone, so that who writes the database cannot
    /// have it sent elsewhere.
    ///
    /// # Errors
    /// If there is no randomness.
    pub fn seal(&self, coop: CoopId, address: &str, plain: &SecretString) -> Result<Vec<u8>, Unsealable> {
        let mut text = plain.expose_secret().as_bytes().to_vec();
        let bound = Aad::from(sealed_for(coop, address));
        let nonce = self
            .sealing_key()?
            .seal_in_place_append_tag(bound, &mut text)
            .map_err(|_| Unsealable)?;
        let mut sealed = vec![SEAL_FORM];
        sealed.extend_from_slice(nonce.as_ref());
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    /// Opens what was sealed for this co-op and this address.
    ///
    /// # Errors
    /// [`Unsealable`].
    pub fn unseal(&self, coop: CoopId, address: &str, sealed: &[u8]) -> Result<SecretString, Unsealable> {
        let (form, rest) = sealed.split_first().ok_or(Unsealable)?;
        let (nonce, text) = rest.split_at_checked(NONCE_BYTES).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        if *form != SEAL_FORM {
            return Err(Unsealable);
        }
        let mut text = Zeroizing::new(text.to_vec());
        let bound = Aad::from(sealed_for(coop, address));
        let plain = self
            .sealing_key()?
            .open_in_place(nonce, bound, &mut text)
            .map_err(|_| Unsealable)?;
        let plain = std::str::from_utf8(plain).map_err(|_| Unsealable)?;
        Ok(SecretString::from(plain))
    }
}

fn sealed_for(coop: CoopId, address: &str) -> Vec<u8> {
    [coop.uuid().as_bytes(), address.as_bytes()].concat()
}

/// The peppers of a folder: files whose names are numbers.
fn peppers(folder: &Path) -> anyhow::Result<Vec<(i16, Zeroizing<[u8; 32]>)>> {
    let folder = folder.join("key_peppers");
    let names = fs::read_dir(&folder).with_context(|| {
        format!(
            "no peppers in {}; make them with `rochdale admin make-secrets`",
            folder.display()
        )
    })?;
    let mut found = Vec::new();
    for name in names.filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
        let number = name.parse::<i16>().ok().filter(|number| *number >= 1);
        let number = number.with_context(|| format!("{}: {name} is not a number from 1", folder.display()))?;
        found.push((number, read_secret(&folder.join(&name))?));
    }
    found.sort_by_key(|(number, _)| *number);
    if found.is_empty() {
        bail!("{} holds no pepper", folder.display());
    }
    Ok(found)
}

/// HMAC-SHA256 of the parts laid end to end.
fn authenticate(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // A key of any length is taken, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Writes whatever is missing in the folder; what exists is kept. Returns the names of the files written.
///
/// # Errors
/// If the folder cannot be written.
pub fn make(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(folder.join("access_keys"))?;
    builder.create(folder.join("key_peppers"))?;
    let mut written = Vec::new();
    let has_access_key = fs::read_dir(folder.join("access_keys"))?.next().is_some();
    let has_pepper = fs::read_dir(folder.join("key_peppers"))?.next().is_some();
    for name in [
        "token_secret",
        "server_key",
        "log_key",
        "access_keys/0001",
        "key_peppers/0001",
    ] {
        let path = folder.join(name);
        let has_another =
            (name.starts_with("access_keys") && has_access_key) || (name.starts_with("key_peppers") && has_pepper);
        if path.exists() || has_another {
            continue;
        }
        write_secret(&path, &random()?)?;
        written.push(name.to_owned());
    }
    Ok(written)
}

/// 32 random bytes of the operating system.
///
/// # Errors
/// If it has none.
pub fn random() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(bytes)
}

/// Writes 32 bytes as hexadecimal digits into a new file that its owner alone can read.
///
/// # Errors
/// If the file exists or cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8; 32]) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(hex::encode(bytes).as_bytes())?;
    file.sync_all()?;
    Ok(())
}

/// Reads such a file.
///
/// # Errors
/// If it is missing, malformed, or readable by others than its owner.
pub fn read_secret(path: &Path) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let mode = fs::metadata(path)
        .with_context(|| format!("cannot read {}", path.display()))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        bail!(
            "{} can be read by others (mode {:o}); run chmod 600 on it",
            path.display(),
            mode & 0o777
        );
    }
    let text = Zeroizing::new(fs::read_to_string(path)?);
    let mut bytes = Zeroizing::new([0; 32]);
    let digits = text.trim();
    hex::decode_to_slice(digits.strip_prefix("0x").unwrap_or(digits), &mut *bytes)
        .with_context(|| format!("{} must hold 64 hexadecimal digits", path.display()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Wycheproof, where the shared data lies beside the workspace or `ROCHDALE_DATA` names its folder.
    #[test]
    fn what_is_derived_is_the_hmac_of_wycheproof() {
        let folder = std::env::var_os("ROCHDALE_DATA").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
            std::path::PathBuf::from,
        );
        let path = folder.join("crypto/wycheproof/hmac_sha256_test.json");
        let Ok(text) = fs::read(&path) else {
            return not_run(&path);
        };
        let file: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let bytes = |value: &serde_json::Value| hex::decode(value.as_str().unwrap()).unwrap();
        let (mut valid, mut invalid) = (0, 0);
        for group in file["testGroups"].as_array().unwrap() {
            for test in group["tests"].as_array().unwrap() {
                let (key, message, tag) = (bytes(&test["key"]), bytes(&test["msg"]), bytes(&test["tag"]));
                let (begin, end) = message.split_at(message.len() / 2);
                let is_ours = authenticate(&key, &[begin, &[], end]).starts_with(&tag);
                assert_eq!(is_ours, test["result"] == "valid", "{}", test["tcId"]);
                if is_ours { valid += 1 } else { invalid += 1 }
            }
        }
        assert_eq!((valid, invalid), (66, 108));
    }

    /// Says on standard error, and in the file that `ROCHDALE_NOT_RUN` names, that there were no vectors.
    fn not_run(path: &Path) {
        use std::io::Write as _;
        let line = format!(
            "NOT RUN: wycheproof, {} is missing; name its folder in ROCHDALE_DATA\n",
            path.display()
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
            let file = fs::File::options().create(true).append(true).open(path);
            file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
        }
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let folder = std::env::temp_dir().join(format!("rochdale-secrets-{}", std::process::id()));
        make(&folder).unwrap();
        assert!(Secrets::load(&folder).is_ok());
        assert!(make(&folder).unwrap().is_empty(), "what exists is kept");
        fs::set_permissions(folder.join("server_key"), fs::Permissions::from_mode(0o644)).unwrap();
        let refused = Secrets::load(&folder).err().map(|error| error.to_string());
        fs::remove_dir_all(&folder).unwrap();
        assert!(refused.is_some_and(|text| text.contains("chmod 600")));
    }

    /// A new folder with secrets, removed with the value.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("rochdale-secrets-{}", Uuid::now_v7()));
            make(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn what_is_sealed_opens_for_its_co_op_and_address_alone() {
        let folder = Folder::new();
        let secrets = Secrets::load(&folder.0).unwrap();
        let coop = |number| CoopId::from_uuid(Uuid::from_u128(number));
        let (here, plain) = ("https://api.example.org/v1", SecretString::from("sk-of-the-co-op"));
        let sealed = secrets.seal(coop(1), here, &plain).unwrap();
        assert_ne!(sealed, secrets.seal(coop(1), here, &plain).unwrap());
        let text = String::from_utf8_lossy(&sealed).into_owned();
        assert!(!text.contains("sk-of"));
        assert_eq!(
            secrets.unseal(coop(1), here, &sealed).unwrap().expose_secret(),
            "sk-of-the-co-op"
        );
        assert!(secrets.unseal(coop(2), here, &sealed).is_err());
        assert!(
            secrets
                .unseal(coop(1), "https://elsewhere.example/v1", &sealed)
                .is_err()
        );
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(secrets.unseal(coop(1), here, &changed).is_err(), "{place}");
            assert!(secrets.unseal(coop(1), here, &sealed[..place]).is_err(), "{place}");
        }
        let other = tempfile::tempdir().unwrap();
        make(other.path()).unwrap();
        assert!(
            Secrets::load(other.path())
                .unwrap()
                .unseal(coop(1), here, &sealed)
                .is_err()
        );
    }

    #[test]
    fn a_new_pepper_makes_new_keys_and_the_old_ones_go_on() {
        let folder = Folder::new();
        let key = Uuid::from_u128(5);
        let (number, mac) = Secrets::load(&folder.0).unwrap().key_mac(key, &[7; 32]);
        assert_eq!(number, 1);
        write_secret(&folder.0.join("key_peppers/0002"), &random().unwrap()).unwrap();
        let secrets = Secrets::load(&folder.0).unwrap();
        let (number, newer) = secrets.key_mac(key, &[7; 32]);
        assert_eq!((number, secrets.key_macs(key, &[7; 32])), (2, vec![mac, newer]));
        assert_ne!(secrets.key_macs(Uuid::from_u128(6), &[7; 32])[0], mac);
        fs::write(folder.0.join("key_peppers/old"), "").unwrap();
        assert!(Secrets::load(&folder.0).is_err());
    }
}
