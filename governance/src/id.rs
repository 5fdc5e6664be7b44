//! One type of identifier for each kind of thing, so that a member can never be passed where a proposal is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::hash::Hash32;

/// Why a text is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a UUID in lower case with hyphens")]
pub struct IdTextError;

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID.
            #[must_use]
            pub const fn uuid(&self) -> Uuid {
                self.0
            }

            /// The identifier as a word of the record: sixteen zero bytes, then the sixteen bytes of the UUID.
            #[must_use]
            pub fn word(&self) -> Hash32 {
                Hash32::left_padded(self.0.as_bytes())
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.hyphenated(), formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = IdTextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse(text).map(Self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

fn parse(text: &str) -> Result<Uuid, IdTextError> {
    let uuid = Uuid::try_parse(text).map_err(|_| IdTextError)?;
    // One value, one text: other spellings of a UUID (braces, no hyphens, capitals) would let two links mean one thing.
    if uuid.hyphenated().to_string() == text {
        Ok(uuid)
    } else {
        Err(IdTextError)
    }
}

id_type!(
    /// A co-op: the tenant everything else belongs to.
    CoopId
);
id_type!(
    /// An account: a person who can sign in.
    AccountId
);
id_type!(
    /// A session of an account on one device.
    SessionId
);
id_type!(
    /// A passkey that signs in to an account.
    PasskeyId
);
id_type!(
    /// A wallet that signs in to an account.
    SignInWalletId
);
id_type!(
    /// A membership in one co-op.
    MemberId
);
id_type!(
    /// A question put to the members.
    ProposalId
);
id_type!(
    /// An opening of voting that is set for a moment to come.
    ScheduleId
);
id_type!(
    /// A key that signs a member's ballots.
    VotingKeyId
);
id_type!(
    /// An invitation to join a co-op.
    InvitationId
);
id_type!(
    /// An application to join a co-op.
    ApplicationId
);
id_type!(
    /// Something said about a proposal.
    CommentId
);
id_type!(
    /// An address outside that is told what happens in a co-op.
    WebhookId
);
id_type!(
    /// An account of a co-op's ledger; a person's is an [`AccountId`].
    LedgerAccountId
);
id_type!(
    /// A transaction of a co-op's ledger.
    JournalId
);
id_type!(
    /// A snapshot of what members contributed.
    ContributionId
);
id_type!(
    /// A cycle in which revenue is shared.
    PayoutCycleId
);
id_type!(
    /// A file that asks a bank to pay.
    PaymentFileId
);
id_type!(
    /// A file in which a bank told something.
    BankFileId
);
id_type!(
    /// What somebody states of a payment, with evidence.
    PaymentStatementId
);
id_type!(
    /// A move of a member's shares.
    ShareMovementId
);
id_type!(
    /// An invoice, a credit note or a receipt.
    DocumentId
);
id_type!(
    /// A payment that came in.
    IncomingPaymentId
);
id_type!(
    /// A supplier's bill.
    BillId
);
id_type!(
    /// A job waiting to be done.
    JobId
);
id_type!(
    /// What a running call to a tool has set aside of its member's quotas.
    HoldId
);
id_type!(
    /// A key by which a member's programs use the tools.
    AccessKeyId
);
id_type!(
    /// A server, ours or somebody else's, that serves the models of a tool.
    UpstreamId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_has_exactly_one_text() {
        let text = "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5";
        let id: MemberId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert!(text.to_uppercase().parse::<MemberId>().is_err());
        assert!(text.replace('-', "").parse::<MemberId>().is_err());
        assert_eq!(
            id.word().to_string(),
            format!("0x{}{}", "0".repeat(32), text.replace('-', ""))
        );
    }
}
