//! What a demonstration keeps between its runs, in `.local/demo`.

use std::fs::{self, DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

/// The folder and what it says.
pub struct State {
    /// The folder.
    pub folder: PathBuf,
    /// Held as long as we live, so that two demonstrations never share a folder.
    _lock: File,
}

/// The contract on the chain of this folder.
#[derive(Serialize, Deserialize)]
pub struct Contract {
    /// Its address.
    pub contract: String,
    /// The hash of the chain's first block.
    pub genesis: String,
}

impl State {
    /// Opens the folder, emptied first where that is wished.
    pub fn open(folder: &Path, fresh: bool) -> anyhow::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o711)
            .create(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        // The database's user passes through to its data, where that is another user.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o711))?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!(
                "a demonstration runs already in {}; stop it first with Ctrl-C in its terminal",
                folder.display()
            );
        }
        if fresh {
            empty(folder)?;
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            _lock: lock,
        })
    }

    /// The configuration of the server.
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("rochdale.toml")
    }

    /// Where PostgreSQL keeps its files.
    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// Where a page finds who can sign in.
    pub fn demonstration(&self) -> PathBuf {
        self.folder.join("demonstration.json")
    }

    /// Whether the co-op was made.
    pub fn is_seeded(&self) -> bool {
        self.folder.join("seeded.txt").exists()
    }

    /// Whether nothing was made yet.
    pub fn is_new(&self) -> bool {
        !self.folder.join("contract.json").exists()
    }

    /// Where the chain keeps its files.
    pub fn chain(&self) -> PathBuf {
        self.folder.join("chain")
    }

    /// The contract, once it is there.
    pub fn contract(&self) -> anyhow::Result<Option<Contract>> {
        match fs::read_to_string(self.folder.join("contract.json")) {
            Ok(text) => Ok(Some(
                serde_json::from_str(&text).context("contract.json is malformed; use --fresh")?,
            )),
            Err(_) => Ok(None),
        }
    }

    /// Remembers the contract.
    pub fn keep_contract(&self, contract: &Contract) -> anyhow::Result<()> {
        self.write_secret("contract.json", &serde_json::to_string_pretty(contract)?)
    }

    /// A password that stays the same from run to run.
    pub fn password(&self, role: &str) -> anyhow::Result<String> {
        let name = format!("password-{role}");
        match fs::read_to_string(self.folder.join(&name)) {
            Ok(password) => Ok(password),
            Err(_) => {
                let password = devstack::random_secret()?;
                self.write_secret(&name, &password)?;
                Ok(password)
            }
        }
    }

    /// Writes a file that its owner alone can read.
    pub fn write_secret(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.folder.join(name);
        let _ = fs::remove_file(&path);
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        file.write_all(text.as_bytes())?;
        Ok(())
    }

    /// What the person is told: what the seed said, what to try, and where things are.
    pub fn welcome(&self, port: u16, chain_url: &str) -> anyhow::Result<String> {
        let seeded =
            fs::read_to_string(self.folder.join("seeded.txt")).context("the seed left no word; use --fresh")?;
        let folder = self.folder.display();
        let seeded = seeded.trim();
        Ok(format!(
            "
Rochdale runs on http://localhost:{port}, and http://localhost:{port}/story leads through it, in English and Chinese.

{seeded}

What to try:
  - sign in as the member: one motion and one election wait for a vote, and casting it again replaces it
  - read the motion that has passed, and download its bundle; anyone can check it, without trusting this server:
      cargo run -p audit -- verify BUNDLE --rpc {chain_url}
  - sign in as the steward: somebody would like to join, and a proposal is being discussed
  - sign in as the treasurer: what members used in a week was charged, shared by the rule they adopted, approved by two, paid by a file for the
    bank, or by claim on the chain to the member's wallet, and closed; what guests paid since waits in a second cycle, which the steward and the
    auditor approve
  - with a model of this machine (`cargo xtask llm --setup-only` once, before a fresh start): as the member, chat under AI tools until the
    allowance ends, vote for the motion that raises it (the others have), and ask again

The API is described on http://localhost:{port}/api/docs. Mails are files in {folder}/mailbox,
the server's log is {folder}/rochdale.log.
Ctrl-C stops everything; `cargo xtask demo` goes on, `cargo xtask demo --fresh` starts over."
        ))
    }
}

fn empty(folder: &Path) -> anyhow::Result<()> {
    devstack::postgres::discard(&folder.join("postgres"))?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.ends_with("lock") {
            continue;
        }
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_stay_until_a_fresh_start_and_are_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path(), false).unwrap();
        let password = state.password("app").unwrap();
        assert_eq!(state.password("app").unwrap(), password);
        let mode = fs::metadata(folder.path().join("password-app"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(State::open(folder.path(), false).is_err(), "two at once");
        drop(state);
        let state = State::open(folder.path(), true).unwrap();
        assert_ne!(state.password("app").unwrap(), password);
    }
}
