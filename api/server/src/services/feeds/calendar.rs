//! Votes as a calendar (iCalendar, RFC 5545): each one as a span from opening to close, its deadline, and its result.

use chrono::{DateTime, Utc};
use store::decision::feed::FeedRow;

use super::{Place, ending, is_stopped};

/// The longest line, in bytes without its end (RFC 5545, 3.1).
const LINE_BYTES_MAX: usize = 75;

/// The calendar.
pub(super) fn write(place: &Place<'_>, votes: &[FeedRow]) -> String {
    let mut text = String::new();
    for content in [
        String::from("BEGIN:VCALENDAR"),
        String::from("VERSION:2.0"),
        String::from("PRODID:-//Rochdale//Votes//EN"),
        String::from("CALSCALE:GREGORIAN"),
        format!("NAME:{}", escaped(place.name)),
        format!("X-WR-CALNAME:{}", escaped(place.name)),
        String::from("REFRESH-INTERVAL;VALUE=DURATION:PT1H"),
    ] {
        line(&mut text, &content);
    }
    for vote in votes {
        for event in events(place, vote) {
            event.write(&mut text);
        }
    }
    line(&mut text, "END:VCALENDAR");
    text
}

/// One entry.
struct Entry {
    uid: String,
    sequence: i64,
    /// When what it says was last changed.
    stamp: DateTime<Utc>,
    begin: DateTime<Utc>,
    end: Option<DateTime<Utc>>,
    summary: String,
    url: String,
    is_stopped: bool,
}

fn events(place: &Place<'_>, vote: &FeedRow) -> Vec<Entry> {
    let end = vote.closed_at.unwrap_or(vote.closes_at);
    let changed = vote.published_at.or(vote.closed_at).or(vote.scheduled_at);
    let changed = changed.unwrap_or(vote.opens_at);
    let entry = |name: &str, begin, end, summary: String| Entry {
        uid: format!("{name}-{}@{}", vote.id, place.host),
        sequence: vote.version,
        stamp: changed,
        begin,
        end,
        summary,
        url: place.page(vote),
        is_stopped: is_stopped(vote),
    };
    let title = &vote.title;
    let mut entries = vec![
        entry("voting", vote.opens_at, Some(end), format!("Voting: {title}")),
        entry("deadline", end, None, format!("Voting ends: {title}")),
    ];
    if let (Some(at), Some(outcome)) = (vote.published_at, &vote.outcome) {
        entries.push(entry("result", at, None, format!("{}: {title}", ending(outcome))));
    }
    entries
}

impl Entry {
    fn write(&self, text: &mut String) {
        let status = if self.is_stopped { "CANCELLED" } else { "CONFIRMED" };
        let mut lines = vec![
            String::from("BEGIN:VEVENT"),
            format!("UID:{}", escaped(&self.uid)),
            format!("DTSTAMP:{}", moment(self.stamp)),
            format!("SEQUENCE:{}", self.sequence),
            format!("DTSTART:{}", moment(self.begin)),
        ];
        lines.extend(self.end.map(|end| format!("DTEND:{}", moment(end))));
        lines.extend([
            format!("SUMMARY:{}", escaped(&self.summary)),
            format!("URL:{}", self.url),
            format!("STATUS:{status}"),
            // A vote keeps nobody from a meeting.
            String::from("TRANSP:TRANSPARENT"),
            String::from("END:VEVENT"),
        ]);
        for content in lines {
            line(text, &content);
        }
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// A text value (RFC 5545, 3.3.11): nothing in it ends its line or begins another part.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' | ';' | ',' => text.extend(['\\', character]),
            '\n' => text.push_str("\\n"),
            other if other.is_control() => {}
            other => text.push(other),
        }
    }
    text
}

/// Writes a content line, folded between characters so that none of its lines is too long.
fn line(text: &mut String, content: &str) {
    let mut width: usize = 0;
    for character in content.chars() {
        if width.saturating_add(character.len_utf8()) > LINE_BYTES_MAX {
            text.push_str("\r\n ");
            width = 1;
        }
        text.push(character);
        width = width.saturating_add(character.len_utf8());
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, place, vote};
    use super::*;

    /// The content lines, unfolded as RFC 5545 says.
    fn unfolded(text: &str) -> Vec<String> {
        text.replace("\r\n ", "").lines().map(str::to_owned).collect()
    }

    #[test]
    fn no_title_can_end_its_line_or_begin_another() {
        let hostile = "a\r\nEND:VEVENT\r\nBEGIN:VALARM;b,c\\n\u{0}";
        let text = write(&place(), &[vote(2, hostile)]);
        assert!(text.lines().all(|line| !line.starts_with("BEGIN:VALARM")), "{text}");
        let lines = unfolded(&text);
        assert!(
            lines.contains(&String::from(
                "SUMMARY:Voting: a\\nEND:VEVENT\\nBEGIN:VALARM\\;b\\,c\\\\n"
            )),
            "{text}"
        );
        assert!(
            lines.contains(&String::from("NAME:Weavers\\; dyers\\, \\\\ & <b>spinners</b>")),
            "{text}"
        );
        assert_eq!(lines.iter().filter(|line| *line == "BEGIN:VEVENT").count(), 2);
        assert!(text.split_inclusive('\n').all(|line| line.ends_with("\r\n")));
    }

    #[test]
    fn long_titles_are_folded_between_characters() {
        for title in ["x".repeat(200), "投票".repeat(100), "é🧶".repeat(60)] {
            let text = write(&place(), &[vote(2, &title)]);
            assert!(text.split("\r\n").all(|line| line.len() <= LINE_BYTES_MAX), "{text}");
            assert!(unfolded(&text).contains(&format!("SUMMARY:Voting: {title}")), "{text}");
        }
    }

    #[test]
    fn an_entry_keeps_its_name_while_what_it_says_changes() {
        let open = vote(2, "A loom");
        let mut decided = open.clone();
        (decided.closed_at, decided.published_at) = (Some(at(1_800_000_100)), Some(at(1_800_000_200)));
        (decided.version, decided.outcome) = (5, Some(String::from("no_quorum")));
        let uids = |vote: &FeedRow| {
            events(&place(), vote)
                .into_iter()
                .map(|entry| entry.uid)
                .collect::<Vec<_>>()
        };
        assert_eq!(uids(&open), uids(&decided)[..2]);
        let after = unfolded(&write(&place(), &[decided]));
        for line in [
            "SEQUENCE:5",
            "DTSTAMP:20270115T080320Z",
            "DTEND:20270115T080140Z",
            "SUMMARY:No quorum: A loom",
        ] {
            assert!(after.contains(&String::from(line)), "{line} in {after:?}");
        }
        let mut stopped = open;
        stopped.state = String::from("cancelled");
        assert!(write(&place(), &[stopped]).contains("STATUS:CANCELLED"));
    }
}
