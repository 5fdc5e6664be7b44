//! How memberships begin and how keys are proved, as events tell of it.

use crate::hash::Hash32;
use crate::id::{ApplicationId, InvitationId};

/// How a membership began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By founding the co-op.
    Founding,
    /// By an invitation; the actor is who invited.
    Invitation(InvitationId),
    /// By an application; the actor is who decided.
    Application(ApplicationId),
    /// By a steward who entered the member by public key.
    Import,
    /// By the operator of the server.
    Operator,
}

impl Way {
    /// The name, which is what is hashed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Founding => "founding",
            Self::Invitation(_) => "invitation",
            Self::Application(_) => "application",
            Self::Import => "import",
            Self::Operator => "operator",
        }
    }

    /// The invitation or application as a word; zero for the others.
    #[must_use]
    pub fn source(self) -> Hash32 {
        match self {
            Self::Invitation(invitation) => invitation.word(),
            Self::Application(application) => application.word(),
            Self::Founding | Self::Import | Self::Operator => Hash32::ZERO,
        }
    }
}

/// How the holder of a key was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyProof {
    /// The key signed its registration.
    Signature,
    /// The key signed a message that names its registration (EIP-4361).
    Message,
    /// A steward vouched for it.
    Import,
}

impl KeyProof {
    /// The name, which is what is hashed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Message => "siwe",
            Self::Import => "import",
        }
    }
}
