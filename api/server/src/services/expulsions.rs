//! Due process before an expulsion: notice to the member, and the reply that stands with the proposal.

use chrono::{DateTime, SubsecRound as _, Utc};
use governance::action::Planned;
use governance::bylaws::KindBylaws;
use governance::due_process::{Notice, expelled, lacking};
use governance::event::Event;
use governance::id::{MemberId, ProposalId};
use governance::proposal::{State, StepRefusal};
use governance::text;
use store::CoopTx;
use store::decision::expulsion::{NewNotice, NoticeRow, notice_insert, notice_reply, notices};
use store::decision::proposal::proposal_touch;
use store::mail::notice_mail_enqueue;
use uuid::Uuid;
use wire::decision::{ExpulsionNotice, ReplyToNotice};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, moment, timestamp};
use crate::services::events;
use crate::services::proposals::{Asking, answer, begin, finish, refused, standing};

/// The longest reply, in characters; as long as a proposal may be.
const REPLY_LENGTH_MAX: usize = 20_000;

/// Refuses to plan an expulsion in a kind of decision whose bylaws do not hear the member.
///
/// # Errors
/// 422 naming what the bylaws lack.
pub(super) fn require_times(planned: &[Planned], kind: &KindBylaws) -> Result<(), Problem> {
    let lacking = lacking(kind);
    if expelled(planned).next().is_none() || lacking.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "A decision of this kind expels nobody: its bylaws give no {}. Choose another kind, or amend the bylaws first.",
        lacking.join(" and no ")
    );
    Err(Problem::new(ProblemKind::ActionRefused, detail)
        .with("field", "actions")
        .with("lacking", lacking))
}

/// Tells everyone whom a proposal before the members would expel, unless they were told these grounds before.
///
/// # Errors
/// 422 where there is no such member.
pub(super) async fn give_notice(
    tx: &mut CoopTx,
    (proposal, actor): (ProposalId, MemberId),
    (planned, kind): (&[Planned], &KindBylaws),
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    if expelled(planned).next().is_none() {
        return Ok(());
    }
    let told = notices(tx, proposal).await?;
    let given_at = now.trunc_subsecs(0);
    let reply_until = timestamp(given_at).plus_seconds(kind.reply_seconds);
    for (member, grounds) in expelled(planned) {
        if told
            .iter()
            .any(|row| row.member_id == member.uuid() && row.grounds == grounds)
        {
            continue;
        }
        let new = NewNotice {
            id: Uuid::now_v7(),
            proposal,
            member,
            grounds,
            given_at,
            reply_until: moment(reply_until).ok_or(RowDamage("reply_until"))?,
        };
        notice_insert(tx, new).await.map_err(|error| {
            if error.is_constraint("expulsion_notice_has_a_member") {
                return Problem::field("actions", format_args!("the co-op has no member {member}"));
            }
            error.into()
        })?;
        let happened = [Event::NoticeGiven {
            proposal,
            member,
            grounds,
            reply_until,
        }];
        events::append(tx, Some(actor), &happened).await?;
        notice_mail_enqueue(tx, new.id).await?;
    }
    Ok(())
}

/// The notices, as the decision to open voting asks for them.
///
/// # Errors
/// If the database fails.
pub(super) async fn told(tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<Notice>, Problem> {
    let notice = |row: NoticeRow| Notice {
        member: MemberId::from_uuid(row.member_id),
        grounds: row.grounds,
        reply_until: timestamp(row.reply_until),
        has_replied: row.reply.is_some(),
    };
    Ok(notices(tx, proposal).await?.into_iter().map(notice).collect())
}

/// Replies to the notice that the proposal would expel the caller, before voting opens; once.
///
/// # Errors
/// 404 for whom it would not expel, 409 once voting opened or after a reply.
pub async fn reply(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    command: Command<ReplyToNotice>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let reply = text::paragraphs(&value.reply, REPLY_LENGTH_MAX).map_err(|refusal| Problem::text("reply", &refusal))?;
    let mut tx = app.store.coop_tx("notice_reply", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let standing = standing(&mut tx, asking, proposal).await?;
    based_on.require(standing.row.version)?;
    let own = notices(&mut tx, proposal).await?;
    let own = own.into_iter().find(|row| row.member_id == asking.member.uuid());
    let own = own.ok_or_else(Problem::not_found)?;
    if !matches!(standing.state, State::Admission | State::Discussion) {
        return Err(refused(StepRefusal::WrongState(standing.state)));
    }
    if !notice_reply(&mut tx, own.id, &reply).await? {
        let detail = "You replied to this notice already, and members may have read it. Say more in the discussion.";
        return Err(Problem::new(ProblemKind::StepRefused, detail).with("state", standing.state.name()));
    }
    proposal_touch(&mut tx, proposal).await?;
    events::append(
        &mut tx,
        Some(asking.member),
        &[Event::NoticeReplied {
            proposal,
            reply: &reply,
        }],
    )
    .await?;
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    finish(tx, asking, &ask, answer).await
}

/// As members read them.
#[must_use]
pub fn view(row: NoticeRow) -> ExpulsionNotice {
    ExpulsionNotice {
        member: MemberId::from_uuid(row.member_id),
        display_name: row.display_name,
        grounds: row.grounds,
        given_at: row.given_at,
        reply_until: row.reply_until,
        reply: row.reply,
        replied_at: row.replied_at,
    }
}
