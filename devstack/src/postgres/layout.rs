//! The files of one cluster, and who may reach them.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::DevstackError;
use crate::files::write_secret;
use crate::user::User;

/// Where data goes when root keeps the state in a folder that the server's user cannot reach, such as one below /root.
const ELSEWHERE: &str = "/var/lib/rochdale-devstack";

/// The files of one cluster.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The caller's folder: password, log and lock, of this user alone.
    pub folder: PathBuf,
    /// The server's data, of the user it runs as.
    pub data: PathBuf,
    /// The user the server runs as, where it is another.
    pub user: Option<User>,
}

impl Layout {
    /// Makes the folder and decides where the data goes.
    pub fn prepare(folder: &Path) -> Result<Self, DevstackError> {
        fs::create_dir_all(folder).map_err(DevstackError::io("make", folder))?;
        let folder = fs::canonicalize(folder).map_err(DevstackError::io("find", folder))?;
        let mut data = folder.join("data");
        let mut user = User::for_server(&data)?;
        // Another user passes through to the data and cannot list what is here.
        let mode = if user.is_some() { 0o711 } else { 0o700 };
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).map_err(DevstackError::io("close", &folder))?;
        if user.as_ref().is_some_and(|user| !user.can_reach(&folder)) {
            data = elsewhere(&folder)?.join("data");
            user = User::for_server(&data)?;
        }
        Ok(Self { folder, data, user })
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// Where data is made; renamed when it is whole.
    pub fn unfinished(&self) -> PathBuf {
        self.data.with_extension("unfinished")
    }

    pub fn password(&self) -> Result<String, DevstackError> {
        let path = self.folder.join("password");
        fs::read_to_string(&path)
            .map(|text| text.trim().to_owned())
            .map_err(DevstackError::io("read", &path))
    }

    pub fn keep_password(&self, password: &str) -> Result<(), DevstackError> {
        write_secret(&self.folder.join("password"), password)
    }

    /// The process that the server's own lock file names.
    pub fn holder(&self) -> Option<u32> {
        let text = fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }
}

/// A folder for what the server's user must reach, named after the folder it stands in for.
pub(super) fn elsewhere(folder: &Path) -> Result<PathBuf, DevstackError> {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    let path = Path::new(ELSEWHERE).join(format!("{:016x}", hasher.finish()));
    fs::create_dir_all(&path).map_err(DevstackError::io("make", &path))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o711)).map_err(DevstackError::io("close", &path))?;
    Ok(path)
}
