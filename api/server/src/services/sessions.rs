//! Sessions: signing in, prolonging, ending.
//!
//! A session is a row that is read at each request. The access token names it for ten minutes; the refresh token prolongs it and is
//! replaced each time. Its successor is derived from it, so requests that race get the same one, and nothing has to be remembered
//! but that it was replaced. A token that comes back after the grace was copied: its session ends, others go on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use governance::id::{AccountId, SessionId};
use store::GlobalTx;
use store::account::session::{
    EndReason, NewSession, Rotation, Succession, refresh_token_rotate, session_end, session_end_all, session_insert,
    session_list,
};
use store::account::{account_credentials, account_read};
use uuid::Uuid;
use wire::account::{SecretText, SessionBody, SessionEntry};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::problem::Problem;
use crate::services::accounts::account_body;
use crate::services::email::Email;
use crate::services::links::token_hash;
use crate::services::paging;
use crate::tokens::{LIFE_SECONDS, Named};

/// How long a session lasts, in seconds: 30 days from signing in, however often it is prolonged.
pub const SESSION_SECONDS: u32 = 30 * 24 * 3_600;
/// How long a replaced refresh token is still answered with its successor, in seconds: for pages that refresh at the same moment and
/// for an answer that was lost on the way.
pub const GRACE_SECONDS: u32 = 10;
const REFRESH_PREFIX: &str = "rdr_";

/// A session begun or prolonged: what the client reads, and what goes into the cookie.
pub struct Started {
    /// The body of the answer.
    pub body: SessionBody,
    /// The refresh token.
    pub refresh: RefreshToken,
    /// For how long the cookie is kept, in seconds.
    pub expires_in: i64,
}

/// A refresh token: 32 bytes that nobody can guess.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken([u8; 32]);

impl RefreshToken {
    /// A new one.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn random() -> Result<Self, Problem> {
        crate::secrets::random().map(Self).map_err(Problem::internal)
    }

    /// Reads the text of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(REFRESH_PREFIX)?).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The text of it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{REFRESH_PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }

    /// What the database knows it by.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        token_hash(&self.text())
    }

    fn successor(&self, app: &App) -> Self {
        Self(app.secrets.derive("refresh", &self.0))
    }
}

/// Signs in. Unknown addresses, wrong passwords and passwords of impossible length are answered alike, after the same work.
///
/// # Errors
/// 401, or 503 where too many sign in at once.
pub async fn sign_in(app: &App, email: Option<&Email>, password: &SecretText) -> Result<Started, Problem> {
    let failed = || {
        Problem::new(
            ProblemKind::SignInFailed,
            "The address or the password is not right. Try again, or ask for a link to choose a new password.",
        )
    };
    // A flood ends here: whoever finds the queue full takes neither a connection nor a hash.
    let place = app.identity.passwords.place()?;
    let credentials = {
        let mut tx = app.store.global_tx("sign_in_read").await?;
        let credentials = account_credentials(&mut tx, email.map_or("", Email::as_str)).await?;
        tx.commit().await?;
        credentials
    };
    let stored = credentials.as_ref().map(|known| known.password_hash.as_str());
    let is_right = app.identity.passwords.verify(place, password, stored).await?;
    let Some(known) = credentials.filter(|_| is_right) else {
        return Err(failed());
    };
    let mut tx = app.store.global_tx("session_begun").await?;
    let begun = begin(app, &mut tx, AccountId::from_uuid(known.id), Some(&known.password_hash)).await?;
    tx.commit().await?;
    begun.ok_or_else(failed)
}

/// Begins a session in this transaction, if `verified_hash` is still the account's; of a passkey there is none.
///
/// # Errors
/// If the database or the system fails.
pub(crate) async fn begin(
    app: &App,
    tx: &mut GlobalTx,
    account: AccountId,
    verified_hash: Option<&str>,
) -> Result<Option<Started>, Problem> {
    let (id, refresh) = (SessionId::from_uuid(Uuid::now_v7()), RefreshToken::random()?);
    let refresh_hash = refresh.hash();
    let new = NewSession {
        id,
        account,
        verified_hash,
        refresh_hash: &refresh_hash,
        life_seconds: SESSION_SECONDS,
    };
    if session_insert(tx, new).await?.is_none() {
        return Ok(None);
    }
    started(
        app,
        tx,
        Named { account, session: id },
        refresh,
        i64::from(SESSION_SECONDS),
    )
    .await
    .map(Some)
}

async fn started(
    app: &App,
    tx: &mut GlobalTx,
    named: Named,
    refresh: RefreshToken,
    expires_in: i64,
) -> Result<Started, Problem> {
    let row = account_read(tx, named.account).await?;
    let account = account_body(row.ok_or_else(|| Problem::internal("a session has no account"))?);
    let now = chrono::Utc::now().timestamp().unsigned_abs();
    let access_token = app
        .tokens()
        .issue(named, now, Uuid::now_v7())
        .map_err(Problem::internal)?;
    let body = SessionBody {
        access_token,
        token_type: String::from("Bearer"),
        expires_in: LIFE_SECONDS,
        account,
    };
    Ok(Started {
        body,
        refresh,
        expires_in,
    })
}

/// Prolongs a session by its refresh token.
///
/// # Errors
/// 401 where the token is unknown, its session is over, or it was replaced longer ago than the grace; then its session ends too.
pub async fn refresh(app: &App, token: Option<RefreshToken>) -> Result<Started, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::RefreshRefused,
            "This session cannot be prolonged: it has ended, or its token was used before. Sign in again.",
        )
    };
    let token = token.ok_or_else(refused)?;
    let successor = token.successor(app);
    let (token_hash, successor_hash) = (token.hash(), successor.hash());
    let mut tx = app.store.global_tx("session_refreshed").await?;
    let succession = Succession {
        token_hash: &token_hash,
        successor_hash: &successor_hash,
        grace_seconds: GRACE_SECONDS,
    };
    match refresh_token_rotate(&mut tx, succession).await? {
        Rotation::Prolonged(prolonged) => {
            let named = Named {
                account: AccountId::from_uuid(prolonged.account_id),
                session: SessionId::from_uuid(prolonged.session_id),
            };
            let expires_in = prolonged
                .expires_at
                .signed_duration_since(chrono::Utc::now())
                .num_seconds()
                .max(0);
            let started = started(app, &mut tx, named, successor, expires_in).await?;
            tx.commit().await?;
            Ok(started)
        }
        Rotation::Reused(session) => {
            tx.commit().await?;
            tracing::warn!(session.id = %session, "a refresh token came back after it was replaced; its session was ended");
            Err(refused())
        }
        Rotation::Refused => {
            tx.commit().await?;
            Err(refused())
        }
    }
}

/// A page of the sessions that last.
///
/// # Errors
/// 422 for a cursor that is none.
pub async fn list(app: &App, signed_in: SignedIn, query: &PageQuery) -> Result<Page<SessionEntry>, Problem> {
    let after = SessionId::from_uuid(paging::after(query)?);
    let mut tx = app.store.global_tx("session_list").await?;
    let rows = session_list(&mut tx, signed_in.account, after, paging::rows(query)).await?;
    tx.commit().await?;
    let entries = rows
        .into_iter()
        .map(|row| SessionEntry {
            id: SessionId::from_uuid(row.id),
            created_at: row.created_at,
            last_refreshed_at: row.last_refreshed_at,
            expires_at: row.expires_at,
            is_current: row.id == signed_in.session.uuid(),
        })
        .collect();
    Ok(Page::cut(entries, query.limit(), |entry: &SessionEntry| {
        entry.id.to_string()
    }))
}

/// Signs out on this device.
///
/// # Errors
/// If the database fails.
pub async fn end_current(app: &App, signed_in: SignedIn) -> Result<(), Problem> {
    let mut tx = app.store.global_tx("signed_out").await?;
    session_end(&mut tx, signed_in.session, EndReason::SignOut).await?;
    Ok(tx.commit().await?)
}

/// Signs out on every device.
///
/// # Errors
/// If the database fails.
pub async fn end_all(app: &App, signed_in: SignedIn) -> Result<(), Problem> {
    let mut tx = app.store.global_tx("signed_out_everywhere").await?;
    session_end_all(&mut tx, signed_in.account, EndReason::SignOutEverywhere).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_has_one_text() {
        let token = RefreshToken::random().ok().unwrap();
        assert!(RefreshToken::parse(&token.text()).is_some_and(|parsed| parsed == token));
        let text = token.text();
        for wrong in [
            "",
            "rdr_",
            &text[4..],
            &format!("{text}A"),
            &format!("{text}="),
            "rdl_AAAA",
        ] {
            assert!(RefreshToken::parse(wrong).is_none(), "{wrong}");
        }
    }
}
