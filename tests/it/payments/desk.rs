//! Somebody at a terminal: `rochdale treasurer` as a process with a session of its own.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use tests::app::TestApp;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::decisions::world::Insider;
use crate::identity::{PASSWORD, owner};

/// Somebody at a terminal.
pub struct Desk {
    program: PathBuf,
    /// Where its session is kept.
    pub session: PathBuf,
}

/// What a command said.
pub struct Said {
    status: i32,
    /// On standard output.
    pub output: String,
    /// On standard error.
    pub aside: String,
}

impl Said {
    #[track_caller]
    pub fn well(self) -> String {
        assert_eq!(self.status, 0, "{}{}", self.output, self.aside);
        self.output
    }

    #[track_caller]
    pub fn json(self) -> Value {
        let text = self.well();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    #[track_caller]
    pub fn refused(self, why: &str) {
        assert_eq!(self.status, 1, "{}{}", self.output, self.aside);
        assert!(self.aside.contains(why), "{}", self.aside);
    }
}

impl Desk {
    pub fn new(program: &Path, folder: &Path, name: &str) -> Self {
        Self {
            program: program.to_path_buf(),
            session: folder.join(name).join("session.json"),
        }
    }

    /// Runs a command and types this.
    pub async fn types(&self, typed: &str, arguments: &[&str]) -> Said {
        let mut command = Command::new(&self.program);
        command
            .arg("treasurer")
            .args(arguments)
            .arg("--session")
            .arg(&self.session);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(typed.as_bytes()).await.unwrap();
        drop(input);
        let Output { status, stdout, stderr } = child.wait_with_output().await.unwrap();
        Said {
            status: status.code().unwrap(),
            output: String::from_utf8(stdout).unwrap(),
            aside: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Runs a command that asks nothing.
    pub async fn does(&self, arguments: &[&str]) -> Said {
        self.types("", arguments).await
    }

    /// Signs somebody in, with the password of the tests.
    pub async fn signs_in(&self, slug: &str, who: &Insider, server: &str) -> Said {
        let asked = ["--server", server, "--coop", slug, "--email", &who.person.email];
        self.types(&format!("{PASSWORD}\n"), &[&["sign-in"], &asked[..]].concat())
            .await
    }
}

/// Gives people the password of the tests.
pub async fn give_passwords(app: &TestApp, people: &[&Insider]) {
    let known = owner(app, "Known").await;
    let client = app.database.superuser().await;
    for who in people {
        let copied =
            "UPDATE account SET password_hash = (SELECT password_hash FROM account WHERE id = $1) WHERE id = $2";
        let ids: [uuid::Uuid; 2] = [known.id.uuid(), who.person.account.uuid()];
        assert_eq!(client.execute(copied, &[&ids[0], &ids[1]]).await.unwrap(), 1);
    }
}
