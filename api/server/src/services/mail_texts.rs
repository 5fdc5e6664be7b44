//! What our mails say. Plain text, all of it here.
//!
//! Nothing that a stranger can choose stands in a mail: no display name, no name of a co-op. Whoever founds a co-op can have mail sent
//! to any address, and must not be able to write it. A short name (letters, digits, hyphens) is all that an invitation shows.

use chrono::{DateTime, Utc};

/// How wide prose is set, in characters.
const LINE_WIDTH: usize = 74;

/// A mail without its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailText {
    /// The subject.
    pub subject: String,
    /// The body.
    pub body: String,
}

/// A page of the portal, with the token in the query.
fn page(public_url: &str, path: &str, token: &str) -> String {
    format!("{public_url}/{path}?token={token}")
}

/// To an address without an account.
#[must_use]
pub fn sign_up(public_url: &str, token: &str) -> MailText {
    let link = page(public_url, "sign-up", token);
    text(
        "Finish signing up",
        &format!(
            "Somebody asked for an account with this address at {public_url}.\n\nTo make one, open this link within a day; it \
             works once:\n\n{link}\n\nIf it was not you, do nothing: without the link no account is made."
        ),
    )
}

/// To an address that has one.
#[must_use]
pub fn account_exists(public_url: &str) -> MailText {
    text(
        "You have an account already",
        &format!(
            "Somebody asked for an account with this address at {public_url}.\n\nThere is one already, and nothing was \
             changed. To sign in:\n\n{public_url}/sign-in\n\nIf you forgot the password, choose a new one there."
        ),
    )
}

/// To confirm an address.
#[must_use]
pub fn confirm_email(public_url: &str, token: &str) -> MailText {
    let link = page(public_url, "confirm", token);
    text(
        "Confirm your address",
        &format!(
            "To confirm that this address is yours, open this link within a day; it works once:\n\n{link}\n\nIf you did not \
             ask for it, do nothing."
        ),
    )
}

/// To choose a new password.
#[must_use]
pub fn reset_password(public_url: &str, token: &str) -> MailText {
    let link = page(public_url, "reset", token);
    text(
        "Choose a new password",
        &format!(
            "To choose a new password for your account at {public_url}, open this link within an hour; it works once, and it \
             makes earlier ones useless:\n\n{link}\n\nAfterwards you sign in again on every device. If it was not you who \
             asked, do nothing: the password stays as it is."
        ),
    )
}

/// After the password became another one.
#[must_use]
pub fn password_changed(public_url: &str) -> MailText {
    text(
        "Your password was changed",
        &format!(
            "The password of your account at {public_url} was changed just now, and every other device was signed out.\n\nIf \
             it was not you, choose a new password at once:\n\n{public_url}/sign-in"
        ),
    )
}

/// After a passkey was added or taken away.
#[must_use]
pub fn passkeys_changed(public_url: &str) -> MailText {
    text(
        "Your passkeys were changed",
        &format!(
            "A passkey was added to your account at {public_url}, or taken away, just now. The ones that sign in to it stand \
             here:\n\n{public_url}/account\n\nIf it was not you, take away what you do not know and choose a new password."
        ),
    )
}

/// After a wallet was linked to sign in, or taken away.
#[must_use]
pub fn wallets_changed(public_url: &str) -> MailText {
    text(
        "Your wallets were changed",
        &format!(
            "A wallet was linked to your account at {public_url} to sign in, or taken away, just now. The ones that sign in to it \
             stand here:\n\n{public_url}/account\n\nIf it was not you, take away what you do not know and choose a new password."
        ),
    )
}

/// To join a co-op.
#[must_use]
pub fn invitation(public_url: &str, slug: &str, token: &str) -> MailText {
    let link = page(public_url, "join", token);
    text(
        &format!("Invitation to join {slug}"),
        &format!(
            "The co-op \"{slug}\" invites you to become a member.\n\nTo join, open this link; it works once:\n\n{link}\n\nIf \
             you have no account at {public_url} yet, you can make one there with this address. If you do not know this \
             co-op, do nothing."
        ),
    )
}

/// Of a vote in which the member has not voted. It says neither what is asked nor what anyone chose.
#[must_use]
pub fn reminder(slug: &str, closes_at: DateTime<Utc>, vote: &str, unsubscribe: &str) -> MailText {
    let until = closes_at.format("%-d %B %Y, %H:%M UTC");
    text(
        &format!("A vote in {slug} waits for you"),
        &format!(
            "The co-op \"{slug}\" votes until {until}, you are on the roll, and you have not voted yet.\n\nTo read what is \
             asked and vote:\n\n{vote}\n\nYou choose on the page of the co-op when to be reminded. To get no more \
             reminders from it, open this link and confirm:\n\n{unsubscribe}"
        ),
    )
}

/// That a proposal would expel the member: the grounds, and until when voting waits for a reply.
#[must_use]
pub fn expulsion_notice(slug: &str, (grounds, reply_until): (&str, DateTime<Utc>), proposal: &str) -> MailText {
    let until = reply_until.format("%-d %B %Y, %H:%M UTC");
    text(
        &format!("A proposal in {slug} would expel you"),
        &format!(
            "A proposal before the members of the co-op \"{slug}\" would end your membership. The grounds it gives:\n\n{grounds}\n\n\
             Voting on it does not open before you have replied, or before {until}. Your reply stands with the proposal, and \
             every member reads it. To read the proposal and reply:\n\n{proposal}\n\nIf it is carried you may contest the result \
             there, and nothing happens before that is answered."
        ),
    )
}

/// After it was changed where a member wants to be paid. It says nothing of the account.
#[must_use]
pub fn payee_changed(slug: &str, payee: &str) -> MailText {
    text(
        &format!("Where {slug} pays you was changed"),
        &format!(
            "Where the co-op \"{slug}\" pays you was changed just now. It stands here:\n\n{payee}\n\nPayments wait for a week, unless \
             somebody who holds an office asked you by another way and confirmed it.\n\nIf it was not you, choose a new password at \
             once, change it back, and tell the treasurer: somebody else may be signed in as you."
        ),
    )
}

fn text(subject: &str, body: &str) -> MailText {
    let lines = body.lines().map(wrap).collect::<Vec<_>>().join("\n");
    MailText {
        subject: subject.to_owned(),
        body: format!("Hello,\n\n{lines}\n"),
    }
}

/// Breaks a line at blanks; a word that is longer, such as a link, stays whole.
fn wrap(line: &str) -> String {
    let mut wrapped = String::new();
    let mut width: usize = 0;
    for word in line.split(' ') {
        if width > 0 && width.saturating_add(word.len()) >= LINE_WIDTH {
            wrapped.push('\n');
            width = 0;
        } else if width > 0 {
            wrapped.push(' ');
            width = width.saturating_add(1);
        }
        wrapped.push_str(word);
        width = width.saturating_add(word.len());
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_and_links_are_not() {
        let link = format!("https://vote.example.org/{}", "x".repeat(100));
        let text = text("subject", &format!("{}\n\n{link}", "word ".repeat(40).trim()));
        assert!(
            text.body.lines().all(|line| line.len() <= LINE_WIDTH || line == link),
            "{}",
            text.body
        );
        assert_eq!(text.body.split_whitespace().filter(|word| *word == "word").count(), 40);
    }
}
