//! The session of whoever runs a treasurer's command, kept in a file that its owner alone can read.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use governance::id::CoopId;
use reqwest::StatusCode;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::{Host, Url};
use wire::account::SessionBody;
use wire::coop::{CoopPage, CoopSummary};

use super::client;
use super::terminal;

const COOKIE_NAME: &str = "__Host-rochdale_refresh";
/// How long to wait for a connection.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Longer than the longest step of a cycle, which the server ends after ten minutes.
const ANSWER_TIME: Duration = Duration::from_secs(660);

#[derive(clap::Args)]
pub struct SignIn {
    /// The address of the server, such as https://vote.example.org.
    #[arg(long, value_name = "URL")]
    server: Url,
    /// The co-op's short name.
    #[arg(long, value_name = "SLUG")]
    coop: String,
    /// The address of the account. The password is asked for, or read as the first line where nobody types.
    #[arg(long)]
    email: String,
}

/// What the file holds.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    server: String,
    coop: CoopId,
    slug: String,
    email: String,
    access: String,
    refresh: String,
}

/// A session with a server, in one co-op.
pub struct Session {
    path: PathBuf,
    server: Url,
    kept: Kept,
}

impl Session {
    /// Begins a session and keeps it.
    pub async fn begin(path: PathBuf, asked: SignIn) -> anyhow::Result<(Self, CoopSummary)> {
        let SignIn { server, coop, email } = asked;
        let http = connect(&server)?;
        let password = terminal::password()?;
        let body = json!({"email": email, "password": password.reveal()});
        let answer = http.post(at(&server, "sessions")?).json(&body).send().await?;
        let (access, refresh) = read(answer).await?;
        let own = coop_of(&http, &server, &access, &coop).await?;
        let kept = Kept {
            coop: own.id,
            slug: coop,
            server: server.to_string(),
            email,
            access,
            refresh,
        };
        let session = Self { path, server, kept };
        session.keep()?;
        Ok((session, own))
    }

    /// The session that was kept.
    pub fn load(path: PathBuf) -> anyhow::Result<Self> {
        let kept = kept(&path)?;
        let server = kept.server.parse().context("the session is of no server")?;
        Ok(Self { path, server, kept })
    }

    /// Prolongs it, once even where several commands run: the others find what the first one kept.
    pub async fn prolong(&mut self, http: &reqwest::Client) -> anyhow::Result<()> {
        let beside = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(self.path.with_extension("lock"))?;
        beside.lock()?;
        let now = kept(&self.path)?;
        if now.access != self.kept.access {
            self.kept = now;
            return Ok(());
        }
        let request = http.post(at(&self.server, "sessions/refresh")?);
        let request = request.header("x-rochdale-refresh", "1");
        let request = request.header(COOKIE, format!("{COOKIE_NAME}={}", self.kept.refresh));
        let read = read(request.send().await?).await;
        let (access, refresh) =
            read.context("the session has ended; sign in again with `rochdale treasurer sign-in`")?;
        (self.kept.access, self.kept.refresh) = (access, refresh);
        self.keep()
    }

    /// Ends it, here even where the server knows it no more.
    pub async fn end(self) -> anyhow::Result<()> {
        let http = connect(&self.server)?;
        let request = http.delete(at(&self.server, "sessions/current")?);
        let answer = request.bearer_auth(&self.kept.access).send().await;
        fs::remove_file(&self.path)?;
        let status = answer?.status();
        ensure!(
            status.is_success() || status == StatusCode::UNAUTHORIZED,
            "the file is removed, but the server did not end the session; end it in the portal, on the page of your account"
        );
        Ok(())
    }

    /// A client of its server.
    pub fn connect(&self) -> anyhow::Result<reqwest::Client> {
        connect(&self.server)
    }

    /// An address inside its co-op.
    pub fn address(&self, path: &str) -> anyhow::Result<Url> {
        at(&self.server, &format!("coops/{}/{path}", self.kept.coop))
    }

    /// What proves it.
    pub fn access(&self) -> &str {
        &self.kept.access
    }

    /// The co-op's short name, which begins the names of files.
    pub fn slug(&self) -> &str {
        &self.kept.slug
    }

    /// Whole or not at all: a command that dies must not lose the session.
    fn keep(&self) -> anyhow::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = self.path.with_extension("new");
        let mut file: File = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(serde_json::to_string_pretty(&self.kept)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path).context("the session cannot be kept")
    }
}

/// Where a session is kept, unless said.
pub fn usual_path() -> anyhow::Result<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let folder = state.filter(|path| path.is_absolute()).or_else(home);
    let folder = folder.context("HOME is not set; say with --session where to keep the session")?;
    Ok(folder.join("rochdale/treasurer.json"))
}

fn kept(path: &Path) -> anyhow::Result<Kept> {
    let text = fs::read(path).with_context(|| {
        format!(
            "no session is kept in {}; begin one with `rochdale treasurer sign-in`",
            path.display()
        )
    })?;
    serde_json::from_slice(&text).with_context(|| format!("{} holds no session", path.display()))
}

/// A client that sends a password and what proves a session to this server alone, and never in the clear over a network.
fn connect(server: &Url) -> anyhow::Result<reqwest::Client> {
    let is_local = match server.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if server.scheme() != "https" && !(is_local && server.scheme() == "http") {
        bail!("{server} is not asked: the address begins with https://, or names this machine");
    }
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIME)
        .timeout(ANSWER_TIME)
        .redirect(reqwest::redirect::Policy::none());
    if is_local {
        builder = builder.no_proxy();
    }
    Ok(builder.build()?)
}

fn at(server: &Url, path: &str) -> anyhow::Result<Url> {
    Ok(server.join(&format!("/api/v1/{path}"))?)
}

/// The two tokens of a session that began or was prolonged.
async fn read(answer: reqwest::Response) -> anyhow::Result<(String, String)> {
    let cookies = answer.headers().get_all(SET_COOKIE).iter();
    let refresh = cookies.filter_map(|line| line.to_str().ok()).find_map(|line| {
        let (name, value) = line.split(';').next()?.split_once('=')?;
        (name == COOKIE_NAME).then(|| value.to_owned())
    });
    let body: SessionBody = client::read(answer).await?;
    let refresh = refresh.context("the server gave nothing to prolong the session with")?;
    Ok((body.access_token, refresh))
}

async fn coop_of(http: &reqwest::Client, server: &Url, access: &str, slug: &str) -> anyhow::Result<CoopSummary> {
    let mut address = at(server, "coops?limit=100")?;
    for _ in 0..client::PAGES_MAX {
        let answer = http.get(address.clone()).bearer_auth(access).send().await?;
        let page: CoopPage = client::read(answer).await?;
        if let Some(found) = page.items.into_iter().find(|one| one.slug == slug) {
            return Ok(found);
        }
        let Some(cursor) = page.next_cursor else { break };
        address = at(server, "coops?limit=100")?;
        address.query_pairs_mut().append_pair("cursor", &cursor);
    }
    bail!("the account belongs to no co-op called {slug} on this server")
}
