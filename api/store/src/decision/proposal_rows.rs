//! Proposals as they stand in their rows, and what changes them.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{
    Array, BigInt, Binary, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::secrecy::Tier;
use serde_json::Value;
use uuid::Uuid;

/// A proposal as it stands in its row. The secret of its lot is not part of it: see [`super::proposal::proposal_lot_secret`].
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ProposalRow {
    /// The proposal.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The kind of decision, as the bylaws name it.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The bylaws under which it was made.
    #[diesel(sql_type = BigInt)]
    pub bylaws_version: i64,
    /// The title.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// The text.
    #[diesel(sql_type = Text)]
    pub body: String,
    /// The candidates of an election.
    #[diesel(sql_type = Array<Text>)]
    pub options: Vec<String>,
    /// The decision rule as data.
    #[diesel(sql_type = Jsonb)]
    pub rule: Value,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Who wrote it.
    #[diesel(sql_type = SqlUuid)]
    pub author_id: Uuid,
    /// Rises with each change.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// When it was begun.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// When discussion began.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub discussed_at: Option<DateTime<Utc>>,
    /// When voting opened.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub opens_at: Option<DateTime<Utc>>,
    /// When voting ends.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub closes_at: Option<DateTime<Utc>>,
    /// When it was closed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub closed_at: Option<DateTime<Utc>>,
    /// The secrecy tier.
    #[diesel(sql_type = SmallInt)]
    pub secrecy: i16,
    /// The salt of the rule's record.
    #[diesel(sql_type = Nullable<Binary>)]
    pub rule_salt: Option<Vec<u8>>,
    /// The salt of its record, which commits to the secret of its lot.
    #[diesel(sql_type = Nullable<Binary>)]
    pub salt: Option<Vec<u8>>,
    /// The hash of its record.
    #[diesel(sql_type = Nullable<Binary>)]
    pub record_hash: Option<Vec<u8>>,
    /// The root of the roll.
    #[diesel(sql_type = Nullable<Binary>)]
    pub roll_root: Option<Vec<u8>>,
    /// Members on the roll.
    #[diesel(sql_type = Nullable<Integer>)]
    pub roll_count: Option<i32>,
    /// The sum of their weights.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub roll_weight: Option<i64>,
    /// The sequence number of the last ballot that counts.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub close_marker: Option<i64>,
    /// Who withdrew or cancelled it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub ended_by: Option<Uuid>,
    /// Why.
    #[diesel(sql_type = Nullable<Text>)]
    pub end_reason: Option<String>,
    /// What is done once it is carried.
    #[diesel(sql_type = Jsonb)]
    pub actions: Value,
    /// When it was put before the members to be sponsored.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub submitted_at: Option<DateTime<Utc>>,
    /// Until when members may object.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub objection_until: Option<DateTime<Utc>>,
    /// From when it may be executed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub execute_after: Option<DateTime<Utc>>,
    /// Until when it may be.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was executed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub executed_at: Option<DateTime<Utc>>,
    /// Until when voting goes on because the quorum was met late.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub extended_until: Option<DateTime<Utc>>,
    /// Until when its result may be contested.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub contest_until: Option<DateTime<Utc>>,
}

impl ProposalRow {
    /// When voting ends: as it was frozen, or later where the quorum was met late.
    #[must_use]
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.extended_until.or(self.closes_at)
    }
}

/// The times that a result brings with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Afterwards {
    /// Until when members may object.
    pub objection_until: Option<DateTime<Utc>>,
    /// From when it may be executed.
    pub execute_after: Option<DateTime<Utc>>,
    /// Until when it may be.
    pub expires_at: Option<DateTime<Utc>>,
    /// Until when the result may be contested.
    pub contest_until: Option<DateTime<Utc>>,
}

/// A proposal that is about to be begun.
#[derive(Debug, Clone, Copy)]
pub struct NewProposalRow<'a> {
    /// Its id.
    pub id: ProposalId,
    /// The kind of decision.
    pub kind: &'a str,
    /// The bylaws it is made under.
    pub bylaws_version: i64,
    /// Its texts and rule.
    pub texts: ProposalTexts<'a>,
    /// Who writes it.
    pub author: MemberId,
}

/// What may change until voting opens.
#[derive(Debug, Clone, Copy)]
pub struct ProposalTexts<'a> {
    /// The title.
    pub title: &'a str,
    /// The text.
    pub body: &'a str,
    /// The candidates of an election.
    pub options: &'a [String],
    /// The decision rule as data.
    pub rule: &'a Value,
    /// What is done once it is carried.
    pub actions: &'a Value,
    /// How secret ballots are.
    pub secrecy: Tier,
}

/// What freezes a proposal.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// When voting opens.
    pub opens_at: DateTime<Utc>,
    /// When voting ends.
    pub closes_at: DateTime<Utc>,
    /// The salt of the rule's record.
    pub rule_salt: Hash32,
    /// The salt of the proposal's record.
    pub salt: Hash32,
    /// The hash of the proposal's record.
    pub record_hash: Hash32,
    /// The root of the roll.
    pub roll_root: Hash32,
    /// Members on the roll.
    pub roll_count: i32,
    /// The sum of their weights.
    pub roll_weight: i64,
    /// The secret of the lot.
    pub lot_secret: &'a [u8; 32],
}

/// How a proposal ends before it is decided.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// `withdrawn` or `cancelled`.
    pub state: &'a str,
    /// Who ends it.
    pub by: MemberId,
    /// Why.
    pub reason: &'a str,
}

/// A proposal in a list, with the name of its author.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ProposalListRow {
    /// The proposal.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The kind of decision.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The name of the method.
    #[diesel(sql_type = Text)]
    pub method: String,
    /// The title.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Who wrote it.
    #[diesel(sql_type = SqlUuid)]
    pub author_id: Uuid,
    /// How the author is called.
    #[diesel(sql_type = Text)]
    pub author_name: String,
    /// When it was begun.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// When voting opened.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub opens_at: Option<DateTime<Utc>>,
    /// When voting ends.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub closes_at: Option<DateTime<Utc>>,
}

/// Who looks at a list of proposals: what was never put before the members is seen by its author and by stewards alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A steward.
    Steward,
    /// Another member.
    Member(MemberId),
}

/// Where a page of proposals begins: after this one, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposalPosition {
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// Its id.
    pub id: Uuid,
}

/// A page of proposals.
#[derive(Debug, Clone, Copy)]
pub struct ProposalPage<'a> {
    /// Only those in this state.
    pub state: Option<&'a str>,
    /// Where it begins.
    pub after: Option<ProposalPosition>,
    /// How many.
    pub limit: i64,
}
