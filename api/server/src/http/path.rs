//! Identifiers in addresses. A text that is no identifier is answered like one that nothing has.

use std::str::FromStr;

use actix_web::{FromRequest, HttpRequest, dev};
use governance::id::{
    AccessKeyId, ApplicationId, BillId, CommentId, ContributionId, CoopId, DocumentId, InvitationId, JournalId,
    MemberId, PasskeyId, PaymentFileId, PaymentStatementId, PayoutCycleId, ProposalId, SessionId, SignInWalletId,
    UpstreamId, VotingKeyId, WebhookId,
};

use crate::problem::Problem;

/// An identifier from the address, by the name of its segment.
pub struct Id<T>(pub T);

/// A kind of identifier that stands in addresses.
pub trait InPath: FromStr {
    /// The name of its segment.
    const SEGMENT: &'static str;
}

macro_rules! in_path {
    ($($kind:ty = $segment:literal;)*) => {
        $(impl InPath for $kind { const SEGMENT: &'static str = $segment; })*
    };
}

in_path! {
    CoopId = "coop";
    MemberId = "member";
    ProposalId = "proposal";
    VotingKeyId = "key";
    InvitationId = "invitation";
    ApplicationId = "application";
    SessionId = "session";
    PasskeyId = "passkey";
    SignInWalletId = "wallet";
    CommentId = "comment";
    WebhookId = "webhook";
    AccessKeyId = "access_key";
    UpstreamId = "tool";
    BillId = "bill";
    DocumentId = "document";
    JournalId = "journal";
    ContributionId = "contribution";
    PayoutCycleId = "cycle";
    PaymentFileId = "file";
    PaymentStatementId = "evidence";
}

impl<T: InPath> FromRequest for Id<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        std::future::ready(id(request).map(Self))
    }
}

/// The identifier of this kind in the address.
///
/// # Errors
/// 404 where it is none.
pub fn id<T: InPath>(request: &HttpRequest) -> Result<T, Problem> {
    request
        .match_info()
        .get(T::SEGMENT)
        .and_then(|text| text.parse().ok())
        .ok_or_else(Problem::not_found)
}
