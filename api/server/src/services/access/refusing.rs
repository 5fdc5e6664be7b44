//! What a refusal names: the limit, the decision behind it and when it ends. It is looked up only once a call was refused, so admitted
//! calls do not pay for it.

use governance::id::{MemberId, ProposalId};
use store::access::meter::UsedUp;
use store::access::{AccountRow, accounts_of_key, accounts_of_member, models, permission_origin};

use super::batches::unavailable;
use super::crowd::Crowd;
use super::meter::{Books, line};
use super::model_terms;
use crate::gateway::meter::{AllowanceLine, Ask, NotPermitted, Refusal};

impl Books {
    /// Why a call of this key for this model at this endpoint is not permitted.
    pub(super) async fn not_permitted(&self, ask: &Ask<'_>) -> Refusal {
        match self.why_not(ask).await {
            Ok(why) => Refusal::ModelNotPermitted {
                model: ask.model.to_owned(),
                why,
            },
            Err(refusal) => refusal,
        }
    }

    async fn why_not(&self, ask: &Ask<'_>) -> Result<NotPermitted, Refusal> {
        let (looked, mut tx) = self.look(ask.key).await?;
        let rows = models(&mut tx).await.map_err(unavailable)?;
        let origin = permission_origin(&mut tx, ask.model).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        let endpoint = ask.endpoint.name();
        let model = rows.iter().find(|row| row.name == ask.model);
        let terms = model.map(model_terms).transpose().map_err(unavailable)?;
        let answers = |terms: governance::access::ModelTerms| terms.endpoints.iter().any(|one| one.name() == endpoint);
        if !terms.is_some_and(answers) {
            return Ok(NotPermitted::Endpoint);
        }
        let lacks = |scope: &Option<Vec<String>>, name: &str| {
            let scope = scope.as_ref();
            scope.is_some_and(|names| !names.iter().any(|each| each == name))
        };
        if lacks(&looked.key.endpoints, endpoint) || lacks(&looked.key.models, ask.model) {
            return Ok(NotPermitted::Key);
        }
        Ok(NotPermitted::Decision {
            proposal: origin.map(ProposalId::from_uuid),
        })
    }

    /// The allowance that does not cover a call, with no more of what others used than a member may see.
    pub(super) async fn used_up(&self, key: &str, account: UsedUp) -> Refusal {
        let found = self.account(key, &account).await;
        let shown = found.unwrap_or_else(|_| AllowanceLine {
            limit: account.limit,
            subject: None,
            period: None,
            cap: account.cap,
            spent: None,
            held: None,
            resets_at: account.resets_at,
            proposal: account.proposal.map(ProposalId::from_uuid),
        });
        Refusal::AllowanceUsedUp(Box::new(shown))
    }

    async fn account(&self, key: &str, account: &UsedUp) -> Result<AllowanceLine, Refusal> {
        let (looked, mut tx) = self.look(key).await?;
        let member = MemberId::from_uuid(looked.key.member_id);
        let mut rows = accounts_of_member(&mut tx, member).await.map_err(unavailable)?;
        rows.extend(accounts_of_key(&mut tx, looked.key.id).await.map_err(unavailable)?);
        let crowd = Crowd::read(&mut tx).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        let is_it = |row: &AccountRow| {
            row.kind == account.limit
                && row.cap.unsigned_abs() == account.cap
                && row.proposal_id == account.proposal
                && account.resets_at.is_none_or(|at| at == row.ends_at)
        };
        // Two of one kind and limit, such as two offices: the one with less left.
        let row = rows
            .into_iter()
            .filter(is_it)
            .max_by_key(|row| row.spent.saturating_add(row.held));
        let row = row.ok_or(Refusal::Unavailable)?;
        let may_see = crowd.may_see(&row);
        Ok(AllowanceLine {
            // As they were when the call was refused.
            spent: may_see.then_some(account.spent),
            held: may_see.then_some(account.held),
            ..line(row, may_see)
        })
    }
}
