//! Serving and working.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use anyhow::{Context as _, bail};
use server::app::App;
use server::causes;
use server::chain_link::ChainLink;
use server::config::Config;
use server::secrets::Secrets;
use server::services::jobs;
use store::{Durability, Store, StoreConfig};
use tokio::sync::watch;

use super::parts::Parts;

/// How long to wait for the database at the start, in seconds: containers often start together.
const PATIENCE_SECONDS: u64 = 30;

/// Puts the application together and refuses an unsafe database.
pub async fn application(config: Config) -> anyhow::Result<App> {
    config.check().context("refusing to start")?;
    let secrets = Secrets::load(&config.secrets.folder)?;
    let store = Store::connect(&StoreConfig {
        app_url: config.database.app_url.clone(),
        global_url: config.database.global_url.clone(),
        app_connections: config.database.app_connections,
        global_connections: config.database.global_connections,
        wait: Duration::from_millis(config.database.wait_ms),
    })?;
    check(&store, config.database.durability()).await?;
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
                tracing::warn!(error.cause = %causes::chain(&error), "the database does not answer yet");
                tokio::time::sleep(Duration::from_secs(1)).await;
                waited += 1;
            }
            Err(error) => {
                return Err(error).context("the database does not answer; is it running, and are its addresses right?");
            }
        }
    }
}

/// Serves until told to stop, or until a part of it ends by itself, which is a failure.
pub async fn serve(config: Config, with_worker: bool) -> anyhow::Result<()> {
    // The socket first: a port that is taken is the commonest mistake and needs no database to be seen.
    let address = config.server.address.clone();
    let listener = listen(&address, "server.address")?;
    let app = Data::from(Arc::new(application(config).await?));
    let server = server::serve::start(app.clone(), listener)?;
    let handle = server.handle();
    let (stop, stopped) = watch::channel(false);
    let mut parts = Parts::default();
    if with_worker {
        parts.start("the worker", working(app.clone().into_inner(), stopped));
    }
    tracing::info!(server.address = %address, "serving");
    parts.start("the server", async move { Ok(server.await?) });
    let stopping = async move {
        let _ = stop.send(true);
        // Whoever follows something would keep the server for minutes.
        app.live.stop();
        handle.stop(true).await;
        app.gateway.booked().await;
    };
    parts.until(signal(), stopping).await
}

/// Works until told to stop, or until a part of it ends by itself, which is a failure. Where an address is configured, monitoring
/// finds its pages there.
pub async fn work(config: Config) -> anyhow::Result<()> {
    let address = config.server.worker_address.clone();
    let listener = address
        .as_deref()
        .map(|address| listen(address, "server.worker_address"))
        .transpose()?;
    let app = Arc::new(application(config).await?);
    let (stop, stopped) = watch::channel(false);
    let mut parts = Parts::default();
    let mut pages = None;
    if let Some(listener) = listener {
        let server = server::serve::start_for_monitoring(Data::from(Arc::clone(&app)), listener)?;
        pages = Some(server.handle());
        parts.start("the server for monitoring", async move { Ok(server.await?) });
    }
    parts.start("the worker", working(app, stopped));
    tracing::info!(server.worker_address = address.as_deref().unwrap_or("none"), "working");
    let stopping = async move {
        let _ = stop.send(true);
        if let Some(pages) = pages {
            pages.stop(true).await;
        }
    };
    parts.until(signal(), stopping).await
}

fn listen(address: &str, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address}: another program may use the port; choose one with {key}"))
}

async fn working(app: Arc<App>, stopped: watch::Receiver<bool>) -> anyhow::Result<()> {
    jobs::run_worker(app, stopped).await;
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
