//! Who asks: sessions and memberships, read for many requests at once.

use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use diesel_async::pooled_connection::deadpool::Object;
use uuid::Uuid;

use crate::prepared::prepared;
use crate::{CoopTx, Store, StoreError};

/// A session as a request needs it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct LiveSession {
    /// The session.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Whose it is.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
}

/// Which of these sessions have neither ended nor expired.
///
/// Asked for every request, so it is one statement without BEGIN and COMMIT around it, which would triple its cost.
///
/// # Errors
/// If the database fails.
pub async fn session_live(store: &Store, sessions: &[Uuid]) -> Result<Vec<LiveSession>, StoreError> {
    let mut tries = store.global_connections_max();
    loop {
        let mut connection = store.global_connection().await?;
        let found = prepared(
            "-- session_live
            SELECT id, account_id FROM session WHERE id = ANY($1) AND ended_at IS NULL AND expires_at > now()",
        )
        .bind::<Array<SqlUuid>, _>(sessions)
        .get_results(&mut connection)
        .await
        .map_err(StoreError::from);
        match found {
            Ok(found) => return Ok(found),
            // A connection that the database closed is found out here and thrown away; a read may be asked again.
            Err(StoreError::Unavailable(_)) if tries > 0 => drop(Object::take(connection)),
            Err(error) => {
                drop(Object::take(connection));
                return Err(error);
            }
        }
        tries -= 1;
    }
}

/// A membership that has not ended, as a request needs it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ActingMember {
    /// The account behind it.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The class.
    #[diesel(sql_type = Text)]
    pub class: String,
    /// Whether it is active; otherwise suspended.
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    /// The roles held.
    #[diesel(sql_type = Array<Text>)]
    pub roles: Vec<String>,
}

/// The memberships of these accounts that have not ended, in the co-op of the transaction.
///
/// # Errors
/// If the database fails.
pub async fn member_acting(tx: &mut CoopTx, accounts: &[Uuid]) -> Result<Vec<ActingMember>, StoreError> {
    let coop = tx.coop().uuid();
    prepared(
        "-- member_acting
        SELECT account_id, id, class, status = 'active' AS is_active,
               ARRAY(SELECT role FROM member_role
                     WHERE member_role.coop_id = member.coop_id AND member_role.member_id = member.id
                     ORDER BY role) AS roles
        FROM member WHERE coop_id = $1 AND account_id = ANY($2) AND status IN ('active', 'suspended')",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(accounts)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
