//! What every request can reach: the database, the keys, the settings.

use std::collections::HashMap;
use std::sync::Arc;

use governance::id::{AccountId, CoopId, MemberId, SessionId};
use governance::membership::{Class, Role};
use store::actor::{ActingMember, member_acting, session_live};
use store::{Store, StoreError};
use uuid::Uuid;

use crate::causes;
use crate::chain_link::ChainLink;
use crate::combine::{Combiner, Limits};
use crate::config::Config;
use crate::gateway::Gateway;
use crate::gateway::meter::Meter;
use crate::http::actor::{Actor, SignedIn};
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::routes::system::health::Readiness;
use crate::secrets::Secrets;
use crate::services::access::meter::Books;
use crate::services::access::turns::SharedTurns;
use crate::services::casting::Casting;
use crate::services::identity::Identity;
use crate::services::live::Live;
use crate::tokens::{Named, Tokens};

type Looked<T> = Result<Option<T>, Arc<StoreError>>;

/// The application.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The secrets.
    pub secrets: Arc<Secrets>,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// Whether requests can be served, as it was last looked at.
    pub readiness: Readiness,
    /// The chain, where one is configured.
    pub chain: Option<ChainLink>,
    /// What casting shares between requests.
    pub casting: Casting,
    /// What accounts need: a bounded hasher, limits, a way for mail to leave.
    pub identity: Identity,
    /// What open pages follow.
    pub live: Live,
    /// The models under `/v1`.
    pub gateway: Arc<Gateway>,
    tokens: Tokens,
    sessions: Combiner<(), SessionId, Looked<AccountId>>,
    members: Combiner<CoopId, AccountId, Looked<ActingMember>>,
}

impl App {
    /// Puts it together. Needs a running multi-threaded runtime, which keeps working while request threads come and go.
    ///
    /// # Errors
    /// If a setting or a secret is unusable.
    pub fn new(config: Config, store: Store, secrets: Secrets, chain: Option<ChainLink>) -> anyhow::Result<Self> {
        let (secrets, metrics) = (Arc::new(secrets), Arc::new(Metrics::new()?));
        let tokens = Tokens::new(&secrets, &config.server.public_url)?;
        let gateway = Gateway::new(
            &config.gateway,
            Arc::new(Books::start(store.clone(), Arc::clone(&secrets))),
            Some(Arc::new(SharedTurns::new(store.clone()))),
            metrics.gateway.clone(),
            Arc::clone(&secrets),
        )?;
        let (for_sessions, for_members) = (store.clone(), store.clone());
        Ok(Self {
            identity: Identity::new(&config)?,
            tokens,
            sessions: Combiner::start(Limits::default(), move |(), batch| {
                look_up_sessions(for_sessions.clone(), batch)
            }),
            members: Combiner::start(Limits::default(), move |coop, batch| {
                look_up_members(for_members.clone(), coop, batch)
            }),
            live: Live::new(store.clone()),
            casting: Casting::start(store.clone(), Arc::clone(&metrics)),
            readiness: Readiness::default(),
            gateway,
            chain,
            config,
            store,
            secrets,
            metrics,
        })
    }

    /// The same with calls to models admitted and booked by this meter.
    ///
    /// # Errors
    /// If the gateway cannot be put together.
    pub fn with_meter(mut self, meter: Arc<dyn Meter>) -> anyhow::Result<Self> {
        let (config, metrics) = (&self.config.gateway, self.metrics.gateway.clone());
        self.gateway = Gateway::new(config, meter, None, metrics, Arc::clone(&self.secrets))?;
        Ok(self)
    }

    /// Access tokens.
    #[must_use]
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The person a token names, if the session still lives and belongs to the account that the token names.
    ///
    /// # Errors
    /// 401 where it does not, or if the database fails.
    pub async fn signed_in(&self, named: Named) -> Result<SignedIn, Problem> {
        let account = self.sessions.ask((), named.session).await?.map_err(shared)?;
        if account == Some(named.account) {
            return Ok(SignedIn {
                account: named.account,
                session: named.session,
            });
        }
        Err(Problem::unauthenticated())
    }

    /// The member an account is in a co-op.
    ///
    /// # Errors
    /// 404 where it is none, whether the co-op exists or not.
    pub async fn member<R>(&self, signed_in: SignedIn, coop: CoopId) -> Result<Actor<R>, Problem> {
        let found = self.members.ask(coop, signed_in.account).await?.map_err(shared)?;
        let row = found.ok_or_else(Problem::not_found)?;
        let class = Class::from_name(&row.class).ok_or_else(|| Problem::internal("a member has an unknown class"))?;
        let roles = row.roles.iter().filter_map(|name| Role::from_name(name)).collect();
        Ok(Actor::of(
            signed_in,
            coop,
            MemberId::from_uuid(row.id),
            class,
            row.is_active,
            roles,
        ))
    }
}

/// A failure that several requests share is logged for each and told to each.
fn shared(error: Arc<StoreError>) -> Problem {
    match &*error {
        // A lookup changes nothing, so it does not matter whether it was committed.
        StoreError::Busy | StoreError::Unavailable(_) | StoreError::CommitUnknown(_) => {
            tracing::warn!(error.cause = %causes::chain(&*error), "a lookup failed");
            Problem::busy()
        }
        StoreError::Constraint { .. } | StoreError::Unexpected(_) => {
            Problem::internal(format_args!("a lookup failed: {}", causes::chain(&*error)))
        }
    }
}

async fn look_up_sessions(store: Store, batch: Vec<SessionId>) -> Vec<Looked<AccountId>> {
    let ids: Vec<Uuid> = batch.iter().map(SessionId::uuid).collect();
    match session_live(&store, &ids).await {
        Ok(rows) => {
            let found: HashMap<Uuid, Uuid> = rows.into_iter().map(|row| (row.id, row.account_id)).collect();
            ids.iter()
                .map(|id| Ok(found.get(id).copied().map(AccountId::from_uuid)))
                .collect()
        }
        Err(error) => {
            let error = Arc::new(error);
            ids.iter().map(|_| Err(Arc::clone(&error))).collect()
        }
    }
}

async fn look_up_members(store: Store, coop: CoopId, batch: Vec<AccountId>) -> Vec<Looked<ActingMember>> {
    let accounts: Vec<Uuid> = batch.iter().map(AccountId::uuid).collect();
    let read = async {
        let mut tx = store.coop_tx("member_acting", coop).await?;
        let rows = member_acting(&mut tx, &accounts).await?;
        tx.commit().await?;
        Ok::<_, StoreError>(rows)
    };
    match read.await {
        Ok(rows) => {
            let found: HashMap<Uuid, ActingMember> = rows.into_iter().map(|row| (row.account_id, row)).collect();
            accounts.iter().map(|account| Ok(found.get(account).cloned())).collect()
        }
        Err(error) => {
            let error = Arc::new(error);
            accounts.iter().map(|_| Err(Arc::clone(&error))).collect()
        }
    }
}
