//! Reading a ballot file.

use super::options::{self, Names};
use super::{Blt, BltReason, BltRefusal, NAME_MAX, PAPER_LINES_MAX, PaperLine, Preference, WEIGHT_MAX};
use crate::ballot::OPTIONS_MAX;

/// Longer words in a message help nobody.
const WORD_SHOWN_MAX: usize = 40;

/// The lines of a file that say something, with their numbers.
struct Lines<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
    last: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        // A byte order mark is how some editors begin a file; it is no part of the first number.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            lines: text.lines().enumerate(),
            last: 0,
        }
    }

    /// The next line that is neither empty nor a comment, trimmed.
    fn next(&mut self) -> Option<(usize, &'a str)> {
        for (index, line) in self.lines.by_ref() {
            self.last = index.saturating_add(1);
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                return Some((self.last, line));
            }
        }
        None
    }

    fn require(&mut self, what: &'static str) -> Result<(usize, &'a str), BltRefusal> {
        let found = self.next();
        found.ok_or_else(|| refuse(self.last.saturating_add(1), BltReason::Ends(what)))
    }
}

pub(super) fn refuse(line: usize, reason: BltReason) -> BltRefusal {
    BltRefusal { line, reason }
}

/// The beginning of a word, for a message.
pub(super) fn shown(word: &str) -> String {
    word.chars().take(WORD_SHOWN_MAX).collect()
}

/// A line of numbers without the comment that may end it.
fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or(line).trim()
}

/// Reads a ballot file.
///
/// # Errors
/// [`BltRefusal`] with the first line that is malformed and the reason.
pub fn parse(text: &str) -> Result<Blt, BltRefusal> {
    let mut lines = Lines::new(text);
    let (line, header) = lines.require("the line of candidates and places")?;
    let (candidates, seats) = parse_header(line, without_comment(header))?;
    let mut names = Names::new(candidates);
    let papers = parse_papers(&mut lines, &mut names)?;
    let mut blt = Blt {
        seats,
        candidates: Vec::with_capacity(usize::from(candidates)),
        withdrawn: names.withdrawn(),
        papers,
        title: String::new(),
        tie_order: names.tie_order(),
    };
    for _ in 0..candidates {
        let (line, name) = lines.require("the name of a candidate")?;
        blt.candidates.push(parse_name(line, name)?);
    }
    if let Some((line, title)) = lines.next() {
        blt.title = parse_name(line, title)?;
    }
    // OpenSTV allows a source and a comment after the title, both in quotation marks; they have no meaning for a count.
    for _ in 0..2 {
        match lines.next() {
            Some((line, text)) if text.starts_with('"') => drop(parse_name(line, text)?),
            Some((line, text)) => return Err(refuse(line, BltReason::AfterTitle(shown(text)))),
            None => return Ok(blt),
        }
    }
    match lines.next() {
        Some((line, text)) => Err(refuse(line, BltReason::AfterTitle(shown(text)))),
        None => Ok(blt),
    }
}

fn parse_header(line: usize, header: &str) -> Result<(u16, u16), BltRefusal> {
    let numbers: Option<Vec<u64>> = header.split_whitespace().map(whole_number).collect();
    let Some([candidates, seats]) = numbers.as_deref() else {
        return Err(refuse(line, BltReason::Header(shown(header))));
    };
    let known = u16::try_from(*candidates)
        .ok()
        .filter(|count| *count >= 1 && usize::from(*count) <= OPTIONS_MAX)
        .ok_or_else(|| {
            let (given, max) = (*candidates, OPTIONS_MAX);
            refuse(line, BltReason::Candidates { given, max })
        })?;
    let places = u16::try_from(*seats)
        .ok()
        .filter(|count| *count >= 1 && *count <= known)
        .ok_or_else(|| {
            let (given, candidates) = (*seats, known);
            refuse(line, BltReason::Seats { given, candidates })
        })?;
    Ok((known, places))
}

/// Digits only: `parse` alone would take `+1`, too.
pub(super) fn whole_number(word: &str) -> Option<u64> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        word.parse().ok()
    } else {
        None
    }
}

fn parse_papers(lines: &mut Lines<'_>, names: &mut Names) -> Result<Vec<PaperLine>, BltRefusal> {
    let mut papers = Vec::new();
    loop {
        let (line, text) = lines.require("the 0 that ends the papers")?;
        let text = without_comment(text);
        if text == "0" {
            return Ok(papers);
        }
        // Options and withdrawals stand between the first line and the papers.
        if papers.is_empty() && text.starts_with('[') {
            options::parse_option(line, text, names)?;
        } else if papers.is_empty() && text.starts_with('-') {
            options::parse_withdrawals(line, text, names)?;
        } else if papers.len() < PAPER_LINES_MAX {
            papers.push(parse_paper(line, text, names)?);
        } else {
            return Err(refuse(line, BltReason::TooManyPapers));
        }
    }
}

fn parse_paper(line: usize, text: &str, names: &Names) -> Result<PaperLine, BltRefusal> {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let weight = whole_number(first)
        .filter(|weight| (1..=WEIGHT_MAX).contains(weight))
        .ok_or_else(|| refuse(line, BltReason::Weight(shown(first))))?;
    let mut seen = names.none_seen();
    let mut preferences = Vec::new();
    let mut last = first;
    for word in words.by_ref() {
        last = word;
        if word == "0" {
            break;
        }
        if preferences.len() >= names.count() {
            return Err(refuse(line, BltReason::TooManyPreferences));
        }
        preferences.push(parse_preference(line, word, names, &mut seen)?);
    }
    if last != "0" {
        return Err(refuse(line, BltReason::Unended(shown(last))));
    }
    match words.next() {
        Some(word) => Err(refuse(line, BltReason::AfterEnd(shown(word)))),
        None => Ok(PaperLine {
            line,
            weight,
            preferences,
        }),
    }
}

fn parse_preference(line: usize, word: &str, names: &Names, seen: &mut [bool]) -> Result<Preference, BltRefusal> {
    if word == "-" {
        return Ok(Preference::Skipped);
    }
    let mut candidate = |part: &str| {
        let candidate = names.candidate(line, part)?;
        match seen.get_mut(usize::from(candidate)) {
            Some(false) => {}
            Some(true) | None => return Err(refuse(line, BltReason::Repeated(candidate.saturating_add(1)))),
        }
        if let Some(place) = seen.get_mut(usize::from(candidate)) {
            *place = true;
        }
        Ok(candidate)
    };
    if word.contains('=') {
        let equals: Result<Vec<u16>, BltRefusal> = word.split('=').map(candidate).collect();
        Ok(Preference::Equal(equals?.into_boxed_slice()))
    } else {
        candidate(word).map(Preference::One)
    }
}

/// A name or a title, with quotation marks or without. Inside quotation marks, two stand for one.
fn parse_name(line: usize, text: &str) -> Result<String, BltRefusal> {
    let name = match text.strip_prefix('"') {
        None => text.to_owned(),
        Some(rest) => {
            let mut name = String::new();
            let mut characters = rest.chars().peekable();
            loop {
                match characters.next() {
                    None => return Err(refuse(line, BltReason::Unquoted)),
                    Some('"') if characters.peek() == Some(&'"') => {
                        characters.next();
                        name.push('"');
                    }
                    Some('"') => break,
                    Some(character) => name.push(character),
                }
            }
            let after: String = characters.collect();
            let after = after.trim();
            if !after.is_empty() && !after.starts_with('#') {
                return Err(refuse(line, BltReason::AfterName(shown(after))));
            }
            name.trim().to_owned()
        }
    };
    let fits = (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits {
        Ok(name)
    } else {
        Err(refuse(line, BltReason::Name))
    }
}
