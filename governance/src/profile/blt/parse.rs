//! Reading a ballot file.

use super::options::{self, Names};
use crate::profile::collect::{Collector, weight};
use crate::profile::line::{self, shown, whole_number, without_mark};
use crate::profile::{CANDIDATES_MAX, Profile, Reason, Refusal};

/// The lines of a file that say something, with their numbers.
struct Lines<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
    last: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            lines: without_mark(text).lines().enumerate(),
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

    fn require(&mut self, what: &'static str) -> Result<(usize, &'a str), Refusal> {
        let found = self.next();
        found.ok_or_else(|| Refusal::at(self.last.saturating_add(1), Reason::Ends(what)))
    }
}

/// A line of numbers without the comment that may end it.
fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or(line).trim()
}

/// Reads a ballot file.
///
/// # Errors
/// [`Refusal`] with the first line that is malformed and the reason.
pub fn parse(text: &str) -> Result<Profile, Refusal> {
    let mut lines = Lines::new(text);
    let (line, header) = lines.require("the line of candidates and places")?;
    let (candidates, seats) = parse_header(line, without_comment(header))?;
    let mut names = Names::new(candidates);
    let papers = parse_papers(&mut lines, &mut names)?;
    let mut profile = Profile {
        seats: Some(seats),
        withdrawn: names.withdrawn(),
        tie_order: names.tie_order(),
        papers: papers.finish(),
        ..Profile::default()
    };
    for _ in 0..candidates {
        let (line, name) = lines.require("the name of a candidate")?;
        profile.candidates.push(parse_name(line, name)?);
    }
    if let Some((line, title)) = lines.next() {
        profile.title = parse_name(line, title)?;
    }
    // OpenSTV allows a source and a comment after the title, both in quotation marks; they have no meaning for a count.
    for _ in 0..2 {
        match lines.next() {
            Some((line, text)) if text.starts_with('"') => drop(parse_name(line, text)?),
            Some((line, text)) => return Err(Refusal::at(line, Reason::AfterTitle(shown(text)))),
            None => return Ok(profile),
        }
    }
    match lines.next() {
        Some((line, text)) => Err(Refusal::at(line, Reason::AfterTitle(shown(text)))),
        None => Ok(profile),
    }
}

fn parse_header(line: usize, header: &str) -> Result<(u16, u16), Refusal> {
    let numbers: Option<Vec<u64>> = header.split_whitespace().map(whole_number).collect();
    let Some([candidates, seats]) = numbers.as_deref() else {
        return Err(Refusal::at(line, Reason::Header(shown(header))));
    };
    let known = u16::try_from(*candidates)
        .ok()
        .filter(|count| (1..=CANDIDATES_MAX).contains(&usize::from(*count)))
        .ok_or_else(|| Refusal::at(line, Reason::Candidates(*candidates)))?;
    let places = u16::try_from(*seats)
        .ok()
        .filter(|count| *count >= 1 && *count <= known)
        .ok_or_else(|| {
            let (given, candidates) = (*seats, known);
            Refusal::at(line, Reason::Seats { given, candidates })
        })?;
    Ok((known, places))
}

fn parse_papers(lines: &mut Lines<'_>, names: &mut Names) -> Result<Collector, Refusal> {
    let mut papers = Collector::default();
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
        } else {
            parse_paper(line, text, names, &mut papers)?;
        }
    }
}

fn parse_paper(line: usize, text: &str, names: &Names, papers: &mut Collector) -> Result<(), Refusal> {
    let mut words = text.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    papers.begin(line, weight(line, first)?)?;
    let mut last = first;
    for word in words.by_ref() {
        last = word;
        if word == "0" {
            break;
        }
        if papers.draft().ranks() >= names.count() {
            return Err(Refusal::at(line, Reason::TooManyPreferences));
        }
        parse_preference(line, word, names, papers)?;
    }
    if last != "0" {
        return Err(Refusal::at(line, Reason::Unended(shown(last))));
    }
    match words.next() {
        Some(word) => Err(Refusal::at(line, Reason::AfterEnd(shown(word)))),
        None => {
            papers.end();
            Ok(())
        }
    }
}

fn parse_preference(line: usize, word: &str, names: &Names, papers: &mut Collector) -> Result<(), Refusal> {
    if word == "-" {
        papers.draft().gap();
        return Ok(());
    }
    for (at, part) in word.split('=').enumerate() {
        let candidate = names.candidate(line, part)?;
        papers.once(candidate)?;
        if at == 0 {
            papers.draft().next(candidate);
        } else {
            papers.draft().equal(candidate);
        }
    }
    Ok(())
}

/// A name or a title, with quotation marks or without. Inside quotation marks, two stand for one.
fn parse_name(number: usize, text: &str) -> Result<String, Refusal> {
    let name = match text.strip_prefix('"') {
        None => text.to_owned(),
        Some(rest) => {
            let mut name = String::new();
            let mut characters = rest.chars().peekable();
            loop {
                match characters.next() {
                    None => return Err(Refusal::at(number, Reason::Unquoted)),
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
                return Err(Refusal::at(number, Reason::AfterName(shown(after))));
            }
            name.trim().to_owned()
        }
    };
    line::name(number, &name)
}
