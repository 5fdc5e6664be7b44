//! How members and accounts are called: what nobody sees is refused, and what would be mixed up with another member.

use std::collections::HashSet;

use governance::id::AccountId;
use governance::text;
use store::CoopTx;
use store::coop::member_names_lock;
use unicode_security::skeleton;
use wire::problem::ProblemKind;

use crate::problem::Problem;

/// The longest name of a member or a co-op, in characters; the schema says the same.
pub const NAME_LENGTH_MAX: usize = 120;

/// Reads a name of a member or a co-op.
///
/// # Errors
/// 422 naming the field.
pub fn parse(field: &str, input: &str) -> Result<String, Problem> {
    text::name(input, NAME_LENGTH_MAX).map_err(|refusal| Problem::text(field, &refusal))
}

/// A name that comes in, and the field in which it does.
pub struct Incoming<'a> {
    /// The field.
    pub field: String,
    /// The name.
    pub name: &'a str,
}

impl<'a> Incoming<'a> {
    /// The one name of a request.
    #[must_use]
    pub fn one(name: &'a str) -> [Self; 1] {
        [Self {
            field: String::from("display_name"),
            name,
        }]
    }
}

/// Makes sure that none of the names looks like another of them or like that of a member, that of the account `own` apart. It stays so
/// until the transaction ends. The names of the co-op are read by one query, and each is looked at once.
///
/// # Errors
/// 409 naming the field.
pub async fn claim(tx: &mut CoopTx, own: Option<AccountId>, incoming: &[Incoming<'_>]) -> Result<(), Problem> {
    let names = member_names_lock(tx, own).await?;
    let known = tokio::task::spawn_blocking(move || names.iter().map(|name| look(name)).collect());
    let mut known: HashSet<String> = known.await.map_err(Problem::internal)?;
    for Incoming { field, name } in incoming {
        if !known.insert(look(name)) {
            return Err(alike(field));
        }
    }
    Ok(())
}

/// What is left of a name for the eye: letters that look alike are one (the skeleton of Unicode's
/// [UTS #39](https://www.unicode.org/reports/tr39/#Confusable_Detection)), and so are small and capital ones, and blanks however many.
fn look(name: &str) -> String {
    let small: String = skeleton(name).flat_map(char::to_lowercase).collect();
    let alike: String = skeleton(&small).collect();
    alike.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn alike(field: &str) -> Problem {
    Problem::new(
        ProblemKind::NameAlike,
        "The name looks like that of another member, and the two would be mixed up. Add something that tells them apart, such as a \
         second name.",
    )
    .with("field", field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_eye_takes_for_one_have_one_look() {
        let alike = [
            ("Ada", "\u{410}da"),
            ("Ada", "ADA"),
            ("Ada Lovelace", "ada  Lovelace"),
            ("Ada Lovelace", "Ada\u{A0}Lovelace"),
            ("Paypal", "P\u{430}yp\u{430}l"),
            ("Ian", "lan"),
            ("Bo1", "Bol"),
            ("Modern", "Modem"),
            ("Zoe\u{308}", "Zo\u{EB}"),
            ("\u{FF21}da", "Ada"),
            ("陈宇", "陈宇"),
        ];
        for (one, other) in alike {
            assert_eq!(look(one), look(other), "{one} and {other}");
        }
        let apart = [
            ("Ada", "Adam"),
            ("Ada L.", "Ada M."),
            ("Member 1", "Member 11"),
            ("Zoe", "Zo\u{EB}"),
            ("陈宇", "陈雨"),
        ];
        for (one, other) in apart {
            assert_ne!(look(one), look(other), "{one} and {other}");
        }
    }
}
