//! Tools and models, as a decision registers them.
//!
//! A tool is a server that speaks as OpenAI's does. Its address is public, as every action is; the key of the co-op at a provider is
//! not part of it and never stands in an action.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::{CALL_UNITS_MAX, CONTEXT_TOKENS_MAX, Overhead, PolicyRefusal, Price, TOKEN_UNITS_MAX};
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::text;

/// The longest name of a tool or model, in letters.
const SLUG_MAX: usize = 64;
/// The longest address, in letters.
const URL_MAX: usize = 300;
/// The longest other text, in characters.
const TEXT_MAX: usize = 100;
/// The most calls a tool works on at once.
const SLOTS_MAX: u32 = 10_000;
/// The longest wait for a byte.
const SECONDS_MAX: u32 = 600;
/// The most fallbacks of a model.
const FALLBACKS_MAX: usize = 4;
/// The most a template may add for a call, and for a message.
const OVERHEAD_MAX: u64 = 100_000;

/// What serves a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolKind {
    /// The server of llama.cpp.
    LlamaCpp,
    /// vLLM.
    Vllm,
    /// Anything else of the same shape.
    Plain,
}

impl ToolKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::LlamaCpp, Self::Vllm, Self::Plain];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LlamaCpp => "llama_cpp",
            Self::Vllm => "vllm",
            Self::Plain => "plain",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// What may be asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `POST /v1/chat/completions`.
    ChatCompletions,
    /// `POST /v1/completions`.
    Completions,
    /// `POST /v1/responses`, without state.
    Responses,
    /// `POST /v1/embeddings`.
    Embeddings,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: &'static [Self] = &[
        Self::ChatCompletions,
        Self::Completions,
        Self::Responses,
        Self::Embeddings,
    ];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Completions => "completions",
            Self::Responses => "responses",
            Self::Embeddings => "embeddings",
        }
    }

    /// The endpoint with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|endpoint| endpoint.name() == name)
    }
}

/// A tool: a server that serves models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolTerms {
    /// What serves it.
    pub kind: ToolKind,
    /// Where it is; paths such as `/chat/completions` follow.
    pub base_url: String,
    /// Whether it is somebody else's: what is sent to it leaves the co-op.
    pub external: bool,
    /// Where what is sent to it goes, such as a country.
    pub data_location: String,
    /// How many calls it works on at once.
    pub slots: u32,
    /// How long to wait for the first byte.
    pub first_byte_seconds: u32,
    /// How long to wait between two bytes.
    pub idle_seconds: u32,
}

/// A model of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelTerms {
    /// The tool, by name.
    pub tool: String,
    /// How the tool calls it.
    pub upstream_name: String,
    /// Its licence.
    pub licence: String,
    /// The most tokens of input and output together.
    pub context_tokens: u64,
    /// The most tokens of one answer; 0 where it gives none, as for embeddings.
    pub output_tokens: u64,
    /// Its price.
    pub price: Price,
    /// What its template adds to the texts.
    pub overhead: Overhead,
    /// What may be asked of it.
    pub endpoints: Vec<Endpoint>,
    /// The models that answer in its place, in order, while it does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
}

/// Reads the name of a tool or model: small letters, digits, and `.`, `-`, `_`, `/`, `:` between them.
///
/// # Errors
/// [`PolicyRefusal::Slug`].
pub fn check_slug(name: &str) -> Result<(), PolicyRefusal> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let ends = bytes.first().copied().is_some_and(plain) && bytes.last().copied().is_some_and(plain);
    let inside = bytes.iter().all(|byte| plain(*byte) || b".-_/:".contains(byte));
    if ends && inside && name.len() <= SLUG_MAX && !name.contains("..") && !name.contains("//") {
        Ok(())
    } else {
        Err(PolicyRefusal::Slug)
    }
}

fn line(field: &'static str, text: &mut String) -> Result<(), PolicyRefusal> {
    *text = text::line(text, TEXT_MAX).map_err(|refusal| PolicyRefusal::Text { field, refusal })?;
    Ok(())
}

fn within(field: &'static str, value: u64, least: u64, most: u64) -> Result<(), PolicyRefusal> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(PolicyRefusal::Range { field, least, most })
    }
}

/// Whether a host in numbers leads where no such tool is: to what clouds tell their machines (link-local) or to nobody in particular,
/// and for a tool of others to this machine or a private network. Where names lead is looked at when it is asked.
fn leads_inside(host: &str, external: bool) -> bool {
    let version6 = host.strip_prefix('[').and_then(|rest| rest.split(']').next());
    if let Some(address) = version6.and_then(|text| text.parse::<Ipv6Addr>().ok()) {
        if let Some(version4) = address.to_ipv4_mapped() {
            return leads_inside(&version4.to_string(), external);
        }
        let nobody = address.is_unspecified() || address.is_multicast() || address.is_unicast_link_local();
        return nobody || external && (address.is_loopback() || address.is_unique_local());
    }
    let name = host.split(':').next().unwrap_or_default();
    match name.parse::<Ipv4Addr>() {
        Ok(address) => {
            let nobody =
                address.is_unspecified() || address.is_multicast() || address.is_link_local() || address.is_broadcast();
            nobody || external && (address.is_loopback() || address.is_private())
        }
        // Old spellings of numbers, such as 2130706433 or 0x7f.1, are read by some clients as addresses too.
        Err(_) => {
            let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
            let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number(last) || last.starts_with("0x") || last.starts_with("0X")
        }
    }
}

impl ToolTerms {
    /// Reads what an author wrote.
    ///
    /// # Errors
    /// [`PolicyRefusal`].
    pub fn read(&mut self) -> Result<(), PolicyRefusal> {
        line("data_location", &mut self.data_location)?;
        let rest = self.base_url.strip_prefix("https://").or_else(|| {
            // What leaves the co-op is never sent in clear.
            let local = self.base_url.strip_prefix("http://");
            local.filter(|_| !self.external)
        });
        let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let plain = self
            .base_url
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"@?#\\".contains(&byte));
        if host.is_empty() || !plain || self.base_url.len() > URL_MAX || self.base_url.ends_with('/') {
            return Err(PolicyRefusal::Url);
        }
        if leads_inside(host, self.external) {
            return Err(PolicyRefusal::Inside);
        }
        within("slots", self.slots.into(), 1, SLOTS_MAX.into())?;
        within(
            "first_byte_seconds",
            self.first_byte_seconds.into(),
            1,
            SECONDS_MAX.into(),
        )?;
        within("idle_seconds", self.idle_seconds.into(), 1, SECONDS_MAX.into())
    }

    /// Its hash, as the record of an action holds it.
    #[must_use]
    pub fn hash(&self) -> Hash32 {
        let text = |text: &str| keccak256(text.as_bytes());
        let number = |number: u32| Hash32::from_u128(number.into());
        keccak256_words(&[
            text(self.kind.name()),
            text(&self.base_url),
            number(self.external.into()),
            text(&self.data_location),
            number(self.slots),
            number(self.first_byte_seconds),
            number(self.idle_seconds),
        ])
    }
}

impl ModelTerms {
    /// Reads what an author wrote.
    ///
    /// # Errors
    /// [`PolicyRefusal`].
    pub fn read(&mut self) -> Result<(), PolicyRefusal> {
        check_slug(&self.tool)?;
        line("upstream_name", &mut self.upstream_name)?;
        line("licence", &mut self.licence)?;
        within("context_tokens", self.context_tokens, 1, CONTEXT_TOKENS_MAX)?;
        within("output_tokens", self.output_tokens, 0, self.context_tokens)?;
        within("price.input", self.price.input, 0, TOKEN_UNITS_MAX)?;
        within("price.output", self.price.output, 0, TOKEN_UNITS_MAX)?;
        within("price.call", self.price.call, 0, CALL_UNITS_MAX)?;
        within("overhead.call", self.overhead.call, 0, OVERHEAD_MAX)?;
        within("overhead.message", self.overhead.message, 0, OVERHEAD_MAX)?;
        self.endpoints.sort_unstable();
        self.endpoints.dedup();
        if self.endpoints.is_empty() {
            return Err(PolicyRefusal::Endpoints);
        }
        self.read_fallbacks()
    }

    fn read_fallbacks(&self) -> Result<(), PolicyRefusal> {
        for name in &self.fallbacks {
            check_slug(name)?;
        }
        let names: BTreeSet<&String> = self.fallbacks.iter().collect();
        if names.len() < self.fallbacks.len() || names.len() > FALLBACKS_MAX {
            return Err(PolicyRefusal::Fallbacks);
        }
        // Vectors of two models say nothing of each other.
        if !names.is_empty() && self.endpoints.contains(&Endpoint::Embeddings) {
            return Err(PolicyRefusal::FallbackOfVectors);
        }
        Ok(())
    }

    /// Its hash, as the record of an action holds it.
    #[must_use]
    pub fn hash(&self) -> Hash32 {
        let text = |text: &str| keccak256(text.as_bytes());
        let number = |number: u64| Hash32::from_u128(number.into());
        let mut words = vec![
            text(&self.tool),
            text(&self.upstream_name),
            text(&self.licence),
            number(self.context_tokens),
            number(self.output_tokens),
            number(self.price.input),
            number(self.price.output),
            number(self.price.call),
            number(self.overhead.call),
            number(self.overhead.message),
        ];
        words.extend(self.endpoints.iter().map(|endpoint| text(endpoint.name())));
        if !self.fallbacks.is_empty() {
            words.push(Hash32::from_u128(
                u128::try_from(self.fallbacks.len()).unwrap_or_default(),
            ));
            words.extend(self.fallbacks.iter().map(|name| text(name)));
        }
        keccak256_words(&words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool() -> ToolTerms {
        ToolTerms {
            kind: ToolKind::LlamaCpp,
            base_url: String::from("http://127.0.0.1:8080/v1"),
            external: false,
            data_location: String::from("our own server"),
            slots: 4,
            first_byte_seconds: 30,
            idle_seconds: 30,
        }
    }

    #[test]
    fn an_address_is_plain_and_what_leaves_the_coop_is_encrypted() {
        let check = |url: &str, external: bool| {
            let mut terms = ToolTerms {
                base_url: url.to_owned(),
                external,
                ..tool()
            };
            terms.read()
        };
        assert_eq!(check("http://127.0.0.1:8080/v1", false), Ok(()));
        assert_eq!(check("https://api.example.org/v1", true), Ok(()));
        for (url, external) in [
            ("http://api.example.org/v1", true),
            ("ftp://x/v1", false),
            ("https://", false),
            ("https:///v1", false),
            ("https://user:pass@x/v1", false),
            ("https://x/v1?key=1", false),
            ("https://x/v1/", false),
            ("https://x y/v1", false),
            ("https://é/v1", false),
        ] {
            assert_eq!(check(url, external), Err(PolicyRefusal::Url), "{url}");
        }
        for (url, external) in [
            ("http://169.254.169.254/latest", false),
            ("http://[fe80::1]:8080/v1", false),
            ("http://[::ffff:169.254.169.254]/v1", false),
            ("http://0.0.0.0:8080/v1", false),
            ("http://2852039166/v1", false),
            ("http://0xa9.0xfe.0xa9.0xfe/v1", false),
            ("https://127.0.0.1/v1", true),
            ("https://10.1.2.3/v1", true),
            ("https://[::1]/v1", true),
            ("https://[fd00::1]/v1", true),
        ] {
            assert_eq!(check(url, external), Err(PolicyRefusal::Inside), "{url}");
        }
        for (url, external) in [
            ("http://10.1.2.3:8080/v1", false),
            ("http://[::1]:8080/v1", false),
            ("https://1.1.1.1/v1", true),
            ("https://models2.example.org/v1", true),
        ] {
            assert_eq!(check(url, external), Ok(()), "{url}");
        }
    }

    #[test]
    fn fallbacks_are_few_named_once_and_give_no_vectors() {
        let read = |endpoints: &[Endpoint], fallbacks: &[&str]| {
            let mut terms = ModelTerms {
                tool: String::from("ours"),
                upstream_name: String::from("m"),
                licence: String::from("MIT"),
                context_tokens: 10,
                output_tokens: 5,
                price: Price {
                    input: 0,
                    output: 0,
                    call: 0,
                },
                overhead: Overhead { call: 0, message: 0 },
                endpoints: endpoints.to_vec(),
                fallbacks: fallbacks.iter().map(|name| (*name).to_owned()).collect(),
            };
            terms.read().map(|()| terms.hash())
        };
        let chat = [Endpoint::ChatCompletions];
        let (none, two) = (read(&chat, &[]).unwrap(), read(&chat, &["a", "b"]).unwrap());
        assert!(none != two && two != read(&chat, &["b", "a"]).unwrap());
        assert_eq!(read(&chat, &["A"]), Err(PolicyRefusal::Slug));
        assert_eq!(read(&chat, &["a", "a"]), Err(PolicyRefusal::Fallbacks));
        assert_eq!(read(&chat, &["a", "b", "c", "d", "e"]), Err(PolicyRefusal::Fallbacks));
        let vectors = [Endpoint::Embeddings];
        assert_eq!(read(&vectors, &["a"]), Err(PolicyRefusal::FallbackOfVectors));
        assert!(read(&vectors, &[]).is_ok());
    }

    #[test]
    fn a_name_has_one_spelling_and_no_path_in_it() {
        for name in ["smollm2", "gpt-4.1-mini", "org/model:7b"] {
            assert_eq!(check_slug(name), Ok(()), "{name}");
        }
        for name in [
            "",
            "Smol",
            " a",
            "a ",
            "../x",
            "a//b",
            "/a",
            "a/",
            "a\u{e9}",
            &"a".repeat(65),
        ] {
            assert_eq!(check_slug(name), Err(PolicyRefusal::Slug), "{name}");
        }
    }
}
