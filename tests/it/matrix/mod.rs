//! T1: every operation times every kind of actor.
//!
//! Aim: nobody reaches what is not theirs, and a route that somebody adds cannot be forgotten here. Method: the table names for
//! each operation of the API what each kind of actor is answered. The operations are compared with the API's own description.
//! Whatever is refused leaves the whole database as it was, byte for byte; whatever another co-op's member asks is answered like
//! the same question about a co-op that does not exist. The same table then serves T6 (unknown fields), T7 (answers that say too
//! much) and T8 (identifiers in other spellings, and of other co-ops).

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod access;
mod contact;
mod coops;
mod decisions;
mod delegations;
mod identity;
mod ledger;
mod money;
mod passes;
mod payments;
mod payouts;
mod revenue;
mod world;

use std::collections::BTreeMap;
use std::pin::Pin;

use serde_json::Value;
use tests::person::{Person, is_success};

pub use world::World;

/// A kind of actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Without a session.
    Nobody,
    /// With a session, a member of nothing.
    Stranger,
    /// A plain member.
    Member,
    /// A member whose rights are suspended.
    Suspended,
    /// A member with the office of treasurer.
    Treasurer,
    /// A member with the office of auditor.
    Auditor,
    /// A member with the office of steward.
    Steward,
    /// A steward of another co-op.
    Elsewhere,
}

impl Who {
    /// Every kind, in the order of the columns.
    pub const ALL: [Self; 8] = [
        Self::Nobody,
        Self::Stranger,
        Self::Member,
        Self::Suspended,
        Self::Treasurer,
        Self::Auditor,
        Self::Steward,
        Self::Elsewhere,
    ];
}

/// A request as an operation needs it, with things made for it alone.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// What stands in the address, by the name of the segment; `coop` is filled in.
    pub ids: BTreeMap<&'static str, String>,
    /// The body.
    pub body: Option<Value>,
    /// The version a change is based on.
    pub based_on: Option<String>,
    /// Who asks, instead of the actor of that kind: for what changes the actor for good.
    pub by: Option<Person>,
    /// Headers of this operation alone.
    pub headers: Vec<(&'static str, String)>,
}

impl Ask {
    /// A request without anything.
    pub fn plain() -> Self {
        Self::default()
    }

    /// With an identifier in the address.
    pub fn id(mut self, segment: &'static str, id: impl ToString) -> Self {
        self.ids.insert(segment, id.to_string());
        self
    }

    /// With a body.
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Based on a version.
    pub fn based_on(mut self, etag: impl Into<String>) -> Self {
        self.based_on = Some(etag.into());
        self
    }

    /// Asked by somebody else of that kind.
    pub fn by(mut self, person: Person) -> Self {
        self.by = Some(person);
        self
    }

    /// With a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The making of a request.
pub type Preparing<'a> = Pin<Box<dyn Future<Output = Ask> + Send + 'a>>;

/// A row of the table.
pub struct Operation {
    /// Method and path, as the description of the API has them.
    pub id: &'static str,
    /// What each kind of actor is answered, in the order of [`Who::ALL`].
    pub expected: [u16; 8],
    /// Makes a request that would succeed if the actor had the right.
    pub prepare: for<'a> fn(&'a World, Who) -> Preparing<'a>,
    /// Whether a success changes something in the database.
    pub changes: bool,
}

impl Operation {
    /// Somebody of the co-op who may do it: a steward, where stewards may. Where nobody succeeds here, whoever is not refused for
    /// who they are; where only strangers may, a steward too.
    fn welcome(&self) -> Who {
        let who = |may: fn(u16) -> bool| {
            let mut all = Who::ALL.into_iter().zip(self.expected).rev();
            all.find(|(who, expected)| *who != Who::Elsewhere && may(*expected))
        };
        let found = who(is_success).or_else(|| who(|expected| !matches!(expected, 401 | 403 | 404)));
        found.map_or(Who::Steward, |(who, _)| who)
    }
}

/// Everyone who is signed in.
const SIGNED_IN: [u16; 8] = [401, 200, 200, 200, 200, 200, 200, 200];
/// Members, suspended ones too.
const MEMBERS: [u16; 8] = [401, 404, 200, 200, 200, 200, 200, 404];
/// Active members.
const ACTIVE: [u16; 8] = [401, 404, 200, 403, 200, 200, 200, 404];
/// Treasurers.
const TREASURERS: [u16; 8] = [401, 404, 403, 403, 200, 403, 403, 404];
/// Stewards.
const STEWARDS: [u16; 8] = [401, 404, 403, 403, 403, 403, 200, 404];

/// The same rights, with another status for success.
const fn with(mut expected: [u16; 8], success: u16) -> [u16; 8] {
    let mut column = 0;
    while column < expected.len() {
        if expected[column] == 200 {
            expected[column] = success;
        }
        column += 1;
    }
    expected
}

/// A row: method and path, the answers, whether a success changes something, and how a request is made.
macro_rules! operation {
    ($id:literal, $expected:expr, $changes:literal, |$world:ident, $who:ident| $prepare:expr) => {
        Operation {
            id: $id,
            expected: $expected,
            prepare: |$world, $who| Box::pin(async move { $prepare }),
            changes: $changes,
        }
    };
}
use operation;

/// The whole table. Each area has a file.
fn operations() -> Vec<Operation> {
    let mut all = coops::operations();
    all.extend(decisions::operations());
    all.extend(identity::operations());
    all.extend(delegations::operations());
    all.extend(contact::operations());
    all.extend(access::operations());
    all.extend(ledger::operations());
    all.extend(money::operations());
    all.extend(revenue::operations());
    all.extend(payments::operations());
    all.extend(payouts::operations());
    // A halted co-op refuses others.
    all.extend(coops::halts());
    all
}

/// Operations in a co-op that change something and tell the record nothing, since no right of anybody and no decision rests on it:
/// what members say, how they want to be told, and who outside is told.
const UNTOLD: &[&str] = &[
    "POST /api/v1/coops/{coop}/proposals/{proposal}/comments",
    "PATCH /api/v1/coops/{coop}/proposals/{proposal}/comments/{comment}",
    "PUT /api/v1/coops/{coop}/reminders",
    "PUT /api/v1/coops/{coop}/feeds",
    "DELETE /api/v1/coops/{coop}/feeds",
    "POST /api/v1/coops/{coop}/webhooks",
    "PUT /api/v1/coops/{coop}/webhooks/{webhook}/secret",
    "DELETE /api/v1/coops/{coop}/webhooks/{webhook}",
];

/// Operations that the table lacks. Never add to this list: write the row.
const MISSING: &[&str] = &[];
