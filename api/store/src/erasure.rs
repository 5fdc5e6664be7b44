//! Forgetting a person who left: names, addresses, reasons and the salts that could open them go; what was proved stays proved.
//!
//! The roles of the program can remove nothing of this. The owner of the schema does it, at the command line alone.

use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use uuid::Uuid;

/// Whether to do it, or only to say what would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureMode {
    /// Everything is done and then undone.
    Preview,
    /// Everything is done.
    Apply,
}

/// What went, or would go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// In each co-op that knew the person.
    pub coops: Vec<ErasedInCoop>,
    /// Sessions, passkeys, wallets, links and kept answers of the account.
    pub sign_in_rows: i64,
}

/// What went in one co-op.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedInCoop {
    /// Its short name.
    pub slug: String,
    /// Rows of events, whose hashes stay in the log.
    pub events: i64,
    /// Rows of the member's history.
    pub history: i64,
    /// Versions of comments, and reasons for which comments were removed.
    pub comments: i64,
    /// Objections that lost their reasons.
    pub objections: i64,
    /// Contests of results, and replies to notices, that lost their words.
    pub contests: i64,
    /// Disputes of figures, and rulings on them, that lost their reasons.
    pub disputes: i64,
    /// Memberships, applications and invitations that lost their names.
    pub unnamed: i64,
}

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// Nobody has this address.
    #[error("no account has the address {0}")]
    Unknown(String),
    /// A membership still stands.
    #[error("the person is still a member of {slug}; let them leave first, so that no roll loses a voter unseen")]
    StillMember {
        /// The co-op's short name.
        slug: String,
    },
    /// The database is away or refused the role.
    #[error("the database cannot be reached for erasing: {0}")]
    Connection(#[from] diesel::ConnectionError),
    /// A statement failed; nothing was erased.
    #[error("the database refused, and nothing was erased: {0}")]
    Refused(#[from] diesel::result::Error),
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct CoopPlace {
    #[diesel(sql_type = SqlUuid)]
    coop_id: Uuid,
    #[diesel(sql_type = Text)]
    slug: String,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// What stands where a name stood.
const ERASED: &str = "erased";
/// In `recorded_by` of what this writes.
const NAME: &str = "person_erase";

/// Erases the person with this address from every co-op and the account itself, in one transaction, over `url`, whose role may act as
/// the owner of the schema.
///
/// # Errors
/// [`ErasureError`]; nothing is erased then.
pub async fn person_erase(url: &str, email: &str, mode: ErasureMode) -> Result<Erased, ErasureError> {
    let mut connection = AsyncPgConnection::establish(url).await?;
    connection
        .batch_execute("BEGIN; SET LOCAL ROLE rochdale_owner; SET LOCAL lock_timeout = '5s'")
        .await?;
    // A connection that is dropped on the way undoes what it did.
    let erased = erase(&mut connection, email).await?;
    let end = match mode {
        ErasureMode::Preview => "ROLLBACK",
        ErasureMode::Apply => "COMMIT",
    };
    connection.batch_execute(end).await?;
    Ok(erased)
}

async fn erase(connection: &mut AsyncPgConnection, email: &str) -> Result<Erased, ErasureError> {
    let account: Option<IdRow> =
        sql_query("-- person_erase, account\nSELECT id FROM account WHERE email = $1 FOR UPDATE")
            .bind::<Text, _>(email)
            .get_result(connection)
            .await
            .optional()?;
    let account = account.ok_or_else(|| ErasureError::Unknown(email.to_owned()))?.id;
    let coops: Vec<CoopPlace> =
        sql_query("-- person_erase, co-ops\nSELECT coop_id, slug FROM coop_directory ORDER BY coop_id")
            .get_results(connection)
            .await?;
    let mut erased = Erased::default();
    for coop in coops {
        let (id, slug) = (coop.coop_id, coop.slug);
        // The same form as in `CoopTx`: an id has no characters that SQL reads otherwise.
        connection
            .batch_execute(&format!("SET LOCAL app.coop_id = '{id}'"))
            .await?;
        let stands = count(connection, &Step::of(STILL_MEMBER, id, account, email)).await?;
        if stands > 0 {
            return Err(ErasureError::StillMember { slug });
        }
        let events = count(connection, &Step::of(NOTE, id, account, email)).await?;
        let mut in_coop = ErasedInCoop {
            slug,
            events,
            history: 0,
            comments: 0,
            objections: 0,
            contests: 0,
            disputes: 0,
            unnamed: 0,
        };
        count(connection, &Step::of(EVENTS, id, account, email)).await?;
        in_coop.history = count(connection, &Step::of(HISTORY, id, account, email)).await?;
        count(connection, &Step::of(ANSWERS, id, account, email)).await?;
        count(connection, &Step::of(PAYEES, id, account, email)).await?;
        count(connection, &Step::of(STOPPED, id, account, email)).await?;
        in_coop.objections = count(connection, &Step::of(OBJECTIONS, id, account, email)).await?;
        count(connection, &Step::of(SET_ASIDE, id, account, email)).await?;
        for statement in [CONTESTS, REPLIES] {
            let words = count(connection, &Step::of(statement, id, account, email)).await?;
            in_coop.contests = in_coop.contests.saturating_add(words);
        }
        for statement in [DISPUTES, RULINGS] {
            let words = count(connection, &Step::of(statement, id, account, email)).await?;
            in_coop.disputes = in_coop.disputes.saturating_add(words);
        }
        for statement in [COMMENTS, REMOVALS] {
            let words = count(connection, &Step::of(statement, id, account, email)).await?;
            in_coop.comments = in_coop.comments.saturating_add(words);
        }
        for statement in [MEMBERSHIPS, APPLICATIONS, INVITATIONS] {
            let unnamed = count(connection, &Step::of(statement, id, account, email)).await?;
            in_coop.unnamed = in_coop.unnamed.saturating_add(unnamed);
        }
        if in_coop.unnamed > 0 {
            erased.coops.push(in_coop);
        }
    }
    for statement in ACCOUNT {
        let rows = count(connection, &Step::of(statement, Uuid::nil(), account, email)).await?;
        erased.sign_in_rows = erased.sign_in_rows.saturating_add(rows);
    }
    Ok(erased)
}

/// A statement about the person in a co-op. All have the same parameters: co-op, account, address, the word that stands for a name,
/// and who records it.
struct Step<'a> {
    statement: &'static str,
    coop: Uuid,
    account: Uuid,
    email: &'a str,
}

impl<'a> Step<'a> {
    const fn of(statement: &'static str, coop: Uuid, account: Uuid, email: &'a str) -> Self {
        Self {
            statement,
            coop,
            account,
            email,
        }
    }
}

async fn count(connection: &mut AsyncPgConnection, step: &Step<'_>) -> Result<i64, diesel::result::Error> {
    // Every parameter is named once, so that each statement may leave out what it does not need.
    let sql = format!(
        "-- person_erase
        WITH person AS (SELECT $1::uuid AS coop_id, $2::uuid AS account_id, $3::text AS email, $4::text AS erased, $5::text AS name),
        subject AS (
            SELECT member.id FROM member, person WHERE member.coop_id = person.coop_id AND member.account_id = person.account_id
            UNION ALL
            SELECT application.id FROM application, person
            WHERE application.coop_id = person.coop_id AND application.account_id = person.account_id
        ),
        done AS ({})
        SELECT {} FROM done",
        step.statement,
        if step.statement == NOTE { "coalesce(sum(events), 0)::bigint AS count" } else { "count(*) AS count" },
    );
    let row: CountRow = sql_query(sql)
        .bind::<SqlUuid, _>(step.coop)
        .bind::<SqlUuid, _>(step.account)
        .bind::<Text, _>(step.email)
        .bind::<Text, _>(ERASED)
        .bind::<Text, _>(NAME)
        .get_result(connection)
        .await?;
    Ok(row.count)
}

const STILL_MEMBER: &str = "SELECT member.id FROM member, person
    WHERE member.coop_id = person.coop_id AND member.account_id = person.account_id AND member.status IN ('active', 'suspended')";

/// Names and texts hide behind these kinds: see the trigger on the table.
const NOTE: &str = "INSERT INTO erasure (coop_id, subject, events, recorded_by)
    SELECT person.coop_id, subject.id, (SELECT count(*) FROM event WHERE event.coop_id = person.coop_id
        AND ((event.subject = subject.id AND event.kind IN (10, 11, 12, 13, 14, 22, 23))
            OR (event.actor_id = subject.id AND event.kind IN (41, 74, 124))
            OR (event.kind IN (75, 125) AND substring(event.words FROM 49 FOR 16) = uuid_send(subject.id)))), person.name
    FROM person, subject RETURNING events";

const EVENTS: &str = "DELETE FROM event USING person, subject WHERE event.coop_id = person.coop_id
    AND ((event.subject = subject.id AND event.kind IN (10, 11, 12, 13, 14, 22, 23))
        OR (event.actor_id = subject.id AND event.kind IN (41, 74, 124))
        OR (event.kind IN (75, 125) AND substring(event.words FROM 49 FOR 16) = uuid_send(subject.id))) RETURNING event.id";

const HISTORY: &str = "DELETE FROM member_event USING person, subject WHERE member_event.coop_id = person.coop_id
    AND member_event.member_id = subject.id AND member_event.kind NOT IN ('key_registered', 'key_ended') RETURNING member_event.id";

/// What the person said goes, and what others said to it stays below an empty place.
const COMMENTS: &str = "DELETE FROM comment_version USING person, subject, comment
    WHERE comment.coop_id = person.coop_id AND comment.author_id = subject.id AND comment_version.coop_id = comment.coop_id
    AND comment_version.proposal_id = comment.proposal_id AND comment_version.comment_id = comment.id RETURNING 1";

/// Why a comment of the person was removed may name the person.
const REMOVALS: &str = "UPDATE comment_removal SET reason = person.erased FROM person, subject, comment
    WHERE comment.coop_id = person.coop_id AND comment.author_id = subject.id AND comment_removal.coop_id = comment.coop_id
    AND comment_removal.proposal_id = comment.proposal_id AND comment_removal.comment_id = comment.id RETURNING 1";

/// Where the person wanted to be paid; what was paid stays in the books.
const PAYEES: &str = "UPDATE payee SET sealed = NULL FROM person, subject
    WHERE payee.coop_id = person.coop_id AND payee.member_id = subject.id AND payee.sealed IS NOT NULL RETURNING 1";

/// A proposal that objections stopped repeats the reason of the last of them.
const STOPPED: &str = "UPDATE proposal SET end_reason = person.erased
    FROM person, subject, proposal_objection AS objection
    WHERE proposal.coop_id = person.coop_id AND proposal.state = 'rejected' AND proposal.objection_until IS NOT NULL
    AND proposal.end_reason IS NOT NULL
    AND objection.coop_id = proposal.coop_id AND objection.proposal_id = proposal.id AND objection.member_id = subject.id
    AND objection.at = (SELECT max(other.at) FROM proposal_objection AS other
        WHERE other.coop_id = proposal.coop_id AND other.proposal_id = proposal.id) RETURNING proposal.id";

/// That the person objected stays, since it was counted; why does not.
const OBJECTIONS: &str = "UPDATE proposal_objection SET reason = person.erased FROM person, subject
    WHERE proposal_objection.coop_id = person.coop_id AND proposal_objection.member_id = subject.id RETURNING 1";

/// A result that was set aside repeats what the contest was answered.
const SET_ASIDE: &str = "UPDATE proposal SET end_reason = person.erased
    FROM person, subject, proposal_contest AS contest
    WHERE proposal.coop_id = person.coop_id AND proposal.state = 'rejected'
    AND contest.coop_id = proposal.coop_id AND contest.proposal_id = proposal.id AND contest.member_id = subject.id
    AND contest.verdict = 'upheld' AND proposal.end_reason = contest.verdict_reason RETURNING proposal.id";

/// That the person contested a result stays, since a steward answered; why does not.
const CONTESTS: &str = "UPDATE proposal_contest SET reason = person.erased,
    verdict_reason = CASE WHEN verdict IS NOT NULL THEN person.erased END FROM person, subject
    WHERE proposal_contest.coop_id = person.coop_id AND proposal_contest.member_id = subject.id RETURNING 1";

/// That the person replied stays, since the vote rests on it; the words do not.
const REPLIES: &str = "UPDATE expulsion_notice SET reply = person.erased FROM person, subject
    WHERE expulsion_notice.coop_id = person.coop_id AND expulsion_notice.member_id = subject.id
    AND expulsion_notice.reply IS NOT NULL RETURNING 1";

/// That the person disputed figures stays, since they were not used before that was decided; why does not.
const DISPUTES: &str = "UPDATE contribution_dispute SET reason = person.erased FROM person, subject
    WHERE contribution_dispute.coop_id = person.coop_id AND contribution_dispute.member_id = subject.id RETURNING 1";

/// Nor why it was decided so.
const RULINGS: &str = "UPDATE contribution_ruling SET reason = person.erased FROM person, subject
    WHERE contribution_ruling.coop_id = person.coop_id AND contribution_ruling.member_id = subject.id RETURNING 1";

/// Kept answers to requests repeat what was asked.
const ANSWERS: &str = "DELETE FROM effect USING person WHERE effect.coop_id = person.coop_id
    AND (effect.actor_id = person.account_id OR effect.actor_id IN (SELECT id FROM subject)) RETURNING effect.key";

const MEMBERSHIPS: &str = "UPDATE member SET display_name = person.erased, account_id = NULL, version = version + 1
    FROM person WHERE member.coop_id = person.coop_id AND member.account_id = person.account_id RETURNING member.id";

const APPLICATIONS: &str = "UPDATE application SET display_name = person.erased, statement = '', reason = NULL,
    account_id = gen_random_uuid()
    FROM person WHERE application.coop_id = person.coop_id AND application.account_id = person.account_id RETURNING application.id";

const INVITATIONS: &str = "UPDATE invitation SET email = person.erased
    FROM person WHERE invitation.coop_id = person.coop_id AND invitation.email = person.email RETURNING invitation.id";

const ACCOUNT: [&str; 8] = [
    "DELETE FROM passkey USING person WHERE passkey.account_id = person.account_id RETURNING 1",
    "DELETE FROM sign_in_wallet USING person WHERE sign_in_wallet.account_id = person.account_id RETURNING 1",
    "DELETE FROM refresh_token USING session, person WHERE refresh_token.session_id = session.id
        AND session.account_id = person.account_id RETURNING 1",
    "DELETE FROM session USING person WHERE session.account_id = person.account_id RETURNING 1",
    "DELETE FROM single_use_link USING person WHERE single_use_link.account_id = person.account_id
        OR single_use_link.email = person.email RETURNING 1",
    "DELETE FROM account_effect USING person WHERE account_effect.account_id = person.account_id RETURNING 1",
    "DELETE FROM account_coop USING person WHERE account_coop.account_id = person.account_id RETURNING 1",
    "DELETE FROM account USING person WHERE account.id = person.account_id RETURNING 1",
];
