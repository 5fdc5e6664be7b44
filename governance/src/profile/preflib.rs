//! PrefLib's orders: `.soc` (strict, complete), `.soi` (strict, incomplete), `.toc` and `.toi` (with equal ranks).
//!
//! ```text
//! # TITLE: The committee
//! # DATA TYPE: toi
//! # NUMBER ALTERNATIVES: 3
//! # NUMBER VOTERS: 31
//! # NUMBER UNIQUE ORDERS: 2
//! # ALTERNATIVE NAME 1: Ann
//! # ALTERNATIVE NAME 2: Ben
//! # ALTERNATIVE NAME 3: Cem
//! 28: 1,2
//! 3: 3,{1,2}
//! ```
//!
//! Headers not named here are passed over. What the headers promise is checked: the data type, and both numbers.
//! Source: <https://www.preflib.org/format>, files since 2022.

use std::collections::BTreeMap;

use super::collect::{Collector, weight};
use super::line::{name, numbered, shown, whole_number};
use super::{CANDIDATES_MAX, Profile, Reason, Refusal};

#[derive(Default)]
struct Headers {
    title: String,
    kind: Option<Kind>,
    alternatives: Option<u16>,
    voters: Option<u64>,
    orders: Option<u64>,
    names: BTreeMap<u16, String>,
}

/// What a data type promises.
#[derive(Clone, Copy)]
struct Kind {
    complete: bool,
    strict: bool,
}

impl Kind {
    const fn any() -> Self {
        Self {
            complete: false,
            strict: false,
        }
    }

    fn of(word: &str) -> Option<Self> {
        let (complete, strict) = match word {
            "soc" => (true, true),
            "soi" => (false, true),
            "toc" => (true, false),
            "toi" => (false, false),
            _ => return None,
        };
        Some(Self { complete, strict })
    }
}

/// Reads a file of PrefLib.
///
/// # Errors
/// [`Refusal`] with the first line that is malformed and the reason.
pub fn parse(text: &str) -> Result<Profile, Refusal> {
    let mut headers = Headers::default();
    let mut reader = None;
    let mut last = 1;
    for (line, text) in numbered(text) {
        last = line;
        if text.is_empty() {
            continue;
        }
        if let Some(header) = text.strip_prefix('#') {
            headers.read(line, header.trim())?;
            continue;
        }
        let reader = match &mut reader {
            Some(reader) => reader,
            none @ None => none.insert(Reader::new(line, &headers)?),
        };
        reader.order(line, text)?;
    }
    let reader = match reader {
        Some(reader) => reader,
        None => Reader::new(last, &headers)?,
    };
    headers.check(last, &reader)?;
    Ok(Profile {
        title: headers.title,
        candidates: headers.names.into_values().collect(),
        papers: reader.collector.finish(),
        ..Profile::default()
    })
}

impl Headers {
    fn read(&mut self, line: usize, header: &str) -> Result<(), Refusal> {
        let Some((key, value)) = header.split_once(':') else {
            return Ok(());
        };
        let (key, value) = (key.trim(), value.trim());
        let wrong = |wanted: &'static str| {
            let (key, found) = (shown(key), format!("it is {:?}", shown(value)));
            Refusal::at(line, Reason::PrefLibHeader { key, wanted, found })
        };
        let number = || whole_number(value).ok_or_else(|| wrong("a whole number"));
        match key {
            "TITLE" if !value.is_empty() => self.title = name(line, value)?,
            "DATA TYPE" => self.kind = Some(Kind::of(value).ok_or_else(|| wrong("soc, soi, toc or toi"))?),
            "NUMBER ALTERNATIVES" => {
                let count = u16::try_from(number()?)
                    .ok()
                    .filter(|count| (1..=CANDIDATES_MAX).contains(&usize::from(*count)));
                self.alternatives = Some(count.ok_or(Refusal::at(line, Reason::CandidateCount))?);
            }
            "NUMBER VOTERS" => self.voters = Some(number()?),
            "NUMBER UNIQUE ORDERS" => self.orders = Some(number()?),
            other => {
                if let Some(word) = other.strip_prefix("ALTERNATIVE NAME ") {
                    self.name(line, word, value)?;
                }
            }
        }
        Ok(())
    }

    fn name(&mut self, line: usize, word: &str, value: &str) -> Result<(), Refusal> {
        let number = whole_number(word).and_then(|number| u16::try_from(number).ok());
        let number = number.filter(|number| (1..=CANDIDATES_MAX).contains(&usize::from(*number)));
        let number = number.ok_or(Refusal::at(line, Reason::CandidateCount))?;
        if self.names.insert(number, name(line, value)?).is_some() {
            return Err(Refusal::at(line, Reason::Repeated(number)));
        }
        Ok(())
    }

    fn check(&self, line: usize, reader: &Reader) -> Result<(), Refusal> {
        let lines = u128::try_from(reader.collector.len()).unwrap_or(u128::MAX);
        for (what, said, counted) in [("voters", self.voters, reader.weight), ("orders", self.orders, lines)] {
            if let Some(said) = said.filter(|said| u128::from(*said) != counted) {
                return Err(Refusal::at(line, Reason::Contradicted { what, said, counted }));
            }
        }
        Ok(())
    }
}

struct Reader {
    collector: Collector,
    kind: Kind,
    candidates: u16,
    weight: u128,
}

impl Reader {
    /// The headers are complete where the papers begin.
    fn new(line: usize, headers: &Headers) -> Result<Self, Refusal> {
        let candidates = headers.alternatives.ok_or(Refusal::at(line, Reason::OldPrefLib))?;
        // The keys are ascending, from 1 and different, so only their number and the last have to be right.
        let count = u16::try_from(headers.names.len()).unwrap_or(u16::MAX);
        let last = headers.names.keys().last().copied();
        if count != candidates || last != Some(candidates) {
            return Err(Refusal::at(
                line,
                Reason::PrefLibHeader {
                    key: String::from("ALTERNATIVE NAME"),
                    wanted: "given once for each alternative, before the orders",
                    found: format!("there are {candidates} alternatives and {count} names"),
                },
            ));
        }
        Ok(Self {
            collector: Collector::default(),
            kind: headers.kind.unwrap_or(Kind::any()),
            candidates,
            weight: 0,
        })
    }

    fn order(&mut self, line: usize, text: &str) -> Result<(), Refusal> {
        let (count, rest) = text.split_once(':').unwrap_or((text, ""));
        let weight = weight(line, count.trim_end())?;
        self.collector.begin(line, weight)?;
        let mut rest = Some(rest.trim_start()).filter(|rest| !rest.is_empty());
        while let Some(text) = rest {
            rest = if let Some(group) = text.strip_prefix('{') {
                let open = Refusal::at(line, Reason::Group);
                let (group, after) = group.split_once('}').ok_or_else(|| open.clone())?;
                self.group(line, group)?;
                match after.trim_start() {
                    "" => None,
                    after => Some(after.strip_prefix(',').ok_or(open)?.trim_start()),
                }
            } else {
                let (word, after) = match text.split_once(',') {
                    Some((word, after)) => (word.trim_end(), Some(after.trim_start())),
                    None => (text, None),
                };
                let candidate = self.candidate(line, word)?;
                self.collector.draft().next(candidate);
                after
            };
        }
        let named = self.collector.draft().named();
        if self.kind.complete && named != usize::from(self.candidates) {
            return Err(Refusal::at(line, Reason::Incomplete(named)));
        }
        self.weight = self.weight.saturating_add(u128::from(weight));
        self.collector.end();
        Ok(())
    }

    fn group(&mut self, line: usize, group: &str) -> Result<(), Refusal> {
        for (at, word) in group.split(',').enumerate() {
            let candidate = self.candidate(line, word.trim())?;
            if at == 0 {
                self.collector.draft().next(candidate);
            } else if self.kind.strict {
                return Err(Refusal::at(line, Reason::UnexpectedEquals));
            } else {
                self.collector.draft().equal(candidate);
            }
        }
        Ok(())
    }

    fn candidate(&mut self, line: usize, word: &str) -> Result<u16, Refusal> {
        let known = whole_number(word)
            .and_then(|number| u16::try_from(number).ok())
            .filter(|number| *number <= self.candidates)
            .and_then(|number| number.checked_sub(1));
        let candidate = known.ok_or_else(|| self.unknown(line, word))?;
        self.collector.once(candidate)?;
        Ok(candidate)
    }

    fn unknown(&self, line: usize, word: &str) -> Refusal {
        let (word, candidates) = (shown(word), self.candidates);
        Refusal::at(line, Reason::UnknownCandidate { word, candidates })
    }
}
