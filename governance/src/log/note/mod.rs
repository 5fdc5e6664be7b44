//! Signed notes: a text and the signatures under it, by [C2SP signed-note](https://c2sp.org/signed-note).

mod key;

pub use key::{KEY_NAME_BYTES_MAX, VerifierKey, VerifierKeyError, key_name_is_valid};

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};

/// The longest note that is read, in bytes: room for sixteen signatures of 5,000 bytes, which the specification asks for.
pub const NOTE_BYTES_MAX: usize = 128 * 1024;

/// The most signatures under one note.
pub const SIGNATURES_MAX: usize = 64;

/// The longest signature without its key id, in bytes.
const SIGNATURE_BYTES_MAX: usize = 8 * 1024;

/// What begins a line of a signature: an em dash and a space.
const SIGNATURE_MARK: &str = "\u{2014} ";

/// Why a note is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteRefusal {
    /// The note is longer than [`NOTE_BYTES_MAX`].
    #[error("the note is longer than {NOTE_BYTES_MAX} bytes")]
    TooLong,
    /// The note has more than [`SIGNATURES_MAX`] signatures.
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// The text is not UTF-8, holds a control character, or does not end in a new line.
    #[error("the text of the note is malformed")]
    Text,
    /// There is no blank line, or no signature after it.
    #[error("the note has no signature")]
    Unsigned,
    /// A line after the last blank line is no signature.
    #[error("a signature of the note is malformed")]
    Signature,
    /// None of the signatures is by the key.
    #[error("the note is not signed by {0}")]
    NotSignedBy(KeyId),
    /// A signature that names the key is not its signature of this text.
    #[error("the signature by {0} does not match the note")]
    Mismatch(KeyId),
}

/// The first four bytes of the hash over a key's name, type and bytes. Together with the name it says which key signed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 4]);

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A signature as it stands under a note: of whatever kind, verified or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: KeyId,
    bytes: Vec<u8>,
}

impl NoteSignature {
    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The signature without the key's id.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(SIGNATURE_MARK)?.split_once(' ')?;
        let decoded = STANDARD.decode(encoded).ok()?;
        let (id, bytes) = decoded.split_first_chunk::<4>()?;
        let is_valid = key_name_is_valid(name) && (1..=SIGNATURE_BYTES_MAX).contains(&bytes.len());
        is_valid.then(|| Self {
            name: name.to_owned(),
            id: KeyId(*id),
            bytes: bytes.to_vec(),
        })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = STANDARD.encode([&self.id.0, self.bytes.as_slice()].concat());
        write!(formatter, "{SIGNATURE_MARK}{} {encoded}", self.name)
    }
}

/// A text and the signatures under it. It prints as it is published.
///
/// Who holds a note holds a well-formed text and nothing more, until [`Self::verify`] has said yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// A note without signatures yet. The text ends in a new line.
    ///
    /// # Errors
    /// [`NoteRefusal::Text`] or [`NoteRefusal::TooLong`].
    pub fn new(text: String) -> Result<Self, NoteRefusal> {
        if text.len() > NOTE_BYTES_MAX {
            return Err(NoteRefusal::TooLong);
        }
        if !text.ends_with('\n') || has_control(&text) {
            return Err(NoteRefusal::Text);
        }
        Ok(Self {
            text,
            signatures: Vec::new(),
        })
    }

    /// Reads a note with its signatures, none of them verified.
    ///
    /// # Errors
    /// [`NoteRefusal`] with the first reason found.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteRefusal> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteRefusal::TooLong);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteRefusal::Text)?;
        if has_control(whole) {
            return Err(NoteRefusal::Text);
        }
        let (text, lines) = whole.rsplit_once("\n\n").ok_or(NoteRefusal::Unsigned)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteRefusal::Unsigned)?;
        let mut note = Self::new(format!("{text}\n"))?;
        for line in lines.split('\n') {
            if note.signatures.len() >= SIGNATURES_MAX {
                return Err(NoteRefusal::TooManySignatures);
            }
            let signature = NoteSignature::parse(line).ok_or(NoteRefusal::Signature)?;
            note.signatures.push(signature);
        }
        Ok(note)
    }

    /// The text that is signed, its last new line included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every signature, those of unknown keys included.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature with an Ed25519 key under this name; the same key and text always give the same bytes.
    ///
    /// # Errors
    /// [`VerifierKeyError`] if the name cannot stand in a note.
    pub fn sign(&mut self, name: &str, key: &SigningKey) -> Result<(), VerifierKeyError> {
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        let signature = NoteSignature {
            name: name.to_owned(),
            id: verifier.id(),
            bytes: key.sign(self.text.as_bytes()).to_bytes().to_vec(),
        };
        // Signing twice gives the same line, which need not stand there twice.
        if !self.signatures.contains(&signature) {
            self.signatures.push(signature);
        }
        Ok(())
    }

    /// Checks that this key signed the note. Signatures by other keys do not matter; every signature that names this key must be
    /// good.
    ///
    /// # Errors
    /// [`NoteRefusal::NotSignedBy`] or [`NoteRefusal::Mismatch`].
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteRefusal> {
        let mut named = self
            .signatures
            .iter()
            .filter(|signature| signature.name == key.name() && signature.id == key.id())
            .peekable();
        if named.peek().is_none() {
            return Err(NoteRefusal::NotSignedBy(key.id()));
        }
        if named.all(|signature| key.verify(self.text.as_bytes(), &signature.bytes)) {
            Ok(())
        } else {
            Err(NoteRefusal::Mismatch(key.id()))
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)?;
        formatter.write_str("\n")?;
        self.signatures
            .iter()
            .try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

/// Whether there is an ASCII control character other than a new line.
fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| byte < 0x20 && byte != b'\n')
}
