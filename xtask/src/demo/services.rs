//! The programs around the server, and what they need before it can start.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use devstack::anvil::{FIRST_ACCOUNT_KEY, Mining};
use devstack::postgres::Binaries;
use devstack::{Anvil, AnvilOptions, Port, Postgres, PostgresOptions, http, require_free_port};

use super::settings::Settings;
use super::state::{Contract, State};
use super::{At, claims};
use crate::progress::{Step, say};
use crate::{place, run};

/// Where wallets look for a local chain; taken if it is free.
const CHAIN_PORT: u16 = 8545;
/// The chain's id (EIP-155).
const CHAIN_ID: u64 = 31_337;
/// Seconds from block to block: often enough to see an anchor become final, two blocks later, without waiting.
const BLOCK_SECONDS: u64 = 2;
/// Where the program keeps its secrets.
const SECRETS: &str = "secrets";

/// Starts the database; makes its roles, with passwords, the first time.
pub fn start_postgres(state: &State) -> anyhow::Result<Postgres> {
    let mut options = PostgresOptions::new(&state.postgres(), Binaries::find_or_fetch(&place::local_npm())?);
    options.first_statements = vec![
        String::from("CREATE ROLE rochdale_owner NOLOGIN NOBYPASSRLS"),
        role("rochdale_app", &state.password("app")?),
        role("rochdale_global", &state.password("global")?),
        String::from("CREATE DATABASE rochdale"),
    ];
    Ok(Postgres::start(&options)?)
}

fn role(name: &str, password: &str) -> String {
    format!("CREATE ROLE {name} LOGIN NOBYPASSRLS PASSWORD '{password}'")
}

/// Starts the chain where it stopped. Where there are claims, a new one begins as long ago as a root of claims waits: the seed lets that
/// time pass, and the chain comes to today.
pub fn start_chain(state: &State, has_books: bool) -> anyhow::Result<Anvil> {
    let program = AnvilOptions::find_program(&[&place::root().join("contracts"), &place::local_npm()])?;
    let mut options = AnvilOptions::new(&program, &state.chain());
    options.port = if require_free_port(CHAIN_PORT).is_ok() {
        Port::Fixed(CHAIN_PORT)
    } else {
        Port::Free
    };
    if has_books && state.is_new() {
        options.begins_at = Some(claims::day_ago()?);
    }
    options.keeps_state = true;
    options.chain_id = CHAIN_ID;
    options.mining = Mining::EverySeconds(BLOCK_SECONDS);
    Ok(Anvil::start(&options)?)
}

/// Secrets, contract, configuration, schema and seed: whatever is missing.
pub fn prepare(state: &State, program: &Path, postgres: &Postgres, chain: &Anvil, at: At<'_>) -> anyhow::Result<()> {
    let step = Step::begin("secrets, contract, schema and a small co-op");
    rochdale(state, program, &["admin", "make-secrets", SECRETS], &[])?;
    if !state.folder.join("poster_key").exists() {
        state.write_secret("poster_key", FIRST_ACCOUNT_KEY)?;
    }
    let contract = contract(state, program, chain)?;
    // One that was made before this file was written goes on without.
    let demonstration = (!state.is_seeded() || state.demonstration().exists()).then(|| state.demonstration());
    let settings = Settings {
        port: at.port,
        postgres_port: postgres.port(),
        app_password: &state.password("app")?,
        global_password: &state.password("global")?,
        chain_url: &chain.url(),
        contract: &contract,
        folder: &state.folder,
        demonstration: demonstration.as_deref(),
        models: at.models,
    };
    state.write_secret("rochdale.toml", &settings.text())?;
    // The superuser's password is for this one command and stays out of the server's configuration.
    let superuser = postgres.superuser_url("rochdale");
    rochdale(
        state,
        program,
        &["migrate"],
        &[("ROCHDALE_DATABASE__MIGRATE_URL", &superuser)],
    )?;
    if !state.is_seeded() {
        let mut arguments = vec![String::from("admin"), String::from("seed-demo")];
        if let Some([language, embeddings]) = at.shared {
            arguments.extend([
                format!("--language={language}/v1"),
                format!("--embeddings={embeddings}/v1"),
            ]);
        }
        if at.has_books {
            let island = claims::deploy(state, program, chain)?;
            arguments.extend([
                format!("--distributor={}", island.distributor),
                format!("--token={}", island.token),
            ]);
        } else {
            arguments.push(String::from("--without-books"));
        }
        let _ = std::fs::remove_file(state.demonstration());
        arguments.push(format!("--demonstration={}", state.demonstration().display()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let said = rochdale(state, program, &arguments, &[])
            .context("a seed that was interrupted is not taken up again: run `cargo xtask demo --fresh`")?;
        state.write_secret("seeded.txt", &said)?;
    }
    step.end("ok", "");
    Ok(())
}

/// The contract of the chain; made where there is none.
fn contract(state: &State, program: &Path, chain: &Anvil) -> anyhow::Result<Contract> {
    if let Some(contract) = state.contract()? {
        if has_code(chain, &contract.contract)? {
            return Ok(contract);
        }
        bail!(
            "the chain in .local/demo has lost the contract, so earlier anchors cannot be checked; run `cargo xtask demo --fresh`"
        );
    }
    let said = create(state, program, chain, &["deploy-contract"])?;
    let contract = Contract {
        contract: word(&said, "contract")?,
        genesis: word(&said, "genesis")?,
    };
    state.keep_contract(&contract)?;
    Ok(contract)
}

/// Has the program create a contract with the first account of the chain; what it printed.
pub fn create(state: &State, program: &Path, chain: &Anvil, command: &[&str]) -> anyhow::Result<String> {
    let (url, id) = (chain.url(), CHAIN_ID.to_string());
    let by = ["--rpc-url", &url, "--chain-id", &id, "--key-file", "poster_key"];
    rochdale(state, program, &[&["admin"], command, &by].concat(), &[])
}

/// A value that the program printed as `name = "value"`.
pub fn word(said: &str, name: &str) -> anyhow::Result<String> {
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
    line.map(|value| value.trim_matches('"').to_owned())
        .with_context(|| format!("the creation named no {name}: {said}"))
}

fn has_code(chain: &Anvil, address: &str) -> anyhow::Result<bool> {
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"eth_getCode","params":["{address}","latest"]}}"#);
    let (_, answer) = http::post_json(chain.port(), "/", &body)?;
    Ok(!answer.contains("\"result\":\"0x\""))
}

/// Runs a command of the program in the folder of the demonstration; returns what it printed.
fn rochdale(state: &State, program: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(&state.folder)
        .env("ROCHDALE_CONFIG", state.configuration())
        .env("ROCHDALE_LOG", "text")
        .envs(environment.iter().copied())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    say(&run::tail(&String::from_utf8_lossy(&output.stderr)));
    bail!("`rochdale {}` failed", arguments.join(" "))
}
