//! PostgreSQL refuses to run as root: then it runs as an ordinary user, who must be able to reach its files.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use crate::DevstackError;

/// An ordinary user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub id: u32,
    pub group: u32,
}

impl User {
    /// `None` where this process is not root and the server runs as whoever we are. As root: the owner of the data that is
    /// there already, else `postgres`, else `nobody`.
    pub(crate) fn for_server(data: &Path) -> Result<Option<Self>, DevstackError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        if let Ok(metadata) = fs::metadata(data)
            && metadata.uid() != 0
        {
            return Ok(Some(Self {
                id: metadata.uid(),
                group: metadata.gid(),
            }));
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = ["postgres", "nobody"].iter().find_map(|name| find(&passwd, name));
        found.map(Some).ok_or(DevstackError::NoOrdinaryUser)
    }

    /// Makes a folder of this user that nobody else may enter.
    pub(crate) fn own_folder(user: Option<&Self>, folder: &Path) -> Result<(), DevstackError> {
        fs::create_dir_all(folder).map_err(DevstackError::io("make", folder))?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(DevstackError::io("close", folder))?;
        Self::own(user, folder)
    }

    /// Gives a file to this user.
    pub(crate) fn own(user: Option<&Self>, path: &Path) -> Result<(), DevstackError> {
        match user {
            None => Ok(()),
            Some(user) => chown(path, Some(user.id), Some(user.group)).map_err(DevstackError::io("give away", path)),
        }
    }

    /// Whether this user may pass through every folder above `path`, and through `path` itself.
    pub(crate) fn can_reach(&self, path: &Path) -> bool {
        path.ancestors().all(|folder| match fs::metadata(folder) {
            Err(_) => true,
            Ok(metadata) => {
                let mode = metadata.permissions().mode();
                let bit = if metadata.uid() == self.id {
                    0o100
                } else if metadata.gid() == self.group {
                    0o010
                } else {
                    0o001
                };
                mode & bit != 0
            }
        })
    }
}

fn find(passwd: &str, name: &str) -> Option<User> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        // Another system writes nobody's number as a negative one; that is no number of a user here.
        let id = fields.nth(1)?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        (id != 0).then_some(User { id, group })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_file_is_read_by_name_and_never_gives_root() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\nfake:x:0:0::/:/bin/sh\n";
        let cases = [
            (
                "nobody",
                Some(User {
                    id: 65534,
                    group: 65533,
                }),
            ),
            ("postgres", None),
            ("fake", None),
            ("root", None),
        ];
        for (name, expected) in cases {
            assert_eq!(find(passwd, name), expected, "{name}");
        }
    }
}
