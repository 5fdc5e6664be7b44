//! What the operator does for others at the command line.

use governance::id::{AccountId, CoopId};
use sha2::{Digest as _, Sha256};
use store::account::account_credentials;
use wire::account::SecretText;
use wire::coop::FoundCoop;
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::body::Ask;
use crate::problem::Problem;
use crate::services::email::Email;
use crate::services::{accounts, founding};

/// The co-op to found, and for whom.
#[derive(Debug, Clone)]
pub struct FoundingFor {
    /// The short name.
    pub slug: String,
    /// The name.
    pub name: String,
    /// The address of the founder's account.
    pub email: String,
    /// How the founder is called.
    pub display_name: String,
    /// Whether to make the account where there is none, and to mail a link with which its owner chooses a password.
    pub may_create_account: bool,
}

/// What was founded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Founded {
    /// The co-op.
    pub coop: CoopId,
    /// The founder's account.
    pub account: AccountId,
    /// Whether the account was made just now.
    pub is_new_account: bool,
    /// Whether the co-op stood already: the same command was given before.
    pub is_repeated: bool,
}

/// Founds a co-op for a person, whoever may found here. The same command given again finds what it did before.
///
/// # Errors
/// Where the address has no account and none may be made, where the short name is taken, or for a text that is refused.
pub async fn found(app: &App, asked: FoundingFor) -> Result<Founded, Problem> {
    let email = Email::parse(&asked.email)?;
    let (account, is_new_account) = account(app, &email, &asked).await?;
    let ask = ask(&asked);
    let founding = FoundCoop {
        slug: asked.slug,
        name: asked.name,
        display_name: asked.display_name,
        class: None,
        bylaws: None,
    };
    let answer = founding::found_as(app, account, founding, &ask).await.map_err(taken)?;
    if asked.may_create_account {
        // Also where the account stood already: the run that made it may have ended before its mail was queued.
        accounts::request_reset(app, &email).await?;
    }
    let body: serde_json::Value = serde_json::from_slice(&answer.body).map_err(Problem::internal)?;
    let coop = body["id"].as_str().and_then(|id| id.parse().ok());
    Ok(Founded {
        coop: coop.ok_or_else(|| Problem::internal("a founded co-op has no identifier"))?,
        account,
        is_new_account,
        is_repeated: answer.is_replay,
    })
}

async fn account(app: &App, email: &Email, asked: &FoundingFor) -> Result<(AccountId, bool), Problem> {
    let mut tx = app.store.global_tx("account_of_founder").await?;
    let known = account_credentials(&mut tx, email.as_str()).await?;
    tx.commit().await?;
    if let Some(known) = known {
        return Ok((AccountId::from_uuid(known.id), false));
    }
    if !asked.may_create_account {
        return Err(Problem::field(
            "email",
            "it has no account here; let the founder sign up first, or add --create-account",
        ));
    }
    // Nobody ever learns this password: the mailed link replaces it.
    let password = SecretText::new(hex::encode(crate::secrets::random().map_err(Problem::internal)?));
    let account = accounts::create_confirmed(app, email.as_str(), &asked.display_name, &password).await?;
    Ok((account, true))
}

/// The command as a request: the short name makes it the same one again.
fn ask(asked: &FoundingFor) -> Ask {
    let mut hasher = Sha256::new();
    for part in [&asked.slug, &asked.name, &asked.display_name] {
        hasher.update(part);
        hasher.update([0]);
    }
    Ask {
        key: format!("operator {}", asked.slug),
        request_hash: hasher.finalize().into(),
    }
}

fn taken(problem: Problem) -> Problem {
    if problem.kind() == ProblemKind::IdempotencyKeyReused {
        return Problem::new(
            ProblemKind::SlugTaken,
            "This account founded a co-op with this short name already, with another name. Choose another short name.",
        );
    }
    problem
}
