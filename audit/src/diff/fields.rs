//! Where two lines of one thing differ, and whether that is more than time passing.

use serde::Serialize;
use serde_json::Value;
use wire::bundle::Section;

/// So many places of a line are told; more of one line say nothing new.
const FIELDS_MAX: usize = 12;
/// So many characters of a value are told.
const SHOWN_MAX: usize = 160;

/// One place at which two lines differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    /// The place in the line, as a JSON pointer.
    pub field: String,
    /// What A says there, cut if it is long; nothing if A has no such place.
    pub a: Option<String>,
    /// The same of B.
    pub b: Option<String>,
}

/// What became of comparing two lines.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Places that may differ between two honest bundles of one decision, written at different times.
    pub(super) advanced: Vec<FieldDifference>,
    /// All other places.
    pub(super) evidence: Vec<FieldDifference>,
}

impl Compared {
    pub(super) fn of(section: Section, a: &Value, b: &Value) -> Self {
        let mut compared = Self::default();
        compared.walk(section, &mut String::new(), a, b);
        compared
    }

    /// Whether the record itself differs, and not only what is said of it.
    pub(super) fn changes_record(&self) -> bool {
        self.evidence.iter().any(|field| field.field.starts_with("/record/"))
    }

    /// Whether nothing differs but the place in the log.
    pub(super) fn moves_only(&self) -> bool {
        !self.evidence.is_empty() && self.evidence.iter().all(|field| field.field == "/log_index")
    }

    fn walk(&mut self, section: Section, path: &mut String, a: &Value, b: &Value) {
        if a == b {
            return;
        }
        if advances(section, path, a, b) {
            note(&mut self.advanced, path, Some(a), Some(b));
            return;
        }
        match (a, b) {
            (Value::Object(left), Value::Object(right)) => {
                let more = right.keys().filter(|name| !left.contains_key(*name));
                for name in left.keys().chain(more) {
                    self.step(section, path, name, left.get(name), right.get(name));
                }
            }
            (Value::Array(left), Value::Array(right)) => {
                for place in 0..left.len().max(right.len()) {
                    self.step(section, path, &place.to_string(), left.get(place), right.get(place));
                }
            }
            _ => note(&mut self.evidence, path, Some(a), Some(b)),
        }
    }

    fn step(&mut self, section: Section, path: &mut String, name: &str, a: Option<&Value>, b: Option<&Value>) {
        let length = path.len();
        path.push('/');
        path.push_str(name);
        match (a, b) {
            (Some(a), Some(b)) => self.walk(section, path, a, b),
            (a, b) => note(&mut self.evidence, path, a, b),
        }
        path.truncate(length);
    }
}

/// Whether two honest bundles of one decision may differ so: the later one knows a place in the log, a block, another name.
fn advances(section: Section, path: &str, a: &Value, b: &Value) -> bool {
    let one_is_null = a.is_null() || b.is_null();
    match (section, path) {
        (_, "/log_index") | (Section::Header, "/log") => one_is_null,
        (Section::Header, "/coop/name" | "/coop/slug") => true,
        // A block may be taken back by its chain; what it holds may not change.
        (Section::Anchor, "/state" | "/block_number" | "/block_hash") => true,
        (Section::Anchor, "/proofs") => match (a, b) {
            (Value::Array(a), Value::Array(b)) => a.starts_with(b) || b.starts_with(a),
            _ => false,
        },
        _ => false,
    }
}

fn note(among: &mut Vec<FieldDifference>, path: &str, a: Option<&Value>, b: Option<&Value>) {
    if among.len() < FIELDS_MAX {
        among.push(FieldDifference {
            field: path.to_owned(),
            a: a.map(shown),
            b: b.map(shown),
        });
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    let mut cut: String = text.chars().take(SHOWN_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
