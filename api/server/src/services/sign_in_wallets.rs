//! Wallets that sign in to an account: linking, taking away, signing in (EIP-4361).
//!
//! What a message is for stands among its resources, and each use demands its own: a message that registers a voting key, or that was
//! signed for another account, signs nobody in and links nothing, whoever got hold of it.

use governance::id::{AccountId, SignInWalletId};
use store::account::nonce::nonce_use;
use store::account::wallet::{
    NewWallet, WALLET_IS_NEW, WalletRow, wallet_delete, wallet_insert, wallet_list, wallet_use,
};
use store::mail::{MailKind, mail_enqueue};
use uuid::Uuid;
use wire::problem::ProblemKind;
use wire::sign_in_wallet::{LinkWallet, SignInWalletEntry, SignInWalletList, WalletSignIn};

use crate::app::App;
use crate::problem::Problem;
use crate::services::accounts;
use crate::services::sessions::{self, Started};
use crate::services::siwe::checksummed;
use crate::services::wallets::{RESOURCE_PREFIX, prove, refused};

/// The most wallets of an account, as many as passkeys.
const WALLETS_MAX: i64 = 16;

/// The resource of a message to sign in.
#[must_use]
pub fn sign_in_resource() -> String {
    format!("{RESOURCE_PREFIX}sign-in")
}

/// The resource of a message to link a wallet to an account.
#[must_use]
pub fn link_resource(account: AccountId) -> String {
    format!("{RESOURCE_PREFIX}sign-in-wallet:{account}")
}

/// Signs in. Whatever is wrong is answered alike; that a wallet is linked learns only who holds it.
///
/// # Errors
/// 401.
pub async fn sign_in(app: &App, given: &WalletSignIn) -> Result<Started, Problem> {
    let failed = || {
        Problem::new(
            ProblemKind::SignInFailed,
            "The wallet did not sign in: it is linked to no account here, or it signed something else. Try again, or sign in with \
             your address and password.",
        )
    };
    let proven = prove(app, &given.message, &given.signature).map_err(|_| failed())?;
    if !proven.is_for(&sign_in_resource()) {
        return Err(failed());
    }
    let mut tx = app.store.global_tx("session_begun").await?;
    // The number is used up whatever comes of it, so this much is committed in any case.
    let account = if nonce_use(&mut tx, &proven.message.nonce).await? {
        wallet_use(&mut tx, &proven.address).await?
    } else {
        None
    };
    let begun = match account {
        Some(account) => sessions::begin(app, &mut tx, account, None).await?,
        None => None,
    };
    tx.commit().await?;
    begun.ok_or_else(failed)
}

/// The wallets of an account.
///
/// # Errors
/// If the database fails.
pub async fn list(app: &App, account: AccountId) -> Result<SignInWalletList, Problem> {
    let mut tx = app.store.global_tx("wallet_list").await?;
    let rows = wallet_list(&mut tx, account).await?;
    tx.commit().await?;
    let items = rows.into_iter().map(entry).collect::<Result<_, _>>()?;
    Ok(SignInWalletList { items })
}

/// Links a wallet; the owner of the account is told by mail.
///
/// # Errors
/// 409 where an account has it, 422 where the password or the message is not right.
pub async fn link(app: &App, account: AccountId, given: &LinkWallet) -> Result<SignInWalletEntry, Problem> {
    let proven = prove(app, &given.message, &given.signature).map_err(|reason| refused(&reason))?;
    let wanted = link_resource(account);
    if !proven.is_for(&wanted) {
        return Err(refused(&format!(
            "it must name the resource {wanted}, and no other that begins with {RESOURCE_PREFIX}"
        )));
    }
    accounts::require_password(app, account, &given.current_password).await?;
    let mut tx = app.store.global_tx("wallet_linked").await?;
    if !nonce_use(&mut tx, &proven.message.nonce).await? {
        return Err(refused("its nonce was used, has expired or does not come from here"));
    }
    let new = NewWallet {
        id: SignInWalletId::from_uuid(Uuid::now_v7()),
        account,
        address: &proven.address,
    };
    let row = wallet_insert(&mut tx, new, WALLETS_MAX).await.map_err(|error| {
        if error.is_constraint(WALLET_IS_NEW) {
            return Problem::new(
                ProblemKind::KeyInUse,
                "This wallet signs in to an account already. Choose another, or take it away there first.",
            );
        }
        error.into()
    })?;
    let Some(row) = row else {
        return Err(Problem::new(
            ProblemKind::KeyRefused,
            format!("The wallet was not linked: you have {WALLETS_MAX}, which is the most. Take one away first."),
        ));
    };
    mail_enqueue(&mut tx, Uuid::now_v7(), MailKind::WalletsChanged(account)).await?;
    tx.commit().await?;
    entry(row)
}

/// Takes a wallet away; the owner of the account is told by mail. Sessions that it began go on.
///
/// # Errors
/// 404 where the account has none such.
pub async fn remove(app: &App, account: AccountId, wallet: SignInWalletId) -> Result<(), Problem> {
    let mut tx = app.store.global_tx("wallet_removed").await?;
    if !wallet_delete(&mut tx, account, wallet).await? {
        return Err(Problem::not_found());
    }
    mail_enqueue(&mut tx, Uuid::now_v7(), MailKind::WalletsChanged(account)).await?;
    Ok(tx.commit().await?)
}

fn entry(row: WalletRow) -> Result<SignInWalletEntry, Problem> {
    let address = row.address.as_slice().try_into().map_err(Problem::internal)?;
    Ok(SignInWalletEntry {
        id: SignInWalletId::from_uuid(row.id),
        address: checksummed(address),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    })
}
