//! Serving and working.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use anyhow::{Context as _, bail};
use server::app::App;
use server::chain_link::ChainLink;
use server::config::Config;
use server::secrets::Secrets;
use server::services::jobs;
use store::{Durability, Store, StoreConfig};
use tokio::sync::watch;

/// How long to wait for the database at the start, in seconds: containers often start together.
const PATIENCE_SECONDS: u64 = 30;

/// Puts the application together and refuses an unsafe database.
pub async fn application(config: Config) -> anyhow::Result<App> {
    let secrets = Secrets::load(&config.secrets.folder)?;
    let store = Store::connect(&StoreConfig {
        app_url: config.database.app_url.clone(),
        global_url: config.database.global_url.clone(),
        app_connections: config.database.app_connections,
        global_connections: config.database.global_connections,
        wait: Duration::from_millis(config.database.wait_ms),
    })?;
    let durability = if config.database.waive_durability {
        Durability::Waived
    } else {
        Durability::Required
    };
    check(&store, durability).await?;
    let chain = config.chain.as_ref().map(ChainLink::new).transpose()?;
    App::new(config, store, secrets, chain)
}

async fn check(store: &Store, durability: Durability) -> anyhow::Result<()> {
    let mut waited = 0;
    loop {
        match store.check(durability).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(unsafe_database)) => bail!("refusing to start: {unsafe_database}"),
            Err(error) if waited < PATIENCE_SECONDS => {
                tracing::warn!(error.cause = %error, "the database does not answer yet");
                tokio::time::sleep(Duration::from_secs(1)).await;
                waited += 1;
            }
            Err(error) => {
                return Err(error).context("the database does not answer; is it running, and are its addresses right?");
            }
        }
    }
}

/// Serves until told to stop.
pub async fn serve(config: Config, with_worker: bool) -> anyhow::Result<()> {
    // The socket first: a port that is taken is the commonest mistake and needs no database to be seen.
    let address = config.server.address.clone();
    let listener = TcpListener::bind(&address).with_context(|| {
        format!("cannot listen on {address}: another program may use the port; choose one with server.address")
    })?;
    let app = Data::from(Arc::new(application(config).await?));
    let server = server::serve::start(app.clone(), listener)?;
    let handle = server.handle();
    let (stop, stopped) = watch::channel(false);
    let worker = with_worker.then(|| tokio::spawn(jobs::run_worker(app.clone().into_inner(), stopped)));
    tracing::info!(server.address = %address, "serving");
    let serving = tokio::spawn(server);
    signal().await?;
    tracing::info!("stopping");
    let _ = stop.send(true);
    handle.stop(true).await;
    serving.await??;
    if let Some(worker) = worker {
        worker.await?;
    }
    Ok(())
}

/// Works until told to stop.
pub async fn work(config: Config) -> anyhow::Result<()> {
    let app = Arc::new(application(config).await?);
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(jobs::run_worker(app, stopped));
    signal().await?;
    let _ = stop.send(true);
    worker.await?;
    Ok(())
}

/// Brings the schema up to date.
pub async fn migrate(config: Config) -> anyhow::Result<()> {
    let url = config
        .database
        .migrate_url
        .context("database.migrate_url is not set; it names a role that may act as rochdale_owner")?;
    let ran = store::migrate(&url).await?;
    if ran.is_empty() {
        return super::say("The schema is up to date.");
    }
    for name in ran {
        super::say(format_args!("Ran {name}"))?;
    }
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
async fn signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
