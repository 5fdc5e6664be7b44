//! Reading a bank's files: bounded, without definitions of their own, and with the line of what is wrong.

use roxmltree::{Document, Node, ParsingOptions};

use crate::ledger::{Currency, Day};

/// The largest file that is read, in bytes.
pub const BANK_FILE_LENGTH_MAX: usize = 64 * 1024 * 1024;
/// The most elements and texts in a file; a million payments have about forty each.
const NODES_MAX: u32 = 50_000_000;
/// The longest text that a refusal quotes, in characters.
const QUOTED_MAX: usize = 40;

/// Why a bank's file is refused. Nothing of it is taken then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BankFileRefusal {
    /// Larger than is read.
    #[error("the file is larger than {} MiB", BANK_FILE_LENGTH_MAX / 1_048_576)]
    TooLarge,
    /// Not XML, or with definitions of its own, which no bank sends.
    #[error("line {line}: this is not XML as banks write it: {why}")]
    NotXml {
        /// Where.
        line: u32,
        /// What is wrong.
        why: String,
    },
    /// XML, but none of the messages that are read.
    #[error("this is no message that is read here (pain.002, camt.052, camt.053, camt.054, pacs.004), but {found}")]
    OtherMessage {
        /// What it says it is.
        found: String,
    },
    /// An element that must be there is not.
    #[error("line {line}: {element} is missing")]
    Missing {
        /// Of the element in which it is missing.
        line: u32,
        /// The one that is missing.
        element: &'static str,
    },
    /// An element holds what it may not.
    #[error("line {line}: {element} is {value:?}: {why}")]
    Value {
        /// Where.
        line: u32,
        /// The element.
        element: &'static str,
        /// What it holds, at most its beginning.
        value: String,
        /// What is wrong.
        why: String,
    },
    /// The parts of an entry are not the entry.
    #[error("line {line}: the details of this entry do not add up to it")]
    Sum {
        /// Where.
        line: u32,
    },
}

/// Why a bank refused or returned a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankReason {
    /// The code of four characters, such as `AC04` for a closed account; or a word of the bank's own.
    pub code: String,
    /// What the bank adds, as it stands in the file: show it as text and nothing else.
    pub text: Option<String>,
}

/// A file that was read, with its lines.
pub(super) struct BankFile<'text>(Document<'text>);

impl<'text> BankFile<'text> {
    pub(super) fn parse(text: &'text str) -> Result<Self, BankFileRefusal> {
        if text.len() > BANK_FILE_LENGTH_MAX {
            return Err(BankFileRefusal::TooLarge);
        }
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: NODES_MAX,
            ..ParsingOptions::default()
        };
        let parsed = Document::parse_with_options(text.trim_start_matches('\u{feff}'), options);
        parsed.map(Self).map_err(|error| BankFileRefusal::NotXml {
            line: error.pos().row,
            why: error.to_string(),
        })
    }

    /// The message: its name with edition, such as `camt.053.001.08`, and the element that holds it.
    pub(super) fn message(&self) -> Result<(&str, Element<'_, 'text>), BankFileRefusal> {
        let root = self.0.root_element();
        let namespace = root.tag_name().namespace().unwrap_or_default();
        let name = namespace.rsplit(':').next().unwrap_or_default();
        let other = || BankFileRefusal::OtherMessage {
            found: quoted(if name.is_empty() { root.tag_name().name() } else { name }),
        };
        if root.tag_name().name() != "Document" {
            return Err(other());
        }
        let inside = root.children().find(Node::is_element).ok_or_else(other)?;
        Ok((
            name,
            Element {
                node: inside,
                file: &self.0,
            },
        ))
    }
}

/// An element of a bank's file.
#[derive(Clone, Copy)]
pub(super) struct Element<'file, 'text> {
    node: Node<'file, 'text>,
    file: &'file Document<'text>,
}

impl<'file> Element<'file, '_> {
    pub(super) fn line(self) -> u32 {
        self.file.text_pos_at(self.node.range().start).row
    }

    /// The children with this name.
    pub(super) fn all(self, name: &'static str) -> impl Iterator<Item = Self> {
        let children = self.node.children();
        children
            .filter(move |node| node.is_element() && node.tag_name().name() == name)
            .map(move |node| Self { node, file: self.file })
    }

    /// The first child with this name.
    pub(super) fn one(self, name: &'static str) -> Option<Self> {
        self.all(name).next()
    }

    /// The element at the end of a path of names.
    pub(super) fn at(self, path: &[&'static str]) -> Option<Self> {
        path.iter().try_fold(self, |element, name| element.one(name))
    }

    pub(super) fn needed(self, name: &'static str) -> Result<Self, BankFileRefusal> {
        self.one(name).ok_or_else(|| BankFileRefusal::Missing {
            line: self.line(),
            element: name,
        })
    }

    pub(super) fn text(self) -> &'file str {
        self.node.text().unwrap_or_default().trim()
    }

    /// The text at the end of a path, where there is one.
    pub(super) fn text_at(self, path: &[&'static str]) -> Option<String> {
        self.at(path)
            .map(|element| element.text().to_owned())
            .filter(|text| !text.is_empty())
    }

    pub(super) fn needed_text(self, name: &'static str) -> Result<String, BankFileRefusal> {
        let text = self.needed(name)?.text();
        if text.is_empty() {
            return Err(BankFileRefusal::Missing {
                line: self.line(),
                element: name,
            });
        }
        Ok(text.to_owned())
    }

    pub(super) fn refused(self, element: &'static str, why: impl ToString) -> BankFileRefusal {
        BankFileRefusal::Value {
            line: self.line(),
            element,
            value: quoted(self.text()),
            why: why.to_string(),
        }
    }

    /// An amount without a sign, with its currency.
    pub(super) fn amount(self, name: &'static str) -> Result<(Currency, i64), BankFileRefusal> {
        let element = self.needed(name)?;
        let code = element.node.attribute("Ccy").unwrap_or_default();
        let currency = Currency::money(code).map_err(|why| element.refused(name, why))?;
        let amount = element.amount_in(&currency, name)?;
        Ok((currency, amount))
    }

    /// An amount without a sign in a known currency.
    pub(super) fn amount_in(self, currency: &Currency, name: &'static str) -> Result<i64, BankFileRefusal> {
        let text = self.text();
        if text.starts_with('-') {
            return Err(self.refused(name, "an amount has no sign; the direction stands beside it"));
        }
        // Five decimal places are allowed whatever the currency has; zeros among them mean nothing.
        let plain = match text.split_once('.') {
            Some((whole, decimals)) => match decimals.trim_end_matches('0') {
                "" => whole.to_owned(),
                decimals => format!("{whole}.{decimals}"),
            },
            None => text.to_owned(),
        };
        currency.parse_amount(&plain).map_err(|why| self.refused(name, why))
    }

    /// Whether money came in: `CRDT`, or `DBIT` for money that went out.
    pub(super) fn is_credit(self) -> Result<bool, BankFileRefusal> {
        let element = self.needed("CdtDbtInd")?;
        match element.text() {
            "CRDT" => Ok(true),
            "DBIT" => Ok(false),
            _ => Err(element.refused("CdtDbtInd", "it is neither CRDT nor DBIT")),
        }
    }

    /// The day in a child that holds a date or a moment. A moment's day is the one that the bank writes, in its own zone.
    pub(super) fn day(self, name: &'static str) -> Result<Option<Day>, BankFileRefusal> {
        let Some(holder) = self.one(name) else { return Ok(None) };
        let element = holder.one("Dt").or_else(|| holder.one("DtTm")).unwrap_or(holder);
        let day: String = element.text().chars().take(10).collect();
        day.parse().map(Some).map_err(|why| element.refused(name, why))
    }

    /// A reason: a code, or a word of the bank's own, and what it adds.
    pub(super) fn reason(self) -> Option<BankReason> {
        let code = self
            .text_at(&["Rsn", "Cd"])
            .or_else(|| self.text_at(&["Rsn", "Prtry"]))?;
        Some(BankReason {
            code,
            text: self.text_at(&["AddtlInf"]),
        })
    }
}

/// The beginning of what a file holds, for a refusal.
fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_MAX).collect()
}
