//! A real chain of its own for one test.

use devstack::anvil::Mining;
use devstack::{Anvil, AnvilOptions};

use crate::data::{not_run, repository};

/// A running anvil on a free port, with quick finality; it stops with the value.
#[derive(Debug)]
pub struct TestChain {
    anvil: Anvil,
    _folder: tempfile::TempDir,
}

impl TestChain {
    /// Starts a chain. `None`, with a line for the list of what was not run, where anvil is not installed.
    pub async fn start(test: &str, mining: Mining) -> Option<Self> {
        let Ok(program) =
            AnvilOptions::find_program(&[&repository().join("contracts"), &repository().join(".local/npm")])
        else {
            not_run(test, "anvil is missing; run `npm ci` in contracts/");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut options = AnvilOptions::new(&program, folder.path());
        options.mining = mining;
        let started = tokio::task::spawn_blocking(move || Anvil::start(&options)).await;
        let anvil = started.expect("starting does not panic").expect("anvil starts");
        Some(Self { anvil, _folder: folder })
    }

    /// Its JSON-RPC address.
    #[must_use]
    pub fn url(&self) -> String {
        self.anvil.url()
    }

    /// Its chain id.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        31_337
    }
}
