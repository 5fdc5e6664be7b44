//! Tokens that travel by mail: they are derived, never stored.
//!
//! A token names its row and proves that we made it: `rdl_` (links of ours) or `rdi_` (invitations of a co-op), then base64url of
//! the id and of HMAC-SHA256 over purpose and id. The database holds its SHA-256 alone, a mail job the id alone; so neither a
//! backup nor the queue opens anything. Each action has a purpose of its own: a token for one opens no other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use governance::id::{CoopId, InvitationId, MemberId};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::secrets::Secrets;

const LINK_PREFIX: &str = "rdl_";
const INVITATION_PREFIX: &str = "rdi_";
const UNSUBSCRIPTION_PREFIX: &str = "rdu_";
const UNSUBSCRIPTION_PURPOSE: &str = "link unsubscribe";
const FEED_PREFIX: &str = "rdf_";
const FEED_PURPOSE: &str = "link feed";
const INVITATION_PURPOSE: &str = "link invitation";
/// The longest token, in characters; what is longer is none.
const LENGTH_MAX: usize = 128;

/// The one thing a link allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkAction {
    /// To make an account for the address it was sent to.
    SignUp,
    /// To confirm the address of an account.
    ConfirmEmail,
    /// To choose a new password.
    ResetPassword,
}

impl LinkAction {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::SignUp, Self::ConfirmEmail, Self::ResetPassword];

    /// The name in SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::ConfirmEmail => "confirm_email",
            Self::ResetPassword => "reset_password",
        }
    }

    const fn purpose(self) -> &'static str {
        match self {
            Self::SignUp => "link sign_up",
            Self::ConfirmEmail => "link confirm_email",
            Self::ResetPassword => "link reset_password",
        }
    }
}

/// The token of a link of ours.
#[must_use]
pub fn link_token(secrets: &Secrets, action: LinkAction, id: Uuid) -> String {
    token(
        LINK_PREFIX,
        id.as_bytes(),
        secrets.derive(action.purpose(), id.as_bytes()),
    )
}

/// The link a token names, if we made the token and for this action. Whether it still works is asked of the database.
#[must_use]
pub fn parse_link(secrets: &Secrets, action: LinkAction, text: &str) -> Option<Uuid> {
    let id: [u8; 16] = parse(text, LINK_PREFIX, |id| secrets.derive(action.purpose(), id))?;
    Some(Uuid::from_bytes(id))
}

/// The token of an invitation.
#[must_use]
pub fn invitation_token(secrets: &Secrets, coop: CoopId, invitation: InvitationId) -> String {
    let mut id = [0; 32];
    id[..16].copy_from_slice(coop.uuid().as_bytes());
    id[16..].copy_from_slice(invitation.uuid().as_bytes());
    token(INVITATION_PREFIX, &id, secrets.derive(INVITATION_PURPOSE, &id))
}

/// The co-op and the invitation a token names, if we made it. Whether it still works is asked of the database.
#[must_use]
pub fn parse_invitation(secrets: &Secrets, text: &str) -> Option<(CoopId, InvitationId)> {
    let id: [u8; 32] = parse(text, INVITATION_PREFIX, |id| secrets.derive(INVITATION_PURPOSE, id))?;
    let (coop, invitation) = id.split_at(16);
    let uuid = |bytes: &[u8]| Uuid::from_slice(bytes).ok();
    Some((
        CoopId::from_uuid(uuid(coop)?),
        InvitationId::from_uuid(uuid(invitation)?),
    ))
}

/// The token that ends a member's reminders and nothing else. It works for good: whoever keeps an old mail can still say no.
#[must_use]
pub fn unsubscription_token(secrets: &Secrets, coop: CoopId, member: MemberId) -> String {
    let mut id = [0; 32];
    id[..16].copy_from_slice(coop.uuid().as_bytes());
    id[16..].copy_from_slice(member.uuid().as_bytes());
    token(UNSUBSCRIPTION_PREFIX, &id, secrets.derive(UNSUBSCRIPTION_PURPOSE, &id))
}

/// The co-op and the member whose reminders a token ends, if we made it.
#[must_use]
pub fn parse_unsubscription(secrets: &Secrets, text: &str) -> Option<(CoopId, MemberId)> {
    let id: [u8; 32] = parse(text, UNSUBSCRIPTION_PREFIX, |id| {
        secrets.derive(UNSUBSCRIPTION_PURPOSE, id)
    })?;
    let (coop, member) = id.split_at(16);
    let uuid = |bytes: &[u8]| Uuid::from_slice(bytes).ok();
    Some((CoopId::from_uuid(uuid(coop)?), MemberId::from_uuid(uuid(member)?)))
}

/// The token in the secret address of a member's feeds, the one with this number.
#[must_use]
pub fn feed_token(secrets: &Secrets, coop: CoopId, member: MemberId, generation: i64) -> String {
    let mut id = [0; 40];
    id[..16].copy_from_slice(coop.uuid().as_bytes());
    id[16..32].copy_from_slice(member.uuid().as_bytes());
    id[32..].copy_from_slice(&generation.to_be_bytes());
    token(FEED_PREFIX, &id, secrets.derive(FEED_PURPOSE, &id))
}

/// The co-op, the member and the number of the address that a token names, if we made it. Whether it still works is asked of the
/// database.
#[must_use]
pub fn parse_feed(secrets: &Secrets, text: &str) -> Option<(CoopId, MemberId, i64)> {
    let id: [u8; 40] = parse(text, FEED_PREFIX, |id| secrets.derive(FEED_PURPOSE, id))?;
    let (coop, rest) = id.split_at(16);
    let (member, generation) = rest.split_at(16);
    let uuid = |bytes: &[u8]| Uuid::from_slice(bytes).ok();
    let generation = i64::from_be_bytes(generation.try_into().ok()?);
    Some((
        CoopId::from_uuid(uuid(coop)?),
        MemberId::from_uuid(uuid(member)?),
        generation,
    ))
}

/// Whether the text claims to be the token of an invitation.
#[must_use]
pub fn is_invitation(text: &str) -> bool {
    text.starts_with(INVITATION_PREFIX)
}

/// The SHA-256 of a token, as the database holds it.
#[must_use]
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn token(prefix: &str, id: &[u8], mac: [u8; 32]) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode([id, &mac].concat()))
}

fn parse<const N: usize>(text: &str, prefix: &str, mac: impl Fn(&[u8]) -> [u8; 32]) -> Option<[u8; N]> {
    if text.len() > LENGTH_MAX {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(prefix)?).ok()?;
    let (id, claimed) = bytes.split_first_chunk::<N>()?;
    let is_ours = bool::from(mac(id).as_slice().ct_eq(claimed));
    is_ours.then_some(*id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(name: &str) -> Secrets {
        let folder = std::env::temp_dir().join(format!("rochdale-links-{}-{name}", std::process::id()));
        crate::secrets::make(&folder).unwrap();
        let secrets = Secrets::load(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        secrets
    }

    #[test]
    fn a_link_opens_the_one_thing_it_was_made_for() {
        let secrets = secrets("one");
        let id = Uuid::now_v7();
        for made in LinkAction::ALL {
            let token = link_token(&secrets, made, id);
            for asked in LinkAction::ALL {
                assert_eq!(parse_link(&secrets, asked, &token), (asked == made).then_some(id));
            }
            assert_eq!(parse_invitation(&secrets, &token), None);
            assert_eq!(parse_unsubscription(&secrets, &token), None);
        }
    }

    #[test]
    fn what_ends_reminders_opens_nothing_else() {
        let secrets = secrets("unsubscribe");
        let (coop, member) = (CoopId::from_uuid(Uuid::now_v7()), MemberId::from_uuid(Uuid::now_v7()));
        let token = unsubscription_token(&secrets, coop, member);
        assert_eq!(parse_unsubscription(&secrets, &token), Some((coop, member)));
        assert_eq!(parse_invitation(&secrets, &token), None);
        // The same bytes under another beginning are no invitation either.
        let disguised = token.replacen(UNSUBSCRIPTION_PREFIX, INVITATION_PREFIX, 1);
        assert_eq!(parse_invitation(&secrets, &disguised), None);
        for action in LinkAction::ALL {
            assert_eq!(parse_link(&secrets, action, &token), None);
        }
    }

    #[test]
    fn the_address_of_a_feed_is_of_one_member_and_one_number() {
        let secrets = secrets("feed");
        let (coop, member) = (CoopId::from_uuid(Uuid::now_v7()), MemberId::from_uuid(Uuid::now_v7()));
        let token = feed_token(&secrets, coop, member, 7);
        assert_eq!(parse_feed(&secrets, &token), Some((coop, member, 7)));
        assert_ne!(token, feed_token(&secrets, coop, member, 8));
        assert_eq!(parse_unsubscription(&secrets, &token), None);
        assert_eq!(
            parse_feed(&secrets, &unsubscription_token(&secrets, coop, member)),
            None
        );
    }

    #[test]
    fn a_token_is_refused_after_any_change_and_from_any_other_server() {
        let (ours, theirs) = (secrets("ours"), secrets("theirs"));
        let (coop, invitation) = (
            CoopId::from_uuid(Uuid::now_v7()),
            InvitationId::from_uuid(Uuid::now_v7()),
        );
        let token = invitation_token(&ours, coop, invitation);
        assert_eq!(parse_invitation(&ours, &token), Some((coop, invitation)));
        assert_eq!(parse_invitation(&theirs, &token), None);
        for index in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                parse_invitation(&ours, std::str::from_utf8(&changed).unwrap()),
                None,
                "character {index}"
            );
        }
        for malformed in [
            "",
            "rdi_",
            &token[..token.len() - 1],
            &format!("{token}A"),
            &"rdi_A".repeat(1_000),
        ] {
            assert_eq!(parse_invitation(&ours, malformed), None, "{malformed}");
        }
    }
}
