//! Books with a few accounts, posted to through the store.

use governance::event::Event;
use governance::id::{JournalId, LedgerAccountId};
use governance::ledger::{Currency, Day, Entry, JournalHead, JournalKind, LedgerAccount, Posting, journal_digest};
use server::services::events;
use sha2::{Digest as _, Sha256};
use store::StoreError;
use store::ledger::{
    NewJournal, NewLedgerAccount, Posted, journal_post, ledger_account_insert, ledger_currency_insert,
};
use tests::app::TestApp;
use uuid::Uuid;

use crate::coops::world::{Coop, found};

/// Books in euros and dollars: cash and dues in each.
pub struct Books {
    /// Whose.
    pub coop: Coop,
    /// `assets:cash` and `income:dues` in euros, then both in dollars.
    pub accounts: [LedgerAccount; 4],
}

/// What is posted, by whose key.
pub struct Ask<'a> {
    /// The key.
    pub key: &'a str,
    /// What the request said.
    pub request: &'a str,
    /// The transaction that it undoes.
    pub reverses: Option<JournalId>,
}

impl Books {
    /// Opens them in a new co-op.
    pub async fn open(app: &TestApp) -> Self {
        let coop = found(app).await;
        let mut tx = app.app.store.coop_tx("books_test", coop.id).await.unwrap();
        let mut accounts = Vec::new();
        for code in ["EUR", "USD"] {
            let currency = Currency::money(code).unwrap();
            assert!(ledger_currency_insert(&mut tx, &currency).await.unwrap());
            for path in ["assets:cash", "income:dues"] {
                let account = LedgerAccount {
                    id: LedgerAccountId::from_uuid(Uuid::now_v7()),
                    path: path.parse().unwrap(),
                    currency: currency.clone(),
                };
                let new = NewLedgerAccount {
                    id: account.id.uuid(),
                    path,
                    kind: account.path.kind().name(),
                };
                ledger_account_insert(&mut tx, code, &[new]).await.unwrap();
                let happened = [Event::LedgerAccountOpened { account: &account }];
                events::append(&mut tx, None, &happened).await.unwrap();
                accounts.push(account);
            }
        }
        tx.commit().await.unwrap();
        Self {
            coop,
            accounts: accounts.try_into().unwrap(),
        }
    }

    /// Entries between accounts, by their place in the books.
    pub fn entries(&self, lines: &[(usize, i64)]) -> Posting {
        let entries = lines.iter().map(|(place, amount)| Entry {
            account: self.accounts[*place].clone(),
            amount: *amount,
            reference: Some(Uuid::from_u128(7)),
        });
        Posting::new(entries.collect()).unwrap()
    }

    /// Posts, in a transaction of its own.
    pub async fn post(
        &self,
        app: &TestApp,
        posting: &Posting,
        ask: Ask<'_>,
    ) -> Result<(JournalId, Posted), StoreError> {
        let id = JournalId::from_uuid(Uuid::now_v7());
        let mut tx = app.app.store.coop_tx("books_test", self.coop.id).await?;
        let new = NewJournal {
            head: JournalHead {
                coop: self.coop.id,
                id,
                kind: if ask.reverses.is_some() {
                    JournalKind::Reversal
                } else {
                    JournalKind::Manual
                },
                effective_on: Day::from_days(20_783).unwrap(),
                reverses: ask.reverses,
                description: "Dues, 会费",
            },
            posting,
            key: ask.key,
            request_hash: &Sha256::digest(ask.request).into(),
            actor: None,
        };
        let posted = journal_post(&mut tx, new).await?;
        if let Posted::Fresh(number) = posted {
            let happened = [Event::JournalPosted {
                journal: id,
                number: number.unsigned_abs(),
                kind: new.head.kind,
                reverses: ask.reverses,
                digest: journal_digest(&new.head, posting),
            }];
            events::append(&mut tx, None, &happened).await.unwrap();
        }
        tx.commit().await?;
        Ok((id, posted))
    }
}

/// A request with a key of its own.
pub fn ask(key: &str) -> Ask<'_> {
    Ask {
        key,
        request: key,
        reverses: None,
    }
}
