//! Changes bundles as somebody would who knows the format: counts and hashes are computed anew after every change.

use std::collections::BTreeMap;
use std::path::Path;

use audit::{Options, Report, verify_reader};
use ed25519_dalek::Signer;
use governance::hash::{Hash32, to_hex};
use serde_json::Value;
use sha2::{Digest, Sha256};
use wire::bundle::{Section, seal_digest};

use crate::builder::{gzip, server_key};

/// Who changes the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Anyone: counts and the trailing hash are made right again.
    Anyone,
    /// The server: the digests of the sections and its signature, too.
    Server,
}

fn sha256(bytes: &[u8]) -> Hash32 {
    Hash32::from_bytes(Sha256::digest(bytes).into())
}

fn section_of(line: &str) -> Option<Section> {
    let value: Value = serde_json::from_str(line).ok()?;
    Section::from_name(value.get("section")?.as_str()?)
}

/// Makes the end right again after a change of the lines before it.
pub fn mended(mut lines: Vec<String>, by: By) -> Vec<String> {
    let end = lines.pop().unwrap();
    let mut end: Value = serde_json::from_str(&end).unwrap();
    let mut sections: BTreeMap<Section, (u64, String)> = Section::ALL
        .iter()
        .filter(|s| **s != Section::End)
        .map(|s| (*s, (0, String::new())))
        .collect();
    for line in &lines {
        if let Some((count, text)) = section_of(line).and_then(|section| sections.get_mut(&section)) {
            *count += 1;
            text.push_str(line);
            text.push('\n');
        }
    }
    sections.retain(|section, (count, _)| {
        *count > 0 || !section.is_optional() || end["counts"].get(section.name()).is_some()
    });
    for (section, (count, _)) in &sections {
        end["counts"][section.name()] = (*count).into();
    }
    let whole: String = lines.iter().map(|line| format!("{line}\n")).collect();
    end["sha256"] = sha256(whole.as_bytes()).to_string().into();
    if by == By::Server {
        let digests: BTreeMap<Section, Hash32> = sections
            .iter()
            .map(|(section, (_, text))| (*section, sha256(text.as_bytes())))
            .collect();
        for (section, digest) in &digests {
            end["digests"][section.name()] = digest.to_string().into();
        }
        let signature = server_key().sign(seal_digest(&digests).as_bytes()).to_bytes();
        end["signature"] = to_hex(&signature).into();
    }
    lines.push(end.to_string());
    lines
}

fn packed(lines: &[String]) -> Vec<u8> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    gzip(text.as_bytes())
}

pub fn verify_lines(lines: &[String], options: &Options) -> Report {
    verify_reader(packed(lines).as_slice(), options).unwrap()
}

pub fn verify(lines: &[String]) -> Report {
    let bundle = packed(lines);
    let report = verify_reader(bundle.as_slice(), &Options::default()).unwrap();
    keep(&bundle, &report);
    report
}

/// Keeps a bundle and what was found, where asked to: the program in the page must find the same (portal/tests/unit/audit.test.ts).
fn keep(bundle: &[u8], report: &Report) {
    let Some(folder) = std::env::var_os("ROCHDALE_BUNDLES") else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    let path = Path::new(&folder).join(sha256(bundle).to_string());
    std::fs::write(path.with_extension("rochdale"), bundle).unwrap();
    std::fs::write(path.with_extension("json"), serde_json::to_vec(report).unwrap()).unwrap();
}

/// The first line of a section, and what it holds.
pub fn line_of(lines: &[String], section: Section) -> (usize, Value) {
    let index = lines.iter().position(|line| section_of(line) == Some(section)).unwrap();
    (index, serde_json::from_str(&lines[index]).unwrap())
}

/// Every value in a line that is no list or map, as a JSON pointer.
pub fn leaves(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(map) => open.extend(map.iter().map(|(key, inner)| (format!("{path}/{key}"), inner))),
            Value::Array(list) => open.extend(
                list.iter()
                    .enumerate()
                    .map(|(place, inner)| (format!("{path}/{place}"), inner)),
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(path),
        }
    }
    found.sort();
    found
}

/// Another value of the same kind, one byte away where possible.
pub fn changed(value: &Value) -> Value {
    match value {
        Value::Null => Value::from("something"),
        Value::Bool(flag) => (!flag).into(),
        Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
        Value::String(text) => {
            let mut text = text.clone();
            let other = match text.pop() {
                Some('1') => '2',
                Some(last) if last.is_ascii_hexdigit() => '1',
                Some('y') => 'x',
                Some(_) | None => 'y',
            };
            text.push(other);
            text.into()
        }
        Value::Array(_) | Value::Object(_) => unreachable!(),
    }
}
