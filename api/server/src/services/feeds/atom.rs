//! What happened to votes as a feed (Atom, RFC 4287): opened, closed, result; newest first.

use chrono::{DateTime, SecondsFormat, Utc};
use store::decision::feed::FeedRow;

use super::{Place, ending};

/// The most entries.
const ENTRIES_MAX: usize = 200;

/// The feed; `founded_at` is when it last changed while there is no vote.
pub(super) fn write(place: &Place<'_>, founded_at: DateTime<Utc>, votes: &[FeedRow]) -> String {
    let mut entries: Vec<Entry> = votes.iter().flat_map(|vote| entries(place, vote)).collect();
    entries.sort_by(|left, right| (right.at, &right.id).cmp(&(left.at, &left.id)));
    entries.truncate(ENTRIES_MAX);
    let updated = entries.first().map_or(founded_at, |entry| entry.at);
    let (name, home) = (
        escaped(place.name),
        format!("{}/coops/{}", place.public_url, place.coop),
    );
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<title>{name}</title>\n\
         <id>urn:uuid:{}</id>\n<updated>{}</updated>\n<author><name>{name}</name></author>\n<link href=\"{}\"/>\n",
        place.coop,
        moment(updated),
        escaped(&home),
    );
    for entry in entries {
        text.push_str(&format!(
            "<entry>\n<title>{}</title>\n<id>{}</id>\n<updated>{}</updated>\n<link href=\"{}\"/>\n<summary>{}</summary>\n</entry>\n",
            escaped(&entry.title),
            escaped(&entry.id),
            moment(entry.at),
            escaped(&entry.link),
            escaped(&entry.summary),
        ));
    }
    text.push_str("</feed>\n");
    text
}

struct Entry {
    id: String,
    title: String,
    at: DateTime<Utc>,
    link: String,
    summary: String,
}

fn entries(place: &Place<'_>, vote: &FeedRow) -> Vec<Entry> {
    let entry = |what: &str, title: &str, at, summary: String| Entry {
        // A tag (RFC 4151): never another entry's, wherever the server moves.
        id: format!("tag:{},2026:{}/{what}", place.host, vote.id),
        title: format!("{title}: {}", vote.title),
        at,
        link: place.page(vote),
        summary,
    };
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    if let Some(at) = vote.scheduled_at {
        let when = format!(
            "Voting opens at {} and ends at {}.",
            day(vote.opens_at),
            day(vote.closes_at)
        );
        return vec![entry("scheduled", "Voting will open", at, when)];
    }
    let until = format!("Voting ends at {}.", day(vote.closes_at));
    let mut all = vec![entry("opened", "Voting is open", vote.opens_at, until)];
    if let Some(at) = vote.closed_at {
        let counting = String::from("Voting has ended; the result follows.");
        all.push(entry("closed", "Voting has ended", at, counting));
    }
    if let (Some(at), Some(outcome)) = (vote.published_at, &vote.outcome) {
        let published = String::from("The result is published, with everything that proves it.");
        all.push(entry("result", ending(outcome), at, published));
    }
    all
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Text between tags or in an attribute, without the characters that XML 1.0 has no way to write.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\n' | '\t' => text.push(character),
            '\u{FFFE}' | '\u{FFFF}' => {}
            other if other.is_control() => {}
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, place, vote};
    use super::*;

    #[test]
    fn texts_stay_texts_and_what_xml_cannot_hold_is_left_out() {
        let text = write(&place(), at(0), &[vote(2, "</title><script>\"&\u{1}\u{FFFF}\u{85}")]);
        assert!(
            text.contains("<title>Voting is open: &lt;/title&gt;&lt;script&gt;&quot;&amp;</title>"),
            "{text}"
        );
        assert_eq!(text.matches("<entry>").count(), 1);
        let empty = write(&place(), at(1_700_000_000), &[]);
        assert!(empty.contains("<updated>2023-11-14T22:13:20Z</updated>"), "{empty}");
    }

    #[test]
    fn a_vote_that_will_open_is_told_of_when_that_was_set() {
        let mut set = vote(2, "A loom");
        set.scheduled_at = Some(at(1_799_000_000));
        let text = write(&place(), at(0), &[set]);
        for part in [
            "<title>Voting will open: A loom</title>",
            "<updated>2027-01-03T18:13:20Z</updated>",
            "<summary>Voting opens at 2027-01-15 08:00 UTC and ends at 2027-01-16 08:00 UTC.</summary>",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn what_happened_last_stands_first() {
        let mut decided = vote(2, "A loom");
        (decided.closed_at, decided.published_at) = (Some(at(1_800_000_100)), Some(at(1_800_000_200)));
        decided.outcome = Some(String::from("passed"));
        let text = write(&place(), at(0), &[decided, vote(3, "A wheel")]);
        let titles: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("<title>")?.strip_suffix("</title>"))
            .collect();
        assert_eq!(titles[1..3], ["Passed: A loom", "Voting has ended: A loom"]);
        assert!(
            text.contains("<updated>2027-01-15T08:03:20Z</updated>\n<author>"),
            "{text}"
        );
    }
}
