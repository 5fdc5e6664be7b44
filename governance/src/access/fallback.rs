//! What may answer in the place of a model that does not.
//!
//! A decision names the fallbacks of a model, in order. Each of them does all that the model does, for no more, and nowhere weaker: so
//! what is set aside for a call covers it too, and what a member sends comes to no worse place than the model's own.

use serde::{Deserialize, Serialize};

use super::{ModelTerms, ToolTerms};

/// Licences that tell nobody what a model may be used for.
const FREE_LICENCES: [&str; 7] = [
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC-BY-4.0",
    "CC0-1.0",
    "ISC",
    "MIT",
];

/// A model with the tool that serves it.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// The model.
    pub model: &'a ModelTerms,
    /// Its tool.
    pub tool: &'a ToolTerms,
}

/// In what a model is too weak to stand in for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weakness {
    /// It has another licence, which may restrict its use.
    Licence,
    /// What is sent to it goes elsewhere.
    Place,
    /// A token or a call of it costs more.
    Price,
    /// It reads or writes less, or its template adds more.
    Size,
    /// Not everything may be asked of it.
    Endpoint,
}

impl Weakness {
    /// Completes "it …" in plain English.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Licence => "has a weaker licence",
            Self::Place => "sends data to another place",
            Self::Price => "costs more",
            Self::Size => "reads or writes less, or its template adds more",
            Self::Endpoint => "does not answer at each of the endpoints",
        }
    }
}

/// The first thing in which a fallback is weaker than a model; nothing where it may stand in for it.
#[must_use]
pub fn weakness(model: Served<'_>, fallback: Served<'_>) -> Option<Weakness> {
    let (ours, other) = (model.model, fallback.model);
    let same_place =
        model.tool.external == fallback.tool.external && model.tool.data_location == fallback.tool.data_location;
    let comes_home = model.tool.external && !fallback.tool.external;
    let checks = [
        (
            ours.licence == other.licence || FREE_LICENCES.contains(&other.licence.as_str()),
            Weakness::Licence,
        ),
        (same_place || comes_home, Weakness::Place),
        (
            other.price.input <= ours.price.input
                && other.price.output <= ours.price.output
                && other.price.call <= ours.price.call,
            Weakness::Price,
        ),
        (
            other.context_tokens >= ours.context_tokens
                && other.output_tokens >= ours.output_tokens
                && other.overhead.call <= ours.overhead.call
                && other.overhead.message <= ours.overhead.message,
            Weakness::Size,
        ),
        (
            ours.endpoints.iter().all(|endpoint| other.endpoints.contains(endpoint)),
            Weakness::Endpoint,
        ),
    ];
    checks
        .into_iter()
        .find_map(|(holds, weakness)| (!holds).then_some(weakness))
}

#[cfg(test)]
mod tests {
    use super::super::{Endpoint, Overhead, Price, ToolKind};
    use super::*;

    fn tool(external: bool, data_location: &str) -> ToolTerms {
        ToolTerms {
            kind: ToolKind::Plain,
            base_url: String::from("https://models.example.org/v1"),
            external,
            data_location: data_location.to_owned(),
            slots: 1,
            first_byte_seconds: 1,
            idle_seconds: 1,
        }
    }

    fn model(licence: &str) -> ModelTerms {
        ModelTerms {
            tool: String::from("ours"),
            upstream_name: String::from("m"),
            licence: licence.to_owned(),
            context_tokens: 100,
            output_tokens: 50,
            price: Price {
                input: 3,
                output: 15,
                call: 7,
            },
            overhead: Overhead { call: 4, message: 2 },
            endpoints: vec![Endpoint::ChatCompletions],
            fallbacks: Vec::new(),
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn a_fallback_is_weaker_in_nothing() {
        type Change = fn(&mut ModelTerms);
        let cases: [(&str, Change, Option<Weakness>); 13] = [
            ("the same", |_| {}, None),
            (
                "a free licence",
                |fallback| fallback.licence = String::from("MIT"),
                None,
            ),
            (
                "a licence of its own",
                |fallback| fallback.licence = String::from("Gemma"),
                Some(Weakness::Licence),
            ),
            ("cheaper", |fallback| fallback.price.output = 1, None),
            (
                "dearer input",
                |fallback| fallback.price.input = 4,
                Some(Weakness::Price),
            ),
            (
                "dearer output",
                |fallback| fallback.price.output = 16,
                Some(Weakness::Price),
            ),
            (
                "dearer calls",
                |fallback| fallback.price.call = 8,
                Some(Weakness::Price),
            ),
            (
                "reads less",
                |fallback| fallback.context_tokens = 99,
                Some(Weakness::Size),
            ),
            (
                "writes less",
                |fallback| fallback.output_tokens = 49,
                Some(Weakness::Size),
            ),
            (
                "a longer head",
                |fallback| fallback.overhead.call = 5,
                Some(Weakness::Size),
            ),
            (
                "longer messages",
                |fallback| fallback.overhead.message = 3,
                Some(Weakness::Size),
            ),
            (
                "more endpoints",
                |fallback| fallback.endpoints.push(Endpoint::Responses),
                None,
            ),
            (
                "other endpoints",
                |fallback| fallback.endpoints = vec![Endpoint::Responses],
                Some(Weakness::Endpoint),
            ),
        ];
        let tool = tool(false, "our own server");
        let ours = model("Apache-2.0");
        for (name, change, expected) in cases {
            let mut other = model("Apache-2.0");
            change(&mut other);
            let (model, fallback) = (
                Served {
                    model: &ours,
                    tool: &tool,
                },
                Served {
                    model: &other,
                    tool: &tool,
                },
            );
            assert_eq!(weakness(model, fallback), expected, "{name}");
        }
    }

    #[test]
    fn what_is_sent_to_a_fallback_comes_to_the_same_place_or_home() {
        let cases = [
            ((false, "here"), (false, "here"), None),
            ((false, "here"), (false, "there"), Some(Weakness::Place)),
            ((false, "here"), (true, "here"), Some(Weakness::Place)),
            ((true, "there"), (true, "there"), None),
            ((true, "there"), (true, "elsewhere"), Some(Weakness::Place)),
            ((true, "there"), (false, "here"), None),
        ];
        let terms = model("Llama 3");
        for (ours, other, expected) in cases {
            let (ours, other) = (tool(ours.0, ours.1), tool(other.0, other.1));
            let served = |tool| Served { model: &terms, tool };
            assert_eq!(weakness(served(&ours), served(&other)), expected, "{ours:?} {other:?}");
        }
    }
}
