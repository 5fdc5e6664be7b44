//! Two co-ops with one actor of each kind, and something of each kind in both.

use std::collections::BTreeMap;

use governance::bylaws::Bylaws;
use governance::event::{Event, KeyProof};
use governance::hash::{from_hex, keccak256};
use governance::id::{CoopId, MemberId, VotingKeyId};
use governance::membership::Role;
use governance::record::{BallotV1, ProxyBallotV1, Record as _};
use governance::signature::{PublicKey, SignatureKind};
use serde_json::{Value, json};
use server::services::events;
use server::services::keys::registration;
use store::coop::{EventKind, NewEvent, NewKey, key_insert, member_event_insert};
use store::record::{NewRecord, RecordKind, record_append};
use tests::app::TestApp;
use tests::person::{Anonymous, Person, Reply};
use tests::voter::{Voter, random_word};

use super::{Ask, Operation, Who};
use crate::coops::keys::domain;
use crate::coops::world::{Coop, Insider, found_with, fresh_slug, id};
use crate::money::world::{set, terms};
use crate::revenue::world::{adopt, equal, motion, nothing};

/// Everything the table needs.
pub struct World {
    /// The server.
    pub app: TestApp,
    /// The co-op that is asked about.
    pub coop: Coop,
    /// Another one.
    pub other: Coop,
    /// Things of the other co-op, by the name of the segment in which they would stand.
    pub foreign: BTreeMap<&'static str, String>,
    anonymous: Anonymous,
    stranger: Person,
    insiders: BTreeMap<Who, Insider>,
    elsewhere: Insider,
    database: tokio_postgres::Client,
}

impl World {
    /// Makes it.
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        let fields = || json!({"bylaws": quick_bylaws()});
        let (coop, other) = (found_with(&app, fields()).await, found_with(&app, fields()).await);
        let insiders = BTreeMap::from([
            (Who::Member, coop.insider(&app, "Member", &[]).await),
            (Who::Suspended, coop.suspended(&app, "Suspended").await),
            (
                Who::Treasurer,
                coop.insider(&app, "Treasurer", &[Role::Treasurer]).await,
            ),
            (Who::Auditor, coop.insider(&app, "Auditor", &[Role::Auditor]).await),
            (Who::Steward, coop.insider(&app, "Steward", &[Role::Steward]).await),
        ]);
        let elsewhere = other.insider(&app, "Elsewhere", &[Role::Steward]).await;
        let database = app.database.superuser().await;
        watch_everything(&database).await;
        let stranger = app.person("Stranger").await;
        let mut world = Self {
            anonymous: app.anonymous(),
            foreign: BTreeMap::new(),
            app,
            coop,
            other,
            stranger,
            insiders,
            elsewhere,
            database,
        };
        world.foreign = BTreeMap::from([
            ("member", world.elsewhere.member.to_string()),
            ("invitation", world.invitation(&world.other).await),
            ("application", world.application(&world.other).await),
            ("key", world.key(&world.other, &world.elsewhere).await),
            ("proposal", world.opened(&world.other).await),
            ("comment", world.commented(&world.other).await.1),
            ("webhook", world.webhook(&world.other).await),
            ("access_key", world.foreign_access_key().await),
            ("tool", world.tool(&world.other).await),
            ("journal", world.posted(&world.other).await),
        ]);
        world.adopt_rule().await;
        world
    }

    /// The membership of an actor; of the plain member for who has none here.
    pub fn insider(&self, who: Who) -> &Insider {
        self.insiders.get(&who).unwrap_or(&self.insiders[&Who::Member])
    }

    /// The address of a person with a session, for what nobody else may read.
    pub fn addresses(&self, but: Who) -> Vec<&str> {
        let insiders = self
            .insiders
            .iter()
            .filter(|(who, _)| **who != but)
            .map(|(_, one)| one.person.email.as_str());
        let mut all: Vec<&str> = insiders.collect();
        all.extend([self.coop.founder.email.as_str(), self.other.founder.email.as_str()]);
        if but != Who::Stranger {
            all.push(&self.stranger.email);
        }
        if but != Who::Elsewhere {
            all.push(&self.elsewhere.person.email);
        }
        all
    }

    /// A member made for one request, and the version.
    pub async fn target(&self, roles: &[Role]) -> (Insider, &'static str) {
        (self.coop.insider(&self.app, "Target", roles).await, "\"1\"")
    }

    /// The version of a member of the co-op.
    pub async fn version(&self, insider: &Insider) -> String {
        let path = self.coop.path(&format!("members/{}", insider.member));
        self.coop.founder.get(&path).send().await.etag().unwrap()
    }

    /// An invitation made for one request.
    pub async fn invitation(&self, coop: &Coop) -> String {
        // Another address each time: an invitation that is open already is not made again.
        let email = format!("guest-{}@demo.example", uuid::Uuid::now_v7().simple());
        let body = json!({"email": email, "class": "user"});
        text(
            &coop
                .founder
                .post(&coop.path("invitations"))
                .json(&body)
                .send()
                .await
                .expect(201)["id"],
        )
    }

    /// A transaction of the books, posted for one request.
    pub async fn posted(&self, coop: &Coop) -> String {
        let treasurer = if coop.id == self.coop.id {
            self.insiders[&Who::Treasurer].person.clone()
        } else {
            coop.insider(&self.app, "Bookkeeper", &[Role::Treasurer]).await.person
        };
        let chart = treasurer
            .post(&coop.path("ledger/accounts"))
            .json(&json!({"currency": "EUR"}));
        let _ = chart.send().await.expect(201);
        let request = treasurer.post(&coop.path("journal")).json(&super::ledger::dues());
        text(&request.send().await.expect(201)["id"])
    }

    /// Has the members adopt a rule by which revenue is shared, and set terms of money.
    async fn adopt_rule(&self) {
        let body = motion(&[adopt(&equal(1, &nothing())), set(&terms())]);
        let drafted = self
            .coop
            .founder
            .post(&self.coop.path("proposals"))
            .json(&body)
            .send()
            .await;
        let proposal = text(&drafted.expect(201)["id"]);
        let at = |step: &str| self.coop.path(&format!("proposals/{proposal}/{step}"));
        let _ = self.coop.founder.post(&at("discussion")).send().await.expect(200);
        let _ = self
            .coop
            .founder
            .post(&at("opening"))
            .json(&closing())
            .send()
            .await
            .expect(200);
        let active = [Who::Member, Who::Treasurer, Who::Auditor, Who::Steward];
        let others = active.map(|who| &self.insiders[&who].person);
        for person in others.into_iter().chain([&self.coop.founder]) {
            let ballot = json!({"revision": 1, "options": [0], "points": [1], "salt": random_word()});
            let _ = person.post(&at("ballots")).json(&ballot).send().await.expect(201);
        }
        let _ = self.coop.founder.post(&at("closing")).send().await.expect(200);
        self.app.work().await;
        let rules = self
            .coop
            .founder
            .get(&self.coop.path("revenue/rules"))
            .send()
            .await
            .expect(200);
        assert_eq!(rules["items"][0]["is_in_force"], true, "{rules}");
    }

    /// The payout cycle that is under way.
    pub async fn active_cycle(&self) -> Option<String> {
        let query = "SELECT id FROM payout_cycle WHERE coop_id = $1 AND state NOT IN ('posted', 'cancelled')";
        let row = self.database.query_opt(query, &[&self.coop.id.uuid()]).await.unwrap();
        row.map(|row| row.get::<_, uuid::Uuid>(0).to_string())
    }

    /// An identifier that a query finds in the co-op, if it finds one.
    pub async fn found(&self, query: &str) -> Option<String> {
        let row = self.database.query_opt(query, &[&self.coop.id.uuid()]).await.unwrap();
        row.map(|row| row.get::<_, uuid::Uuid>(0).to_string())
    }

    /// Makes the halts of the co-op so old that it may be halted again, and then halts it where that is asked for.
    pub async fn halts(&self, is_halted: bool) {
        self.database
            .batch_execute(
                "BEGIN;
                 ALTER TABLE halt DISABLE TRIGGER halt_is_only_ended;
                 UPDATE halt SET began_at = began_at - interval '30 days', until = until - interval '30 days',
                     ended_at = ended_at - interval '30 days';
                 ALTER TABLE halt ENABLE ALWAYS TRIGGER halt_is_only_ended;
                 COMMIT",
            )
            .await
            .unwrap();
        if is_halted {
            let body = json!({"reason": "something looks wrong", "days": 1});
            let _ = self
                .coop
                .founder
                .post(&self.coop.path("halts"))
                .json(&body)
                .send()
                .await
                .expect(201);
        }
    }

    /// An application made for one request.
    pub async fn application(&self, coop: &Coop) -> String {
        let body = json!({"display_name": fresh_slug(), "statement": "Please"});
        let person = self.app.person("Applicant").await;
        text(
            &person
                .post(&coop.path("applications"))
                .json(&body)
                .send()
                .await
                .expect(201)["id"],
        )
    }

    /// A key of a member, made for one request: past the API, where a suspended member could not.
    pub async fn key(&self, coop: &Coop, insider: &Insider) -> String {
        let body = Voter::new(insider.member).registration(&domain(coop));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let public_key = PublicKey::parse_hex(SignatureKind::Ed25519, &text(&body["public_key"])).unwrap();
        let signature = from_hex(&text(&body["proof"]["signature"])).unwrap();
        let salt = text(&body["salt"]).parse().unwrap();
        let record = registration(domain(coop).namespace, insider.member, &public_key, salt);
        let key = VotingKeyId::from_uuid(uuid::Uuid::now_v7());
        let mut tx = self.app.app.store.coop_tx("key_test", coop.id).await.unwrap();
        let record = NewRecord {
            kind: RecordKind::KeyRegistration,
            subject: record.member,
            record_hash: record.struct_hash(),
        };
        let sequence = record_append(&mut tx, record).await.unwrap();
        let new = NewKey {
            id: key,
            member: insider.member,
            public_key,
            salt,
            message: None,
            signature: &signature,
            sequence,
        };
        key_insert(&mut tx, new).await.unwrap();
        let event = NewEvent {
            member: insider.member,
            kind: EventKind::KeyRegistered,
            detail: &key.to_string(),
            reason: None,
            actor: Some(insider.member),
        };
        member_event_insert(&mut tx, event).await.unwrap();
        let happened = [Event::KeyRegistered {
            member: insider.member,
            key,
            registration: record.record_hash,
            proof: KeyProof::Signature,
        }];
        events::append(&mut tx, Some(insider.member), &happened).await.unwrap();
        tx.commit().await.unwrap();
        key.to_string()
    }

    /// A draft of a member.
    pub async fn draft(&self, coop: &Coop, author: &Person) -> String {
        let body = json!({"kind": "motion", "title": "A question", "body": "For a test."});
        text(
            &author
                .post(&coop.path("proposals"))
                .json(&body)
                .send()
                .await
                .expect(201)["id"],
        )
    }

    /// A proposal of the founder that is being discussed.
    pub async fn discussed(&self, coop: &Coop) -> String {
        let proposal = self.draft(coop, &coop.founder).await;
        let path = coop.path(&format!("proposals/{proposal}/discussion"));
        let _ = coop.founder.post(&path).send().await.expect(200);
        proposal
    }

    /// A proposal of somebody that is being discussed, and an alternative to it, of the founder, that is, too.
    pub async fn alternatives(&self, coop: &Coop, author: &Person) -> [String; 2] {
        let original = self.draft(coop, author).await;
        let path = coop.path(&format!("proposals/{original}/discussion"));
        let _ = author.post(&path).send().await.expect(200);
        let body = json!({"kind": "motion", "title": "Another one", "alternative_to": original});
        let made = coop.founder.post(&coop.path("proposals")).json(&body).send().await;
        let alternative = text(&made.expect(201)["id"]);
        let path = coop.path(&format!("proposals/{alternative}/discussion"));
        let _ = coop.founder.post(&path).send().await.expect(200);
        [original, alternative]
    }

    /// A proposal on which voting is open.
    pub async fn opened(&self, coop: &Coop) -> String {
        let proposal = self.discussed(coop).await;
        let path = coop.path(&format!("proposals/{proposal}/opening"));
        let _ = coop.founder.post(&path).json(&closing()).send().await.expect(200);
        proposal
    }

    /// A webhook made for one request, without a secret, so that it is told nothing. Those before are ended: there is a bound.
    pub async fn webhook(&self, coop: &Coop) -> String {
        self.end_webhooks(coop).await;
        let body = json!({"url": "https://example.org/hook", "events": ["proposal.opened"]});
        let made = coop.founder.post(&coop.path("webhooks")).json(&body).send().await;
        text(&made.expect(201)["id"])
    }

    /// Changes something past the API.
    pub async fn run(&self, statement: &str) {
        self.database.batch_execute(statement).await.unwrap();
    }

    async fn foreign_access_key(&self) -> String {
        let body = json!({"name": "elsewhere", "expires_in_days": 30});
        let path = self.other.path("access/keys");
        let made = self.elsewhere.person.post(&path).json(&body).send().await;
        text(&made.expect(201)["key"]["id"])
    }

    /// The tool of a co-op, past the decision that would register it; it is gone before the end.
    pub async fn tool(&self, coop: &Coop) -> String {
        let query = "SELECT id FROM access_upstream WHERE coop_id = $1";
        if let Some(row) = self.database.query_opt(query, &[&coop.id.uuid()]).await.unwrap() {
            return row.get::<_, uuid::Uuid>(0).to_string();
        }
        let proposal: uuid::Uuid = self.draft(coop, &coop.founder).await.parse().unwrap();
        let insert = "INSERT INTO access_upstream (coop_id, id, name, kind, base_url, external, data_location, slots, first_byte_seconds,
                idle_seconds, proposal_id, set_at, recorded_by)
            VALUES ($1, $2, 'ours', 'plain', 'https://example.org/v1', true, 'elsewhere', 1, 30, 30, $3, now(), 'test')";
        let id = uuid::Uuid::now_v7();
        self.database
            .execute(insert, &[&coop.id.uuid(), &id, &proposal])
            .await
            .unwrap();
        id.to_string()
    }

    /// Ends all webhooks.
    pub async fn end_webhooks(&self, coop: &Coop) {
        let statement = "UPDATE webhook SET ended_at = now() WHERE coop_id = $1 AND ended_at IS NULL";
        self.database.execute(statement, &[&coop.id.uuid()]).await.unwrap();
    }

    /// What the secret address of the founder's feeds holds.
    pub async fn feed(&self) -> String {
        let made = self.coop.founder.put(&self.coop.path("feeds")).send().await.expect(200);
        let address = made["atom"].as_str().unwrap().to_owned();
        address.rsplit('/').nth(1).unwrap().to_owned()
    }

    /// A proposal with a comment of the founder.
    pub async fn commented(&self, coop: &Coop) -> (String, String) {
        let proposal = self.discussed(coop).await;
        let comment = self.comment(coop, &proposal, &coop.founder).await;
        (proposal, comment)
    }

    /// A comment made for one request.
    pub async fn comment(&self, coop: &Coop, proposal: &str, author: &Person) -> String {
        let path = coop.path(&format!("proposals/{proposal}/comments"));
        let said = author.post(&path).json(&json!({"body": "I doubt it."})).send().await;
        text(&said.expect(201)["id"])
    }

    /// The hash of a record of the co-op.
    pub async fn recorded(&self) -> String {
        let records = self
            .coop
            .founder
            .get(&self.coop.path("records"))
            .send()
            .await
            .expect(200);
        records["items"][0]["record_hash"].as_str().unwrap().to_owned()
    }

    /// Who can act in the co-op and is this actor, where there is one; else the founder.
    pub fn author(&self, who: Who) -> &Person {
        match who {
            Who::Member | Who::Treasurer | Who::Auditor | Who::Steward => &self.insiders[&who].person,
            Who::Nobody | Who::Stranger | Who::Suspended | Who::Elsewhere => &self.coop.founder,
        }
    }

    /// Sends a request as an actor.
    pub async fn send(&self, operation: &Operation, who: Who, ask: &Ask) -> Reply {
        let (method, template) = operation.id.split_once(' ').unwrap();
        let mut path = template.to_owned();
        for (segment, id) in &ask.ids {
            path = path.replace(&format!("{{{segment}}}"), id);
        }
        path = path.replace("{coop}", &self.coop.id.to_string());
        assert!(!path.contains('{'), "{path} lacks an identifier");
        let method = method.parse().unwrap();
        let mut request = match (&ask.by, who) {
            (Some(person), _) => person.request(method, &path),
            (None, Who::Nobody) => self.anonymous.request(method, &path),
            (None, Who::Stranger) => self.stranger.request(method, &path),
            (None, Who::Elsewhere) => self.elsewhere.person.request(method, &path),
            (None, Who::Member | Who::Suspended | Who::Treasurer | Who::Auditor | Who::Steward) => {
                self.insiders[&who].person.request(method, &path)
            }
        };
        if let Some(etag) = &ask.based_on {
            request = request.if_match(etag);
        }
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &ask.body {
            request = request.json(body);
        }
        request.send().await
    }

    /// How many rows were put in, changed or taken out so far, in any table.
    pub async fn changes(&self) -> i64 {
        let query = "SELECT count(*) FROM watch.change";
        self.database.query_one(query, &[]).await.unwrap().get(0)
    }

    /// How many events there are.
    pub async fn event_count(&self) -> i64 {
        let query = "SELECT count(*) FROM event";
        self.database.query_one(query, &[]).await.unwrap().get(0)
    }

    /// How many ballots wait for the log or are in it.
    pub async fn logged_ballot_count(&self) -> i64 {
        let hashes = [BallotV1::TYPE, ProxyBallotV1::TYPE].map(|text| keccak256(text.as_bytes()).as_bytes().to_vec());
        let query = "SELECT (SELECT count(*) FROM log_pending WHERE type_hash = ANY($1))
                          + (SELECT count(*) FROM log_leaf WHERE type_hash = ANY($1))";
        self.database.query_one(query, &[&&hashes[..]]).await.unwrap().get(0)
    }

    /// Whose the newest events are, and who acted.
    pub async fn newest_events(&self, count: i64) -> Vec<(CoopId, Option<MemberId>)> {
        let query = "SELECT coop_id, actor_id FROM event ORDER BY id DESC LIMIT $1";
        let rows = self.database.query(query, &[&count]).await.unwrap();
        rows.iter()
            .map(|row| {
                let (coop, actor): (uuid::Uuid, Option<uuid::Uuid>) = (row.get(0), row.get(1));
                (CoopId::from_uuid(coop), actor.map(MemberId::from_uuid))
            })
            .collect()
    }

    /// The end of the test.
    pub async fn finish(self) {
        // Hundreds of votes were opened before a growing roll; reminding everyone of each is another test's business.
        let skip = "UPDATE errand SET done_at = now() WHERE done_at IS NULL";
        self.database.execute(skip, &[]).await.unwrap();
        // No decision registered it.
        self.run("DELETE FROM access_upstream").await;
        self.app.finish().await;
    }
}

/// The body that opens voting for an hour.
pub fn closing() -> Value {
    json!({"closes_at": chrono::Utc::now() + chrono::TimeDelta::hours(1)})
}

/// Bylaws without a time for discussion.
fn quick_bylaws() -> Value {
    let mut bylaws = Bylaws::founding();
    for kind in bylaws.kinds.values_mut() {
        kind.discussion_seconds = 0;
        kind.voting_seconds_min = 1;
        kind.close_when_all_voted = true;
    }
    serde_json::to_value(bylaws).unwrap()
}

/// The text of an identifier.
fn text(value: &Value) -> String {
    id::<uuid::Uuid>(value).to_string()
}

/// Has the database count every row that is put in, changed or taken out, in the transaction that does so: what is rolled back
/// counts for nothing. To hash every table before and after each request would take longer with each row that earlier requests left.
async fn watch_everything(database: &tokio_postgres::Client) {
    let watch = "CREATE SCHEMA watch;
        CREATE TABLE watch.change (number bigint GENERATED ALWAYS AS IDENTITY);
        GRANT USAGE ON SCHEMA watch TO PUBLIC;
        GRANT INSERT ON watch.change TO PUBLIC;
        CREATE FUNCTION watch.note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'UPDATE' OR OLD::text <> NEW::text THEN
                INSERT INTO watch.change DEFAULT VALUES;
            END IF;
            RETURN NULL;
        END $$;
        DO $$
        DECLARE
            watched text;
        BEGIN
            FOR watched IN
                SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            LOOP
                EXECUTE format('CREATE TRIGGER watch AFTER INSERT OR UPDATE OR DELETE ON public.%I
                                FOR EACH ROW EXECUTE FUNCTION watch.note()', watched);
            END LOOP;
        END $$";
    database.batch_execute(watch).await.unwrap();
}
