//! A co-op with many members, each with a key on the roll and a session, and their signed ballots, ready to be sent.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use ed25519_dalek::{Signer as _, SigningKey};
use futures_util::SinkExt as _;
use governance::bylaws::Bylaws;
use governance::hash::{Hash32, keccak256, to_hex};
use governance::id::{AccountId, CoopId, MemberId, ProposalId, SessionId};
use governance::record::{BallotV1, Domain, digest, namespace_without_chain};
use serde_json::json;
use server::secrets::{self, Secrets};
use server::tokens::{Named, Tokens};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// The address that tokens and links name.
const PUBLIC_URL: &str = "http://127.0.0.1";

/// The database and the co-op.
pub struct World {
    /// Where files lie.
    pub folder: PathBuf,
    /// The superuser's address.
    pub superuser_url: String,
    /// The password of every role.
    pub password: String,
    /// The port of the database.
    pub port: u16,
    client: Client,
    tokens: Tokens,
    coop: CoopId,
}

/// A proposal and the requests that cast one ballot for each member on its roll.
pub struct Question {
    proposal: ProposalId,
    /// Whole HTTP requests.
    pub requests: Vec<Bytes>,
}

impl World {
    /// Migrates, and founds the co-op.
    pub async fn make(postgres: &devstack::Postgres, folder: &Path) -> anyhow::Result<Self> {
        let superuser_url = postgres.superuser_url("postgres");
        store::migrate(&superuser_url).await?;
        let (client, connection) = tokio_postgres::connect(&superuser_url, NoTls).await?;
        tokio::spawn(connection);
        let password = hex_digits(&secrets::random()?);
        for role in ["rochdale_app", "rochdale_global"] {
            client
                .batch_execute(&format!("ALTER ROLE {role} PASSWORD '{password}'"))
                .await?;
        }
        secrets::make(&folder.join("secrets"))?;
        let tokens = Tokens::new(&Secrets::load(&folder.join("secrets"))?, PUBLIC_URL)?;
        let coop = CoopId::from_uuid(Uuid::now_v7());
        let namespace = namespace_without_chain(coop);
        client
            .batch_execute(&format!(
                "INSERT INTO coop (id, slug, name, namespace, recorded_by)
                 VALUES ('{coop}', 'bench', 'Bench', '\\x{}', 'bench');
                 INSERT INTO member (coop_id, id, display_name, class, status, recorded_by)
                 VALUES ('{coop}', '{coop}', 'author', 'worker', 'active', 'bench');
                 INSERT INTO bylaws (coop_id, version, content, salt, record_hash, adopted_at, recorded_by)
                 VALUES ('{coop}', 1, '{}', sha256('a'), sha256('a'), now(), 'bench');",
                hex_digits(namespace.as_bytes()),
                serde_json::to_string(&Bylaws::founding())?
            ))
            .await?;
        Ok(Self {
            folder: folder.to_path_buf(),
            superuser_url,
            password,
            port: postgres.port(),
            client,
            tokens,
            coop,
        })
    }

    /// A connection as superuser.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The co-op.
    pub const fn coop(&self) -> CoopId {
        self.coop
    }

    /// A token of an account, for the header.
    pub fn token(&self, account: AccountId, session: SessionId) -> anyhow::Result<String> {
        let now = chrono::Utc::now().timestamp().unsigned_abs();
        Ok(self.tokens.issue(Named { account, session }, now, Uuid::now_v7())?)
    }

    /// The database's address for a role.
    pub fn url(&self, role: &str) -> String {
        format!("postgres://{role}:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    /// A configuration file for the server on this port.
    pub fn configuration(&self, port: u16) -> anyhow::Result<PathBuf> {
        let config = toml::toml! {
            [server]
            workers = 2
        };
        let mut table = config;
        let section = |entries: &[(&str, toml::Value)]| {
            toml::Value::Table(
                entries
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), value.clone()))
                    .collect(),
            )
        };
        table.insert(
            "server".into(),
            section(&[
                ("address", format!("127.0.0.1:{port}").into()),
                ("public_url", PUBLIC_URL.into()),
                ("workers", toml::Value::Integer(2)),
            ]),
        );
        table.insert(
            "database".into(),
            section(&[
                ("app_url", self.url("rochdale_app").into()),
                ("global_url", self.url("rochdale_global").into()),
            ]),
        );
        table.insert(
            "secrets".into(),
            section(&[("folder", self.folder.join("secrets").display().to_string().into())]),
        );
        table.insert(
            "log".into(),
            section(&[("folder", self.folder.join("log").display().to_string().into())]),
        );
        let path = self.folder.join("rochdale.toml");
        std::fs::write(&path, toml::to_string(&table)?)?;
        Ok(path)
    }

    /// Opens a proposal for so many new members and signs a ballot for each.
    pub async fn question(&self, count: usize, with_sessions: bool) -> anyhow::Result<Question> {
        let proposal = ProposalId::from_uuid(Uuid::now_v7());
        let proposal_hash = keccak256(proposal.uuid().as_bytes());
        self.client
            .batch_execute(&format!(
                "INSERT INTO proposal (coop_id, id, kind, bylaws_version, title, body, options, rule, state, author_id,
                    discussed_at, opens_at, closes_at, rule_salt, salt, record_hash, roll_root, roll_count, roll_weight,
                    lot_secret, recorded_by)
                 VALUES ('{0}', '{proposal}', 'motion', 1, 'Bench', '', '{{}}', '{{\"counting\": {{\"method\": \"yes_no\"}}}}', 'open', '{0}',
                    now(), now(), now() + interval '1 day', sha256('a'), sha256('a'), '\\x{1}', sha256('a'), {count}, {count},
                    sha256('a'), 'bench')",
                self.coop,
                hex_digits(proposal_hash.as_bytes())
            ))
            .await?;
        let members: Vec<Member> = (0..count).map(|_| Member::new()).collect::<anyhow::Result<_>>()?;
        self.copy_members(&members, proposal, with_sessions).await?;
        let domain = Domain {
            namespace: namespace_without_chain(self.coop),
            chain: None,
        };
        let now = chrono::Utc::now().timestamp().unsigned_abs();
        let requests = members
            .iter()
            .map(|member| {
                let token = if with_sessions {
                    let named = Named {
                        account: member.account,
                        session: member.session,
                    };
                    Some(self.tokens.issue(named, now, Uuid::now_v7())?)
                } else {
                    None
                };
                self.request(&domain, (proposal, proposal_hash), member, token.as_deref())
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Question { proposal, requests })
    }

    async fn copy_members(&self, members: &[Member], proposal: ProposalId, with_sessions: bool) -> anyhow::Result<()> {
        let coop = self.coop;
        if with_sessions {
            self.copy(
                "account (id, email, display_name, password_hash, recorded_by)",
                members,
                |member| format!("{0}\t{0}@demo.example\tbench\t$argon2id$none\tbench\n", member.account),
            )
            .await?;
            self.copy("session (id, account_id, expires_at, recorded_by)", members, |member| {
                format!("{}\t{}\tinfinity\tbench\n", member.session, member.account)
            })
            .await?;
        }
        self.copy(
            "member (coop_id, id, account_id, display_name, class, status, recorded_by)",
            members,
            |member| {
                let account = if with_sessions {
                    member.account.to_string()
                } else {
                    String::from("\\N")
                };
                format!("{coop}\t{}\t{account}\tbench\tuser\tactive\tbench\n", member.id)
            },
        )
        .await?;
        self.copy(
            "roll_entry (coop_id, proposal_id, member_id, weight, recorded_by)",
            members,
            |member| format!("{coop}\t{proposal}\t{}\t1\tbench\n", member.id),
        )
        .await?;
        self.copy(
            "roll_key (coop_id, proposal_id, member_id, kind, public_key, registered_sequence, recorded_by)",
            members,
            |member| {
                let key = hex_digits(member.key.verifying_key().as_bytes());
                format!("{coop}\t{proposal}\t{}\t4\t\\\\x{key}\t1\tbench\n", member.id)
            },
        )
        .await?;
        self.client.batch_execute("ANALYZE; CHECKPOINT").await?;
        Ok(())
    }

    async fn copy(&self, table: &str, members: &[Member], line: impl Fn(&Member) -> String) -> anyhow::Result<()> {
        let sink = self.client.copy_in(&format!("COPY {table} FROM STDIN")).await?;
        tokio::pin!(sink);
        for chunk in members.chunks(1_000) {
            let lines: String = chunk.iter().map(&line).collect();
            sink.send(Bytes::from(lines)).await?;
        }
        sink.finish().await?;
        Ok(())
    }

    fn request(
        &self,
        domain: &Domain,
        (proposal, proposal_hash): (ProposalId, Hash32),
        member: &Member,
        token: Option<&str>,
    ) -> anyhow::Result<Bytes> {
        let salt = random()?;
        let ballot = BallotV1 {
            namespace: domain.namespace,
            proposal: proposal.word(),
            proposal_hash,
            voter: member.id.word(),
            revision: 1,
            options: vec![0],
            points: vec![1],
            reason: Hash32::ZERO,
            salt,
        };
        let signature = member.key.sign(digest(domain, &ballot).as_bytes()).to_bytes();
        let body = json!({
            "voter": member.id, "revision": 1, "options": [0], "points": [1], "reason": null, "salt": salt,
            "signature": {
                "kind": "ed25519",
                "public_key": to_hex(member.key.verifying_key().as_bytes()),
                "signature": to_hex(&signature),
            },
        })
        .to_string();
        let authorization = token
            .map(|token| format!("authorization: Bearer {token}\r\n"))
            .unwrap_or_default();
        Ok(Bytes::from(format!(
            "POST /api/v1/coops/{}/proposals/{proposal}/ballots HTTP/1.1\r\nhost: 127.0.0.1\r\n{authorization}\
             idempotency-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.coop,
            Uuid::now_v7(),
            body.len()
        )))
    }
}

impl Question {
    /// Makes sure that exactly the acknowledged ballots are stored.
    pub async fn check(&self, world: &World, acknowledged: usize) -> anyhow::Result<()> {
        let row = world
            .client
            .query_one(
                "SELECT count(*) FROM ballot WHERE proposal_id = $1",
                &[&self.proposal.uuid()],
            )
            .await?;
        let stored: i64 = row.get(0);
        anyhow::ensure!(
            usize::try_from(stored) == Ok(acknowledged),
            "{acknowledged} acknowledged, {stored} stored"
        );
        Ok(())
    }
}

struct Member {
    id: MemberId,
    account: AccountId,
    session: SessionId,
    key: SigningKey,
}

impl Member {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            id: MemberId::from_uuid(Uuid::now_v7()),
            account: AccountId::from_uuid(Uuid::now_v7()),
            session: SessionId::from_uuid(Uuid::now_v7()),
            key: SigningKey::from_bytes(random()?.as_bytes()),
        })
    }
}

fn random() -> anyhow::Result<Hash32> {
    Ok(Hash32::from_bytes(secrets::random()?))
}

fn hex_digits(bytes: &[u8]) -> String {
    to_hex(bytes).trim_start_matches("0x").to_owned()
}
