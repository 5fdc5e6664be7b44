//! Checks every invariant of a database and what was published from it, and says of each whether it holds.
//!
//! `check --database-url URL [--rpc URL] [--bundles FOLDER] [--journal FILE] [--secrets FOLDER] [--mailbox FOLDER]
//! [--log FILE] [--at-rest]`; the URL is that of a superuser, who sees every row. What is left out is not looked at, and of the
//! invariants that need it that is said. With `--at-rest` nothing that is due may be left. The exit status is 0 if none is found
//! broken, 1 if one is, 3 for wrong usage.

#![allow(
    clippy::expect_used,
    reason = "an operator's tool for test databases; it stops where it cannot look"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chain::{EndpointPin, RpcChain, RpcSettings};
use tests::checker::chains::Source;
use tests::checker::journal::Journal;
use tests::checker::{Evidence, Sources, all};
use tests::database::connect;
use uuid::Uuid;

const USAGE: &str = "check --database-url URL [--rpc URL] [--bundles FOLDER] [--journal FILE] [--secrets FOLDER] \
    [--mailbox FOLDER] [--log FILE] [--at-rest]";

#[tokio::main]
async fn main() -> ExitCode {
    let mut stdout = std::io::stdout();
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        let _ = writeln!(stdout, "{USAGE}");
        return ExitCode::from(3);
    };
    let evidence = Evidence::gather(options.sources().await).await;
    let mut status = ExitCode::SUCCESS;
    for invariant in all() {
        let found = (invariant.check)(&evidence);
        let standing = match (found.is_empty(), invariant.is_looked_at(&evidence)) {
            (false, _) => "BROKEN       ",
            (true, true) => "holds        ",
            (true, false) => "not looked at",
        };
        let _ = writeln!(stdout, "{standing} {:>3} {}", invariant.number, invariant.name);
        for finding in &found {
            status = ExitCode::from(1);
            let _ = writeln!(stdout, "                  {finding}");
        }
    }
    status
}

/// What is asked for.
#[derive(Default)]
struct Options {
    values: BTreeMap<String, String>,
    is_at_rest: bool,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        const NAMES: [&str; 7] = [
            "--database-url",
            "--rpc",
            "--bundles",
            "--journal",
            "--secrets",
            "--mailbox",
            "--log",
        ];
        let mut options = Self::default();
        while let Some(name) = arguments.next() {
            if name == "--at-rest" {
                options.is_at_rest = true;
            } else if NAMES.contains(&name.as_str()) {
                options.values.insert(name, arguments.next()?);
            } else {
                return None;
            }
        }
        options.values.contains_key("--database-url").then_some(options)
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.values.get(name).map(PathBuf::from)
    }

    async fn sources(&self) -> Sources {
        let database_url = self.values["--database-url"].clone();
        let chain = match self.values.get("--rpc") {
            Some(url) => Some(Source::Node(node(url, &database_url).await)),
            None => None,
        };
        let bundles = match self.path("--bundles") {
            Some(folder) => Some(bundles(&folder, &database_url).await),
            None => None,
        };
        Sources {
            journal: self
                .path("--journal")
                .map(|path| Journal::read(&path))
                .unwrap_or_default(),
            mailbox: self.path("--mailbox"),
            secrets: self.path("--secrets"),
            log: self
                .path("--log")
                .map(|path| std::fs::read_to_string(path).expect("the log can be read"))
                .unwrap_or_default(),
            chain,
            bundles,
            server_key: None,
            is_quiet: self.is_at_rest,
            rested_at: None,
            database_url,
        }
    }
}

/// The node, of whatever chain the co-ops are bound to.
async fn node(url: &str, database_url: &str) -> RpcChain {
    let client = connect(database_url).await;
    let query = "SELECT chain_id FROM coop WHERE chain_id IS NOT NULL LIMIT 1";
    let row = client.query_one(query, &[]).await.expect("a co-op on a chain");
    let chain_id: i64 = row.get(0);
    let pin = EndpointPin {
        chain_id: chain_id.unsigned_abs(),
        genesis: None,
    };
    RpcChain::connect(url.parse().expect("an address"), pin, RpcSettings::default())
        .await
        .expect("the node answers")
}

/// Bundles by co-op and proposal; the proposal stands at the end of each file's name.
async fn bundles(folder: &Path, database_url: &str) -> BTreeMap<(Uuid, Uuid), Vec<u8>> {
    const UUID_LENGTH: usize = 36;
    let client = connect(database_url).await;
    let mut bundles = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let start = name.len().saturating_sub(UUID_LENGTH);
        let Some(proposal) = name.get(start..).and_then(|id| id.parse::<Uuid>().ok()) else {
            continue;
        };
        let rows = client
            .query("SELECT coop_id FROM proposal WHERE id = $1", &[&proposal])
            .await;
        if let Some(row) = rows.expect("the proposals").first() {
            bundles.insert(
                (row.get(0), proposal),
                std::fs::read(&path).expect("a bundle can be read"),
            );
        }
    }
    bundles
}
