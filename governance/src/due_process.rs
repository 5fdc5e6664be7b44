//! Due process before an expulsion: the member is told so with the grounds, has time to reply before anyone votes, and may appeal
//! before anything happens.
//!
//! The appeal is a contest ([`crate::contest`]): nothing is executed while one waits, nor before the time for it is over. So the bylaws of
//! the kind of decision must give both times, and a kind without them expels nobody.

use crate::action::{Action, Planned};
use crate::bylaws::KindBylaws;
use crate::id::MemberId;
use crate::proposal::StepRefusal;
use crate::time::Timestamp;

/// The last notice that a member was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// To whom.
    pub member: MemberId,
    /// Why the member would be expelled, as it was told.
    pub grounds: String,
    /// Until when the member may take to reply.
    pub reply_until: Timestamp,
    /// Whether the member replied.
    pub has_replied: bool,
}

/// Whom a proposal would expel, and why.
pub fn expelled(planned: &[Planned]) -> impl Iterator<Item = (MemberId, &str)> {
    planned.iter().filter_map(|each| match &each.act {
        Action::Expel { member, reason, .. } => Some((*member, reason.as_str())),
        Action::AmendBylaws { .. }
        | Action::Admit { .. }
        | Action::Suspend { .. }
        | Action::Reinstate { .. }
        | Action::GrantRole { .. }
        | Action::EndRole { .. }
        | Action::Halt { .. }
        | Action::EndHalt { .. }
        | Action::SeatWinners { .. }
        | Action::SetTool { .. }
        | Action::RetireTool { .. }
        | Action::SetModel { .. }
        | Action::RetireModel { .. }
        | Action::SetAccessPolicy { .. }
        | Action::AdoptRevenueRule { .. }
        | Action::SetMoneyTerms { .. } => None,
    })
}

/// What the bylaws of a kind of decision lack for an expulsion, by the names of their fields; nothing where they give both times.
#[must_use]
pub fn lacking(kind: &KindBylaws) -> Vec<&'static str> {
    let times = [
        ("reply_seconds", kind.reply_seconds),
        ("contest_seconds", kind.contest_seconds),
    ];
    times
        .into_iter()
        .filter(|(_, seconds)| *seconds == 0)
        .map(|(name, _)| name)
        .collect()
}

/// Decides whether everyone whom a proposal would expel was heard, or had the time to be, on these very grounds.
///
/// # Errors
/// [`StepRefusal`] with what is missing.
pub fn decide_heard(planned: &[Planned], notices: &[Notice], now: Timestamp) -> Result<(), StepRefusal> {
    for (member, grounds) in expelled(planned) {
        let told = notices
            .iter()
            .find(|notice| notice.member == member && notice.grounds == grounds);
        let notice = told.ok_or(StepRefusal::NoNotice(member))?;
        if !notice.has_replied && now < notice.reply_until {
            return Err(StepRefusal::ReplyUntil(notice.reply_until));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bylaws::Bylaws;
    use uuid::Uuid;

    fn member(number: u128) -> MemberId {
        MemberId::from_uuid(Uuid::from_u128(number))
    }

    fn expel(number: u128, reason: &str) -> Planned {
        let json = serde_json::json!({"act":
            {"action": "expel", "version": 1, "member": member(number), "reason": reason}});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_kind_of_decision_expels_only_where_it_gives_time_to_reply_and_to_appeal() {
        let mut kind = Bylaws::founding().kinds["motion"].clone();
        for (reply, contest, lacks) in [
            (0, 0, &["reply_seconds", "contest_seconds"][..]),
            (1, 0, &["contest_seconds"]),
            (0, 1, &["reply_seconds"]),
            (1, 1, &[]),
        ] {
            (kind.reply_seconds, kind.contest_seconds) = (reply, contest);
            assert_eq!(lacking(&kind), lacks);
        }
    }

    #[test]
    fn nobody_votes_on_an_expulsion_before_the_member_was_told_and_replied_or_could_have() {
        let notice = |number, grounds: &str, reply_until, has_replied| Notice {
            member: member(number),
            grounds: grounds.to_owned(),
            reply_until: Timestamp(reply_until),
            has_replied,
        };
        let planned = [expel(1, "theft"), expel(2, "fraud")];
        let both = [notice(1, "theft", 100, false), notice(2, "fraud", 100, false)];
        let replied = [notice(1, "theft", 200, true), notice(2, "fraud", 200, true)];
        let one_replied = [notice(1, "theft", 200, true), notice(2, "fraud", 200, false)];
        let others = [notice(1, "theft", 0, true), notice(2, "theft", 0, true)];
        type Case<'a> = (&'a [Notice], u64, Result<(), StepRefusal>);
        let cases: [Case<'_>; 6] = [
            (&both, 100, Ok(())),
            (&both, 99, Err(StepRefusal::ReplyUntil(Timestamp(100)))),
            (&replied, 99, Ok(())),
            (&one_replied, 99, Err(StepRefusal::ReplyUntil(Timestamp(200)))),
            (&both[..1], 100, Err(StepRefusal::NoNotice(member(2)))),
            // Told of other grounds is not told of these.
            (&others, 100, Err(StepRefusal::NoNotice(member(2)))),
        ];
        for (notices, now, expected) in cases {
            assert_eq!(decide_heard(&planned, notices, Timestamp(now)), expected, "{now}");
        }
        assert_eq!(decide_heard(&[], &[], Timestamp(0)), Ok(()));
    }
}
