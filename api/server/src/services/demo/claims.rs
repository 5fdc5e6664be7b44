//! What one of them claims on a chain: the node of a demonstration holds the accounts of those who send there, as wallets would.

use std::time::Duration;

use chain::{EndpointPin, RpcChain, RpcSettings};
use chrono::{SecondsFormat, Utc};
use governance::hash::{Hash32, to_hex};
use governance::id::{PaymentFileId, PayoutCycleId};
use serde_json::{Value, json};
use wire::account::SecretText;
use wire::ledger::{NewEntry, PostJournal};
use wire::page::PageQuery;
use wire::payment::{AddDistributor, PreparePaymentFile, ReleasePaymentFile, SetPayee};
use wire::sign_in_wallet::LinkWallet;

use super::payday::{BANK, Office};
use super::{Keeper, command, read};
use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::payments::following::follow_all;
use crate::services::payments::{claims, distributors, files};
use crate::services::{ledger, sign_in_wallets, siwe, wallets};

/// The account of the books that stands for the contract.
const ACCOUNT: &str = "assets:chain:distributor";
/// How long a root waits in the contract at least, in seconds.
const DELAY_SECONDS: u64 = 86_400;
/// How many blocks make everything before them final.
const BLOCKS: &str = "0x4";
/// How often it is looked whether a message was mined.
const LOOKS_MAX: usize = 400;
const PAUSE: Duration = Duration::from_millis(25);
/// Gas for any of the messages here.
const GAS: &str = "0x100000";

/// A contract that pays claims on the chain that the server follows, whose node holds the accounts of everybody here.
#[derive(Debug, Clone)]
pub struct DemoClaims {
    /// The contract, whose executor is the node's second account.
    pub distributor: String,
    /// The token, which anybody mints.
    pub token: String,
}

/// The accounts of the node.
#[derive(Clone, Copy)]
enum Who {
    Executor = 1,
    Anybody = 3,
    Member = 7,
}

/// The node, and what stands on its chain.
pub struct Island {
    node: RpcChain,
    accounts: Vec<String>,
    place: DemoClaims,
    /// The password of everybody.
    password: SecretText,
}

impl Island {
    /// Asks the node for its accounts.
    ///
    /// # Errors
    /// If the server follows no chain, or its node holds no accounts.
    pub async fn reach(app: &App, place: &DemoClaims, password: SecretText) -> Result<Self, Problem> {
        let chain = app.config.chain.as_ref();
        let chain = chain.ok_or_else(|| Problem::internal("nobody claims where no chain is followed"))?;
        let pin = EndpointPin {
            chain_id: chain.chain_id,
            genesis: None,
        };
        let url = chain.rpc_url.parse().map_err(Problem::internal)?;
        let node = RpcChain::connect(url, pin, RpcSettings::default());
        let node = node.await.map_err(Problem::internal)?;
        let accounts = node
            .request("eth_accounts", json!([]))
            .await
            .map_err(Problem::internal)?;
        Ok(Self {
            accounts: serde_json::from_value(accounts).map_err(Problem::internal)?,
            place: place.clone(),
            node,
            password,
        })
    }

    fn account(&self, who: Who) -> Result<&str, Problem> {
        let account = self.accounts.get(who as usize).map(String::as_str);
        account.ok_or_else(|| Problem::internal("the node of a demonstration holds accounts of its own"))
    }

    async fn ask(&self, method: &'static str, params: Value) -> Result<Value, Problem> {
        self.node.request(method, params).await.map_err(Problem::internal)
    }

    /// Sends a message, and waits until it did what it asks for.
    async fn send(&self, who: Who, (to, data): (&str, &str)) -> Result<(), Problem> {
        let message = json!({"from": self.account(who)?, "to": to, "data": data, "gas": GAS});
        let hash = self.ask("eth_sendTransaction", json!([message])).await?;
        for _ in 0..LOOKS_MAX {
            let receipt = self.ask("eth_getTransactionReceipt", json!([hash])).await?;
            match receipt["status"].as_str() {
                Some("0x1") => return Ok(()),
                Some(_) => {
                    return Err(Problem::internal(
                        "a contract refused what the demonstration asks of it",
                    ));
                }
                None => self.pass("0x1").await?,
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Problem::internal("the node of the demonstration makes no blocks"))
    }

    /// Sends what an answer says is to be sent.
    async fn call(&self, who: Who, answer: &Answer, pointer: &str) -> Result<(), Problem> {
        let [to, data] = ["to", "data"].map(|part| read::<String>(answer, &format!("{pointer}/{part}")));
        self.send(who, (&to?, &data?)).await
    }

    async fn pass(&self, blocks: &str) -> Result<(), Problem> {
        self.ask("anvil_mine", json!([blocks])).await.map(|_| ())
    }

    /// Makes everything final that was sent, and follows it.
    async fn seen(&self, app: &App) -> Result<(), Problem> {
        self.pass(BLOCKS).await?;
        follow_all(app).await.map_err(Problem::internal)
    }

    /// Links a wallet of the node to who is paid there; where to be paid.
    pub async fn payee(&self, app: &App, who: &Actor<Active>) -> Result<SetPayee, Problem> {
        let wallet = self.account(Who::Member)?.to_lowercase();
        let url = app.config.server.public_url.trim_end_matches('/');
        let domain = url.split_once("://").map_or(url, |(_, domain)| domain);
        let address: Option<[u8; 20]> = governance::hash::from_hex(&wallet).and_then(|bytes| bytes.try_into().ok());
        let address = address.ok_or_else(|| Problem::internal("the node's account is no address"))?;
        let nonce = wallets::issue_nonce(app).await?;
        let message = format!(
            "{domain} wants you to sign in with your Ethereum account:\n{}\n\nI link this wallet to my account.\n\nURI: {url}/account\n\
             Version: 1\nChain ID: {}\nNonce: {}\nIssued At: {}\nResources:\n- {}",
            siwe::checksummed(&address),
            nonce.chain_id,
            nonce.nonce,
            Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            sign_in_wallets::link_resource(who.signed_in.account)
        );
        let signed = self
            .ask("personal_sign", json!([to_hex(message.as_bytes()), wallet]))
            .await?;
        let link = LinkWallet {
            current_password: self.password.clone(),
            signature: signed.as_str().unwrap_or_default().to_owned(),
            message,
        };
        sign_in_wallets::link(app, who.signed_in.account, &link).await?;
        Ok(SetPayee {
            rail: String::from("chain"),
            name: String::from("Demo wallet"),
            iban: None,
            bic: None,
            wallet: Some(wallet),
        })
    }

    /// Adds the contract to the books, promises there what a cycle pays by claim, funds it, and has it claimed.
    pub async fn pay(
        &self,
        app: &App,
        (keeper, office, member): (&Keeper, &Office, &Actor<Active>),
        cycle: PayoutCycleId,
    ) -> Result<(), Problem> {
        self.pass(BLOCKS).await?;
        let added = AddDistributor {
            account: ACCOUNT.to_owned(),
            currency: keeper.currency.clone(),
            contract: self.place.distributor.clone(),
            token_address: self.place.token.clone(),
        };
        let added = distributors::add(app, &keeper.actor, command(added)?).await?;
        let list = PreparePaymentFile {
            ledger_account: read(&added, "/ledger_account")?,
            pay_on: Utc::now().date_naive().to_string(),
        };
        let list = files::prepare(app, &keeper.actor, cycle, command(list)?).await?;
        let (id, digest): (PaymentFileId, Hash32) = (read(&list, "/id")?, read(&list, "/digest")?);
        let release = command(ReleasePaymentFile { digest })?;
        let released = files::release(app, &office.auditor, (cycle, id), release).await?;
        self.call(Who::Executor, &released, "/claims/submission").await?;
        self.seen(app).await?;
        // The chain began as long ago, so that it comes to today.
        self.ask("evm_increaseTime", json!([DELAY_SECONDS])).await?;
        self.fund(app, keeper, &read::<String>(&released, "/total")?).await?;
        let all = files::list(app, &office.auditor, cycle, &PageQuery::default()).await?;
        self.call(
            Who::Anybody,
            &all,
            &format!("/items/{}/claims/activation", place_of(&all, id)?),
        )
        .await?;
        self.seen(app).await?;
        let member = app
            .member(super::signed_in(member.signed_in.account), member.coop)
            .await?;
        let own = claims::own(app, &member).await?;
        self.call(Who::Member, &own, "/items/0/call").await?;
        self.seen(app).await
    }

    /// Brings what is promised from the bank to the contract, as tokens.
    async fn fund(&self, app: &App, keeper: &Keeper, total: &str) -> Result<(), Problem> {
        let cents: u128 = total.replace('.', "").parse().map_err(Problem::internal)?;
        let contract = self.place.distributor.trim_start_matches("0x");
        // mint(address,uint256); the token has six decimal places.
        let mint = format!("0x40c10f19{contract:0>64}{:064x}", cents.saturating_mul(10_000));
        self.send(Who::Anybody, (&self.place.token, &mint)).await?;
        let entry = |account: &str, amount: String| NewEntry {
            account: account.to_owned(),
            currency: keeper.currency.clone(),
            amount,
            reference: None,
        };
        let moved = PostJournal {
            description: String::from("Tokens for claims"),
            effective_on: Utc::now().date_naive().to_string(),
            opening: false,
            entries: vec![entry(ACCOUNT, total.to_owned()), entry(BANK, format!("-{total}"))],
        };
        ledger::post(app, &keeper.actor, command(moved)?).await?;
        Ok(())
    }
}

/// Where a file stands in a list of them.
fn place_of(list: &Answer, id: PaymentFileId) -> Result<usize, Problem> {
    let list: Value = serde_json::from_slice(&list.body).map_err(Problem::internal)?;
    let wanted = json!(id);
    let place = list["items"]
        .as_array()
        .and_then(|all| all.iter().position(|file| file["id"] == wanted));
    place.ok_or_else(|| Problem::internal("a list of the demonstration is gone"))
}
