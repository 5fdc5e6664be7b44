//! Rankings in JSON.
//!
//! ```text
//! {"candidates": ["Ann", "Ben", "Cem"],
//!  "ballots": [[["Ann", "Ben"], 28], [["Cem", ["Ann", "Ben"]], 3], [[], 1]]}
//! ```
//!
//! A ballot is a pair: the ranking, the most preferred first, and how many papers say it. A list inside of a ranking is one rank of
//! several. Both members must be there, once, in either order; a text called `title` is the title, and other members are passed over.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::collect::{Collector, weight};
use super::line::{name, shown, without_mark};
use super::{CANDIDATES_MAX, Profile, Reason, Refusal};

/// Reads rankings in JSON.
///
/// # Errors
/// [`Refusal`] with the first line that is malformed and the reason.
pub fn parse(text: &str) -> Result<Profile, Refusal> {
    let text = without_mark(text);
    // From here on brackets match and texts end, so that the scanner need not look after that.
    if let Err(fault) = serde_json::from_str::<IgnoredAny>(text) {
        let (line, words) = (fault.line().max(1), fault.to_string());
        let words = words.split(" at line ").next().unwrap_or_default();
        return Err(Refusal::at(line, Reason::NotJson(words.to_owned())));
    }
    let mut scanner = Scanner { rest: text, line: 1 };
    let members = members(&mut scanner)?;
    let end = scanner.line;
    let absent = |what: &'static str| Refusal::at(end, Reason::Ends(what));
    let (candidates, numbers) = candidates(members.candidates.ok_or(absent("the member \"candidates\""))?)?;
    let mut reader = Reader {
        scanner: members.ballots.ok_or(absent("the member \"ballots\""))?,
        numbers,
        collector: Collector::default(),
    };
    reader.ballots()?;
    Ok(Profile {
        title: members.title,
        papers: reader.collector.finish(),
        candidates,
        ..Profile::default()
    })
}

/// Where the values of the members that matter begin.
#[derive(Default)]
struct Members<'a> {
    title: String,
    candidates: Option<Scanner<'a>>,
    ballots: Option<Scanner<'a>>,
}

fn members<'a>(scanner: &mut Scanner<'a>) -> Result<Members<'a>, Refusal> {
    let mut members = Members::default();
    scanner.mark('{', "{, as candidates and ballots are members of an object,")?;
    while !scanner.is_end_of_list('}') {
        let key = scanner.text("the name of a member")?;
        scanner.mark(':', ":")?;
        let (line, here) = (scanner.line, scanner.clone());
        let place = match key.as_ref() {
            "candidates" => Some(&mut members.candidates),
            "ballots" => Some(&mut members.ballots),
            _ => None,
        };
        if place.is_some_and(|place| place.replace(here).is_some()) {
            return Err(Refusal::at(line, Reason::DeclaredTwice(key.into_owned())));
        }
        match scanner.token()? {
            Token::Text(title) if key == "title" && !title.is_empty() => members.title = name(line, &title)?,
            Token::Mark('{' | '[') => scanner.pass_over()?,
            Token::Text(_) | Token::Mark(_) | Token::Word => {}
        }
    }
    Ok(members)
}

type Candidates = (Vec<String>, BTreeMap<String, u16>);

fn candidates(mut scanner: Scanner<'_>) -> Result<Candidates, Refusal> {
    let (mut names, mut numbers) = (Vec::new(), BTreeMap::new());
    let first = scanner.line;
    scanner.mark('[', "a list of candidates' names")?;
    while !scanner.is_end_of_list(']') {
        let text = scanner.text("a candidate's name")?;
        let (line, number) = (scanner.line, u16::try_from(names.len()).unwrap_or(u16::MAX));
        if names.len() >= CANDIDATES_MAX {
            return Err(Refusal::at(line, Reason::CandidateCount));
        }
        names.push(name(line, &text)?);
        if numbers.insert(text.clone().into_owned(), number).is_some() {
            return Err(Refusal::at(line, Reason::SameName(shown(&text))));
        }
    }
    if names.is_empty() {
        return Err(Refusal::at(first, Reason::CandidateCount));
    }
    Ok((names, numbers))
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    numbers: BTreeMap<String, u16>,
    collector: Collector,
}

impl Reader<'_> {
    fn ballots(&mut self) -> Result<(), Refusal> {
        const PAIR: &str = "a ballot: a list of the ranking and how many papers say it,";
        self.scanner.mark('[', "a list of ballots")?;
        while !self.scanner.is_end_of_list(']') {
            self.scanner.mark('[', PAIR)?;
            // How many papers they are follows the ranking.
            self.collector.begin(self.scanner.line, 1)?;
            self.scanner
                .mark('[', "a ranking: a list of candidates' names or of lists of them,")?;
            while !self.scanner.is_end_of_list(']') {
                self.rank()?;
            }
            self.scanner.mark(',', PAIR)?;
            let word = self.scanner.word();
            self.collector.set_weight(weight(self.scanner.line, word)?);
            self.scanner.mark(']', "the end of the ballot")?;
            self.collector.end();
        }
        Ok(())
    }

    /// A candidate, or several in one rank. A rank of nobody is a gap.
    fn rank(&mut self) -> Result<(), Refusal> {
        if !self.scanner.is_mark('[') {
            let candidate = self.candidate()?;
            self.collector.draft().next(candidate);
            return Ok(());
        }
        let mut is_first = true;
        while !self.scanner.is_end_of_list(']') {
            let candidate = self.candidate()?;
            if is_first {
                self.collector.draft().next(candidate);
            } else {
                self.collector.draft().equal(candidate);
            }
            is_first = false;
        }
        if is_first {
            self.collector.draft().gap();
        }
        Ok(())
    }

    fn candidate(&mut self) -> Result<u16, Refusal> {
        let text = self.scanner.text("a candidate's name")?;
        let line = self.scanner.line;
        let known = self.numbers.get(text.as_ref()).copied();
        let candidate = known.ok_or_else(|| Refusal::at(line, Reason::UnknownName(shown(&text))))?;
        self.collector
            .once(candidate)
            .map_err(|refusal| Refusal { line, ..refusal })?;
        Ok(candidate)
    }
}

enum Token<'a> {
    /// One of `{}[]:,`; at the end of the file a blank.
    Mark(char),
    Text(Cow<'a, str>),
    /// A number, true, false or null.
    Word,
}

/// Goes through a text that is known to be JSON, token by token, and knows its line.
#[derive(Clone)]
struct Scanner<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Scanner<'a> {
    fn skip_blanks(&mut self) {
        let rest = self.rest.trim_ascii_start();
        let blanks = self.rest.len().saturating_sub(rest.len());
        let passed = self.rest.bytes().take(blanks).filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(passed);
        self.rest = rest;
    }

    fn token(&mut self) -> Result<Token<'a>, Refusal> {
        self.skip_blanks();
        if self.rest.starts_with('"') {
            return self.quoted().map(Token::Text);
        }
        if !self.word().is_empty() {
            return Ok(Token::Word);
        }
        let mut letters = self.rest.chars();
        let mark = letters.next().unwrap_or(' ');
        self.rest = letters.as_str();
        Ok(Token::Mark(mark))
    }

    /// The letters up to the next mark or blank.
    fn word(&mut self) -> &'a str {
        self.skip_blanks();
        let is_end = |letter: char| "{}[]:,\"".contains(letter) || letter.is_ascii_whitespace();
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        word
    }

    fn quoted(&mut self) -> Result<Cow<'a, str>, Refusal> {
        let mut is_escaped = false;
        let end = self.rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends
        });
        // Both quotation marks stand outside of what was looked through.
        let end = end.map_or(self.rest.len(), |end| end.saturating_add(2));
        let (quoted, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        let plain = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        let text = if plain.contains('\\') {
            let fault = |fault: serde_json::Error| Refusal::at(self.line, Reason::NotJson(fault.to_string()));
            Cow::Owned(serde_json::from_str(quoted).map_err(fault)?)
        } else {
            Cow::Borrowed(plain)
        };
        self.rest = rest;
        Ok(text)
    }

    /// Goes over this mark if it comes next.
    fn is_mark(&mut self, mark: char) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Goes over the end of a list or object if it comes next, else over a comma, if any.
    fn is_end_of_list(&mut self, end: char) -> bool {
        let is_end = self.is_mark(end);
        if !is_end {
            self.is_mark(',');
        }
        is_end
    }

    fn mark(&mut self, mark: char, wanted: &'static str) -> Result<(), Refusal> {
        if self.is_mark(mark) {
            Ok(())
        } else {
            Err(self.unexpected(wanted))
        }
    }

    fn text(&mut self, wanted: &'static str) -> Result<Cow<'a, str>, Refusal> {
        self.skip_blanks();
        if self.rest.starts_with('"') {
            self.quoted()
        } else {
            Err(self.unexpected(wanted))
        }
    }

    fn unexpected(&self, wanted: &'static str) -> Refusal {
        let here = self.rest.lines().next().unwrap_or_default();
        let found = shown(here);
        Refusal::at(self.line, Reason::JsonMember { wanted, found })
    }

    /// Goes on to the end of the list or object that has begun.
    fn pass_over(&mut self) -> Result<(), Refusal> {
        let mut depth: usize = 1;
        while depth > 0 {
            match self.token()? {
                Token::Mark('{' | '[') => depth = depth.saturating_add(1),
                Token::Mark('}' | ']' | ' ') => depth = depth.saturating_sub(1),
                Token::Mark(_) | Token::Text(_) | Token::Word => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
