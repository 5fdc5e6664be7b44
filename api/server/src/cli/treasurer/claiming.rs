//! What a member may claim on a chain, and a claim that is paid to another address: what the wallet signs, and the message that brings it.

use anyhow::{Context as _, anyhow, ensure};
use chain::{Address, Destination, Distributor};
use clap::Subcommand;
use governance::hash::{from_hex, to_hex};
use governance::ledger::{Claim, Day};
use governance::signature::{PublicKey, SignatureKind, verify};
use serde_json::{Value, json};
use server::services::siwe::checksummed;
use wire::payment::{ClaimList, ClaimView, ContractCall};

use super::client::Client;
use super::terminal::Terminal;
use crate::cli::addresses::address;

const DAY_SECONDS: u64 = 86_400;

#[derive(Subcommand)]
pub enum ClaimCommand {
    /// Show what you may claim on a chain, and the message that anybody sends to have it paid to your wallet.
    Claims,
    /// Have a claim paid to another address: first what the wallet signs, then, with its signature, the message that anybody sends.
    ClaimTo(ClaimTo),
}

#[derive(clap::Args)]
pub struct ClaimTo {
    /// Who is paid, by the address; capitals in it are checked.
    #[arg(long, value_name = "ADDRESS")]
    recipient: String,
    /// The last day, in UTC, on which the signature holds: until then whoever has it can send it.
    #[arg(long, value_name = "DAY")]
    until: String,
    /// Which wallet, where several may claim.
    #[arg(long, value_name = "ADDRESS")]
    wallet: Option<String>,
    /// What the wallet signed (eth_signTypedData_v4), as 0x and hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    signature: Option<String>,
}

pub async fn run(terminal: Terminal, client: &mut Client, command: ClaimCommand) -> anyhow::Result<()> {
    let claims: ClaimList = client.get("claims").await?;
    match command {
        ClaimCommand::Claims => show(terminal, &claims),
        ClaimCommand::ClaimTo(asked) => claim_to(terminal, &claims, &asked),
    }
}

fn show(terminal: Terminal, claims: &ClaimList) -> anyhow::Result<()> {
    if claims.items.is_empty() {
        terminal.tell("There is nothing to claim.")?;
    }
    for one in &claims.items {
        terminal.tell(format_args!(
            "{} {} of {} may be claimed from {} for {}.",
            one.left, one.currency, one.cumulative, one.contract, one.wallet
        ))?;
        if let Some(call) = &one.call {
            sends(terminal, call)?;
        }
    }
    terminal.answer(claims)
}

fn sends(terminal: Terminal, call: &ContractCall) -> anyhow::Result<()> {
    terminal.tell(format_args!(
        "  anybody sends to {} on chain {}: {}",
        call.to, call.chain_id, call.data
    ))
}

/// A claim that is open, as the contract takes it.
struct Open<'a> {
    view: &'a ClaimView,
    chain_id: u64,
    distributor: Distributor,
    claim: Claim,
    to: Destination,
}

fn claim_to(terminal: Terminal, claims: &ClaimList, asked: &ClaimTo) -> anyhow::Result<()> {
    let open = Open::of(claims, asked)?;
    let (view, to) = (open.view, checksummed(open.to.recipient.as_bytes()));
    terminal.tell(format_args!(
        "{} {} of {} would be paid to {to} instead. The signature holds to the end of {} in UTC, and once.",
        view.left, view.currency, view.wallet, asked.until
    ))?;
    let Some(signature) = &asked.signature else {
        let typed = open.typed_data();
        terminal.tell("Have the wallet sign this (eth_signTypedData_v4), and come again with --signature:")?;
        terminal.tell(serde_json::to_string_pretty(&typed)?)?;
        return terminal.answer(&typed);
    };
    let call = open.message(signature)?;
    terminal.tell("Signed by the wallet.")?;
    sends(terminal, &call)?;
    terminal.answer(&call)
}

impl<'a> Open<'a> {
    fn of(claims: &'a ClaimList, asked: &ClaimTo) -> anyhow::Result<Self> {
        let is_meant = |one: &&ClaimView| {
            asked
                .wallet
                .as_ref()
                .is_none_or(|wallet| one.wallet.eq_ignore_ascii_case(wallet))
        };
        let mut found = claims.items.iter().filter(|one| one.call.is_some()).filter(is_meant);
        let view = found
            .next()
            .context("nothing is left to claim; `claims` shows what there is")?;
        ensure!(found.next().is_none(), "several claims are open; name one by --wallet");
        let call = view.call.as_ref().context("nothing is left to claim")?;
        let distributor = Distributor {
            contract: address(&view.contract)?,
            token: address(&view.token_address)?,
        };
        let recipient = address(&asked.recipient)?;
        let is_taken = recipient != distributor.contract && recipient != Address::ZERO;
        ensure!(is_taken, "the contract pays neither itself nor the zero address");
        let day: Day = asked.until.parse().map_err(|refusal| anyhow!("--until: {refusal}"))?;
        let after = u64::try_from(day.days())
            .context("--until is long over")?
            .saturating_add(1);
        Ok(Self {
            chain_id: call.chain_id,
            claim: Claim {
                account: *address(&view.wallet)?.as_bytes(),
                cumulative: view.units.parse().context("the server gives no amount")?,
                salt: view.salt,
            },
            to: Destination {
                recipient,
                deadline: after.saturating_mul(DAY_SECONDS).saturating_sub(1),
            },
            view,
            distributor,
        })
    }

    /// What the wallet shows and signs (EIP-712): `ClaimTo` of the contract.
    fn typed_data(&self) -> Value {
        let field = |name: &str, kind: &str| json!({"name": name, "type": kind});
        json!({
            "types": {
                "EIP712Domain": [field("name", "string"), field("version", "string"), field("chainId", "uint256"),
                    field("verifyingContract", "address")],
                "ClaimTo": [field("token", "address"), field("account", "address"), field("recipient", "address"),
                    field("cumulative", "uint256"), field("epoch", "uint64"), field("deadline", "uint256")],
            },
            "primaryType": "ClaimTo",
            "domain": {"name": "RochdaleDistributor", "version": "1", "chainId": self.chain_id, "verifyingContract": self.view.contract},
            "message": {"token": self.view.token_address, "account": self.view.wallet, "recipient": self.to.recipient.to_string(),
                "cumulative": self.view.units, "epoch": self.view.epoch, "deadline": self.to.deadline},
        })
    }

    /// The message that brings the signature, if it is the wallet's over exactly this.
    fn message(&self, signature: &str) -> anyhow::Result<ContractCall> {
        let signature =
            from_hex(&signature.to_ascii_lowercase()).context("the signature is no 0x and hexadecimal digits")?;
        let digest = self
            .distributor
            .claim_to_digest(self.chain_id, (&self.claim, self.view.epoch), &self.to);
        let wallet = PublicKey::parse(SignatureKind::Wallet, &self.claim.account)?;
        verify(&wallet, digest, &signature).with_context(|| {
            format!(
                "{} did not sign this; have it sign what stands here without --signature",
                self.view.wallet
            )
        })?;
        let data = self
            .distributor
            .claim_to((&self.claim, self.view.epoch, &self.view.proof), &self.to, &signature);
        Ok(ContractCall {
            chain_id: self.chain_id,
            to: self.view.contract.clone(),
            data: to_hex(&data),
        })
    }
}
