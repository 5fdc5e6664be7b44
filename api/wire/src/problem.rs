//! The one table of problems: every refusal the API knows, with its address, status and title.
//!
//! Bodies follow RFC 9457 (`application/problem+json`). No handler invents a status of its own: it names a row of this table.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The media type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A language in which the pages are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
pub enum PageLanguage {
    /// `en`.
    #[default]
    #[serde(rename = "en")]
    English,
    /// `zh-Hans`.
    #[serde(rename = "zh-Hans")]
    SimplifiedChinese,
}

impl PageLanguage {
    /// Its tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::SimplifiedChinese => "zh-Hans",
        }
    }
}

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident = $slug:literal, $status:literal, $title:literal;)*) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemKind { $($(#[$doc])* $variant,)* }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The last part of its address, and the name of its page in docs/problems.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// A short sentence, the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Its page in docs/problems, Markdown: a row without a page in each language does not compile.
            #[must_use]
            pub const fn page(self, language: PageLanguage) -> &'static str {
                match (self, language) { $(
                    (Self::$variant, PageLanguage::English) =>
                        include_str!(concat!("../../../docs/problems/", $slug, ".md")),
                    (Self::$variant, PageLanguage::SimplifiedChinese) =>
                        include_str!(concat!("../../../docs/problems/zh-Hans/", $slug, ".md")),
                )* }
            }
        }
    };
}

problems! {
    // The request itself.
    /// The body is not JSON.
    MalformedJson = "malformed-json", 400, "The body is not valid JSON";
    /// The body has an unknown field, lacks one, or holds a wrong type.
    InvalidBody = "invalid-body", 422, "The body does not have the expected form";
    /// One field breaks a rule; `field` names it.
    InvalidField = "invalid-field", 422, "A field is not acceptable";
    /// A query parameter is unknown or malformed.
    InvalidQuery = "invalid-query", 422, "The query is not acceptable";
    /// The body is larger than the limit.
    BodyTooLarge = "body-too-large", 413, "The body is too large";
    /// The body is not declared as JSON.
    UnsupportedMediaType = "unsupported-media-type", 415, "The body must be application/json";
    /// The client sent too slowly.
    RequestTimeout = "request-timeout", 408, "The request took too long to arrive";
    /// Nothing is there, or the caller may not know of it.
    NotFound = "not-found", 404, "Nothing is here";
    /// The address exists and does not take this method.
    MethodNotAllowed = "method-not-allowed", 405, "The method is not allowed here";
    /// A creating request came without a key.
    IdempotencyKeyMissing = "idempotency-key-missing", 400, "An Idempotency-Key is needed";
    /// The key was used for another request.
    IdempotencyKeyReused = "idempotency-key-reused", 422, "The Idempotency-Key belongs to another request";
    /// The first request with this key is still being worked on.
    IdempotencyInFlight = "idempotency-in-flight", 409, "The same request is still being worked on";
    /// A change came without the version it is based on.
    IfMatchMissing = "if-match-missing", 428, "An If-Match header is needed";
    /// Somebody changed the thing in the meantime.
    StaleVersion = "stale-version", 412, "It was changed in the meantime";

    // Who asks.
    /// No token, or one that is not valid.
    Unauthenticated = "unauthenticated", 401, "Sign in first";
    /// Address or password do not match.
    SignInFailed = "sign-in-failed", 401, "Signing in did not work";
    /// The refresh cookie is missing, used up or ended.
    RefreshRefused = "refresh-refused", 401, "The session cannot be prolonged";
    /// The request lacks the header that only our own pages send.
    CrossSite = "cross-site", 403, "The request does not come from the portal";
    /// The caller's role does not suffice; `role` names the one needed.
    RoleNeeded = "role-needed", 403, "Another role is needed";
    /// The membership is suspended or has ended.
    MembershipInactive = "membership-inactive", 403, "The membership is not active";
    /// Too many attempts; `Retry-After` says when to come again.
    TooManyRequests = "too-many-requests", 429, "Too many attempts";

    // Accounts.
    /// The password is too short, too long or well known.
    PasswordRefused = "password-refused", 422, "The password is not acceptable";
    /// A link or invitation is unknown, used or expired.
    LinkRefused = "link-refused", 410, "The link does not work any more";
    /// The address already has an account.
    AccountExists = "account-exists", 409, "There is an account for this address already";

    // Co-ops and members.
    /// Another co-op has this short name.
    SlugTaken = "slug-taken", 409, "The short name is taken";
    /// The account is a member already.
    AlreadyMember = "already-member", 409, "The account is a member already";
    /// An application is waiting already.
    ApplicationPending = "application-pending", 409, "An application is waiting already";
    /// The application was decided before.
    ApplicationDecided = "application-decided", 409, "The application was decided already";
    /// The bylaws admit by invitation only.
    ApplicationsClosed = "applications-closed", 403, "The co-op admits by invitation only";
    /// A change of status or role that the rules forbid.
    MembershipRefused = "membership-refused", 409, "The membership cannot change like that";
    /// The key is in use already.
    KeyInUse = "key-in-use", 409, "The key is registered already";
    /// The key, or the proof that the member holds it, is not valid.
    KeyRefused = "key-refused", 422, "The key cannot be registered";
    /// The bylaws break a rule.
    BylawsRefused = "bylaws-refused", 422, "The bylaws are not acceptable";

    // Proposals and ballots.
    /// The co-op is halted; `until` says for how long.
    CoopHalted = "coop-halted", 409, "The co-op is halted";
    /// An action of a proposal cannot be what was meant.
    ActionRefused = "action-refused", 422, "An action of the proposal is not possible";
    /// What was carried could not be executed, and nothing of it was done.
    ExecutionFailed = "execution-failed", 409, "What was carried could not be executed";
    /// A transaction of the books was undone before.
    JournalReversed = "journal-reversed", 409, "The transaction was undone before";
    /// The result cannot be contested, or not by this member, or the contest not answered so.
    ContestRefused = "contest-refused", 409, "The result cannot be contested so";
    /// Figures of contributions do not stand so that this could be done.
    ContributionState = "contribution-state", 409, "The figures do not stand so that this could be done";
    /// A name looks like that of another member; `field` names it.
    NameAlike = "name-alike", 409, "The name looks like another member's";
    /// A payout cycle does not stand where this is done; `state` says where it stands.
    CycleState = "cycle-state", 409, "The payout cycle does not stand where this is done";
    /// A payment, or a file of payments, does not stand where this is done.
    PaymentState = "payment-state", 409, "The payment does not stand where this is done";
    /// It does not go with the terms of money or with what stands in the books.
    MoneyState = "money-state", 409, "This does not go with what stands in the books";
    /// The books are closed up to a day after that.
    YearClosed = "year-closed", 409, "The year is closed";
    /// Nobody approves or decides what they prepared.
    FourEyes = "four-eyes", 403, "Somebody else must do this";
    /// The co-op is halted already, or was until lately.
    HaltRefused = "halt-refused", 409, "The co-op cannot be halted now, or the halt not be ended so";
    /// The step is not possible from where the proposal stands, or not yet.
    StepRefused = "step-refused", 409, "The proposal cannot do that now";
    /// The texts cannot change any more.
    ProposalFrozen = "proposal-frozen", 409, "What members vote on does not change any more";
    /// Options, places and rule do not fit together.
    RuleRefused = "rule-refused", 422, "The rule and the options do not fit";
    /// So few may vote that secret ballots would not be secret; `members` and `group_min` say how few.
    GroupTooSmall = "group-too-small", 409, "Too few may vote for secret ballots";
    /// Voting is not open.
    VotingClosed = "voting-closed", 409, "Voting is not open";
    /// The caller is not on the roll.
    NotOnRoll = "not-on-roll", 403, "Not on the roll of this proposal";
    /// The choice is not one the method knows.
    BallotMalformed = "ballot-malformed", 422, "The ballot is malformed";
    /// The revision is not the next one; `current_revision` holds the last.
    RevisionConflict = "revision-conflict", 409, "Another ballot came before";
    /// The signature does not fit the ballot and the key.
    SignatureRefused = "signature-refused", 422, "The signature is not valid";
    /// The key does not stand on the roll of this proposal.
    KeyNotOnRoll = "key-not-on-roll", 409, "The key is not on the roll of this proposal";
    /// A delegation that cannot be, or a proxy that the caller does not hold; `member` names whose.
    DelegationRefused = "delegation-refused", 409, "This cannot be delegated";
    /// The count is not published yet.
    NotCountedYet = "not-counted-yet", 409, "The result is not published yet";
    /// Nothing more is said about the proposal, or nothing more of this comment.
    DiscussionClosed = "discussion-closed", 409, "The discussion does not take that";
    /// There are as many as there may be; `max` says how many.
    LimitReached = "limit-reached", 409, "There are as many as there may be";

    // The world.
    /// The server is busy; coming again is right.
    Busy = "busy", 503, "The server is busy";
    /// The server, or something it needs, failed.
    Internal = "internal", 500, "The server failed";
}

impl ProblemKind {
    /// The kind with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }
}

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// The address of the page that explains this kind: `/problems/` and its slug.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here and what to do next.
    pub detail: String,
    /// The id of the request, as in the server's log.
    pub instance: String,
    /// Facts of this kind, such as `field` or `current_revision`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub members: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_problem_has_an_address_of_its_own_and_an_error_status() {
        let slugs: HashSet<_> = ProblemKind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), ProblemKind::ALL.len());
        for kind in ProblemKind::ALL {
            assert!((400..600).contains(&kind.status()), "{}", kind.slug());
            assert_eq!(ProblemKind::from_slug(kind.slug()), Some(*kind));
        }
    }
}
