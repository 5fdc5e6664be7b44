//! Random bytes from the system.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::DevstackError;

/// 32 hexadecimal digits nobody can guess.
///
/// # Errors
/// If the system has no randomness.
pub fn random_secret() -> Result<String, DevstackError> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0u8; 16];
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(DevstackError::io("read", source))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
