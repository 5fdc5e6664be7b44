//! Accounts, sessions, mailed links and wallets; attacks A1 to A6 and A8 to A12 of the study of attacks and faults.

mod fallbacks;
pub mod flood;
mod forged_tokens;
mod known_secrets;
mod limits;
mod mail;
mod passkeys;
mod passwords;
mod refresh;
mod sign_in_wallets;
mod sign_up;
mod wallets;

use governance::id::AccountId;
use serde_json::{Value, json};
use server::services::accounts::create_confirmed;
use server::services::mail::send_due;
use tests::app::TestApp;
use tests::person::{Anonymous, Reply, Request};
use tokio_postgres::types::ToSql;
use wire::account::SecretText;

/// A password that is accepted.
pub const PASSWORD: &str = "eight bells at the dock";

/// An account with a password.
pub struct Owner {
    /// The account.
    pub id: AccountId,
    /// Its address.
    pub email: String,
}

/// An account as the operator makes one.
pub async fn owner(app: &TestApp, name: &str) -> Owner {
    let email = format!("{}@demo.example", name.to_lowercase());
    let id = create_confirmed(&app.app, &email, name, &SecretText::new(PASSWORD))
        .await
        .unwrap();
    Owner { id, email }
}

/// A session as a browser holds it.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    client: Anonymous,
}

impl Browser {
    /// Reads the answer that began a session.
    #[track_caller]
    pub fn of(app: &TestApp, reply: &Reply) -> Self {
        let body = reply.json();
        assert_eq!(body["token_type"], "Bearer", "{body}");
        assert_eq!(body["expires_in"], 600);
        Self {
            access: body["access_token"].as_str().expect("an access token").to_owned(),
            refresh: cookie(reply).expect("a cookie"),
            client: app.anonymous(),
        }
    }

    /// Signs in.
    pub async fn sign_in(app: &TestApp, email: &str, password: &str) -> Self {
        let reply = sign_in(app, email, password).await;
        let _ = reply.expect(201);
        Self::of(app, &reply)
    }

    /// GET with the access token.
    pub fn get(&self, path: &str) -> Request {
        self.with_access(self.client.get(path))
    }

    /// A request with the access token.
    pub fn with_access(&self, request: Request) -> Request {
        request.header("authorization", &format!("Bearer {}", self.access))
    }

    /// Asks to prolong the session.
    pub async fn prolong(&self) -> Reply {
        prolong(&self.client, &self.refresh).send().await
    }
}

/// Asks to sign in.
pub async fn sign_in(app: &TestApp, email: &str, password: &str) -> Reply {
    let body = json!({"email": email, "password": password});
    app.anonymous().post("sessions").json(&body).send().await
}

/// A request to prolong a session, as the portal sends it.
pub fn prolong(client: &Anonymous, refresh: &str) -> Request {
    client
        .post("sessions/refresh")
        .header("x-rochdale-refresh", "1")
        .header("cookie", &format!("__Host-rochdale_refresh={refresh}"))
}

/// The refresh token that an answer sets, after a look at the cookie's attributes.
#[track_caller]
pub fn cookie(reply: &Reply) -> Option<String> {
    let line = reply.header("set-cookie")?;
    let (pair, attributes) = line.split_once("; ").expect("attributes");
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(attributes.split("; ").any(|given| given == attribute), "{line}");
    }
    assert!(!attributes.to_lowercase().contains("domain="), "{line}");
    let value = pair.strip_prefix("__Host-rochdale_refresh=").expect("our cookie");
    (!value.is_empty()).then(|| value.to_owned())
}

/// A mail as it was written into the folder.
#[derive(Debug, Clone)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// About what.
    pub subject: String,
    /// The text.
    pub body: String,
}

impl Mail {
    /// The token of the one link with this path.
    #[track_caller]
    pub fn token(&self, app: &TestApp, path: &str) -> String {
        let start = format!("{}/{path}?token=", app.app.config.server.public_url);
        let mut tokens = self.body.lines().filter_map(|line| line.strip_prefix(&start));
        let token = tokens
            .next()
            .unwrap_or_else(|| panic!("no link to {path}: {}", self.body));
        assert_eq!(tokens.next(), None, "one link");
        token.to_owned()
    }
}

/// Sends what waits and reads the mailbox, oldest first.
pub async fn mails(app: &TestApp) -> Vec<Mail> {
    while send_due(&app.app).await.unwrap() > 0 {}
    let Ok(entries) = std::fs::read_dir(app.mailbox()) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| read_mail(&std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// The newest mail to this address.
pub async fn last_mail(app: &TestApp, to: &str) -> Mail {
    let mails = mails(app).await;
    let found = mails.iter().rfind(|mail| mail.to == to).cloned();
    found.unwrap_or_else(|| panic!("no mail to {to} in {mails:?}"))
}

fn read_mail(text: &str) -> Mail {
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name}: {head}")).to_owned()
    };
    Mail {
        to: header("To"),
        subject: header("Subject"),
        body: body.replace("\r\n", "\n"),
    }
}

/// A number that a statement counts.
pub async fn count(app: &TestApp, statement: &str, values: &[&(dyn ToSql + Sync)]) -> i64 {
    app.database
        .superuser()
        .await
        .query_one(statement, values)
        .await
        .unwrap()
        .get(0)
}

/// Changes rows behind the server's back, such as their times.
pub async fn execute(app: &TestApp, statement: &str, values: &[&(dyn ToSql + Sync)]) -> u64 {
    app.database.superuser().await.execute(statement, values).await.unwrap()
}

/// A problem without what differs from request to request.
#[track_caller]
pub fn without_instance(reply: &Reply, slug: &str) -> Value {
    let mut problem = reply.problem(slug);
    problem.as_object_mut().expect("an object").remove("instance");
    problem
}
