//! Files with secrets.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::DevstackError;

/// Writes a file that its owner alone can read, from its first moment on.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), DevstackError> {
    let _ = fs::remove_file(path);
    let mut file = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(DevstackError::io("write", path))?;
    file.write_all(text.as_bytes())
        .map_err(DevstackError::io("write", path))
}
