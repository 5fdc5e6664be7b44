//! `rochdale-audit rule`.

use std::io::Write;
use std::path::{Path, PathBuf};

use governance::hash::Hash32;
use governance::record::{ConditionV1, Record as _, RuleV1};
use governance::rule::{DecisionRule, Language};
use serde::Serialize;

use super::{CONTRADICTION, Stop, print_json, read_at_most};

/// A rule with a cost for each of two hundred options has less than a tenth of it.
const RULE_BYTES_MAX: u64 = 64 * 1024;

#[derive(clap::Args)]
pub(crate) struct Rule {
    /// A file with a rule as JSON, or the name of a preset such as two_thirds.
    file: PathBuf,
    /// The co-op's namespace, as 0x and 64 hexadecimal digits; without it the zero word.
    #[arg(long, value_name = "WORD")]
    namespace: Option<Hash32>,
    /// The salt of the rule's record; without it the zero word, as in bylaws.
    #[arg(long, value_name = "WORD")]
    salt: Option<Hash32>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    rule: DecisionRule,
    sentences: Sentences,
    record: RuleV1,
    conditions: Vec<ConditionV1>,
    hash: Hash32,
}

#[derive(Serialize)]
struct Sentences {
    en: String,
    #[serde(rename = "zh-Hans")]
    zh_hans: String,
}

pub(crate) fn run(arguments: &Rule) -> Result<u8, Stop> {
    let rule = read(&arguments.file)?;
    rule.check()
        .map_err(|refusal| Stop(format!("the rule is refused: {refusal}"), CONTRADICTION))?;
    let record = rule.record(
        arguments.namespace.unwrap_or_default(),
        arguments.salt.unwrap_or_default(),
    );
    let report = Report {
        sentences: Sentences {
            en: rule.sentence(Language::English),
            zh_hans: rule.sentence(Language::Chinese),
        },
        conditions: rule.condition_records(),
        hash: record.struct_hash(),
        record,
        rule,
    };
    let mut to = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut to, &report)?;
        return Ok(0);
    }
    writeln!(to, "{}", report.sentences.en)?;
    writeln!(to, "{}", report.sentences.zh_hans)?;
    writeln!(to, "RuleV1 {}", report.hash)?;
    Ok(0)
}

fn read(path: &Path) -> Result<DecisionRule, Stop> {
    if let Some(preset) = path.to_str().and_then(DecisionRule::preset) {
        return Ok(preset);
    }
    if !path.exists() {
        let presets = DecisionRule::PRESETS.join(", ");
        return Err(Stop::usage(format!(
            "{} is neither a file nor a preset; the presets are {presets}",
            path.display()
        )));
    }
    let bytes = read_at_most(path, RULE_BYTES_MAX)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        // The message quotes what stands in the file.
        let reason = audit::harmless(&error.to_string());
        Stop(format!("{} is not a rule: {reason}", path.display()), CONTRADICTION)
    })
}
