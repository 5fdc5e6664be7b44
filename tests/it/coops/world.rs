//! A co-op with people in it, made over HTTP where that is what is tested and in a step where it is not.

use governance::id::{CoopId, MemberId};
use governance::membership::{Class, Role};
use serde_json::{Value, json};
use server::services::seeding::{self, SeedMember};
use tests::app::TestApp;
use tests::person::{Person, Reply};

/// A co-op and its first steward.
pub struct Coop {
    /// The co-op.
    pub id: CoopId,
    /// Its short name.
    pub slug: String,
    /// Who founded it.
    pub founder: Person,
    /// The founder's membership.
    pub founder_member: MemberId,
    /// What the founding answered.
    pub view: Value,
}

/// A person with a membership.
#[derive(Clone)]
pub struct Insider {
    /// The person.
    pub person: Person,
    /// The membership.
    pub member: MemberId,
}

/// A short name that nobody else has.
pub fn fresh_slug() -> String {
    format!("c{}", uuid::Uuid::now_v7().simple())
}

/// Founds a co-op with these further fields.
pub async fn found_with(app: &TestApp, mut fields: Value) -> Coop {
    let founder = app.person("Founder").await;
    let slug = fresh_slug();
    fields["slug"] = json!(slug);
    fields["name"] = json!("The Pioneers");
    fields["display_name"] = json!("Founder");
    let view = founder.post("coops").json(&fields).send().await.expect(201);
    Coop {
        id: id(&view["id"]),
        slug,
        founder,
        founder_member: id(&view["me"]["id"]),
        view,
    }
}

/// Founds a co-op that admits applications.
pub async fn found(app: &TestApp) -> Coop {
    found_with(app, json!({})).await
}

/// Founds a co-op that admits by invitation only, so that it is hidden.
pub async fn found_hidden(app: &TestApp) -> Coop {
    let mut bylaws = serde_json::to_value(governance::bylaws::Bylaws::founding()).unwrap();
    bylaws["admission"] = json!("invitation");
    found_with(app, json!({"bylaws": bylaws})).await
}

impl Coop {
    /// An address inside the co-op.
    pub fn path(&self, rest: &str) -> String {
        format!("coops/{}/{rest}", self.id)
    }

    /// A new member with roles.
    pub async fn insider(&self, app: &TestApp, name: &str, roles: &[Role]) -> Insider {
        let person = app.person(name).await;
        let seed = SeedMember {
            account: person.account,
            display_name: name,
            class: Class::Worker,
            roles,
        };
        let member = seeding::member(&app.app, self.id, seed).await.unwrap();
        Insider { person, member }
    }

    /// A member whose rights are suspended.
    pub async fn suspended(&self, app: &TestApp, name: &str) -> Insider {
        let insider = self.insider(app, name, &[]).await;
        self.change(insider.member, json!({"status": "suspended", "reason": "for a test"}))
            .await;
        insider
    }

    /// Changes a status as the founder.
    pub async fn change(&self, member: MemberId, body: Value) {
        let path = self.path(&format!("members/{member}"));
        let etag = self.founder.get(&path).send().await.etag().unwrap();
        let _ = self
            .founder
            .post(&format!("{path}/status"))
            .if_match(&etag)
            .json(&body)
            .send()
            .await
            .expect(200);
    }
}

/// Posts a body with a fresh key.
pub async fn post(person: &Person, path: &str, body: &Value) -> Reply {
    person.post(path).json(body).send().await
}

/// An identifier in an answer.
#[track_caller]
pub fn id<T: std::str::FromStr>(value: &Value) -> T {
    match value.as_str().and_then(|text| text.parse().ok()) {
        Some(id) => id,
        None => panic!("{value} is no identifier"),
    }
}
