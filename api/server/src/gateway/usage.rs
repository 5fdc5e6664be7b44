//! What a call used, by the best evidence there is, none of which is trusted blindly.
//!
//! In this order: what the upstream said at the end, what it said while it streamed, what was counted from what arrived, and at last
//! what was held for. A number that cannot be is brought back to what can be, and the upstream is flagged.

use serde_json::Value;

use super::meter::{Usage, UsageSource};

/// More tokens than any call has; a claim above is nonsense and not an excess to be booked.
const TOKENS_MAX: u64 = 1 << 32;
/// The most bytes that one token of output is taken to have. The longest in the vocabularies known to us are 128 spaces; so an upstream
/// that sends many tokens in a piece and tells no number is cut at a length, if a generous one.
const TOKEN_BYTES_MAX: u64 = 256;

/// What was held for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most input tokens.
    pub input: u64,
    /// The most output tokens of all answers together.
    pub output: u64,
}

/// What is known of a running call. It holds numbers and no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    last: Option<Claim>,
    running: Option<Claim>,
    /// Pieces of output that arrived; each is a token or more.
    pub pieces: u64,
    /// Their bytes.
    bytes: u64,
}

/// What an upstream says was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Claim {
    input: Option<Number>,
    output: Option<Number>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Whole(u64),
    Negative,
    /// A fraction, a text, or more than can be.
    Absurd,
}

/// The judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// What was used. It may lie above the bounds where an upstream claims so: the meter charges no more than it holds and books the
    /// rest as excess.
    pub usage: Option<Usage>,
    /// How that is known.
    pub source: UsageSource,
    /// Whether a claim was brought back to what can be, or lies above the bounds.
    pub flagged: bool,
}

impl Evidence {
    /// Notes a `usage` object that came with the last event.
    pub fn note_final(&mut self, usage: &Value) {
        self.last = claim(usage).or(self.last);
    }

    /// Notes a `usage` object that came on the way.
    pub fn note_running(&mut self, usage: &Value) {
        self.running = claim(usage).or(self.running);
    }

    /// Notes the `timings` of llama.cpp, which tell what was read and made so far.
    pub fn note_timings(&mut self, timings: &Value) {
        let whole = |name: &str| timings.get(name).and_then(Value::as_u64);
        let (Some(read), Some(made)) = (whole("prompt_n"), whole("predicted_n")) else {
            return;
        };
        let input = read.saturating_add(whole("cache_n").unwrap_or(0));
        self.running = Some(Claim {
            input: Some(Number::of(input)),
            output: Some(Number::of(made)),
        });
    }

    /// Notes a piece of output of so many bytes.
    pub fn note_piece(&mut self, bytes: usize) {
        self.pieces = self.pieces.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// The fewest tokens that what arrived can be.
    fn counted(&self) -> u64 {
        self.pieces.max(self.bytes.div_ceil(TOKEN_BYTES_MAX))
    }

    /// At least so many output tokens were made.
    #[must_use]
    pub fn output_at_least(&self) -> u64 {
        match self.running.and_then(|claim| claim.output) {
            Some(Number::Whole(made)) => made.max(self.counted()),
            Some(Number::Negative | Number::Absurd) | None => self.counted(),
        }
    }

    /// Whether anything tells what was used.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.last.is_none() && self.running.is_none() && self.pieces == 0
    }

    /// Judges what was used.
    #[must_use]
    pub fn judge(&self, bounds: Bounds) -> Judged {
        let (claim, source) = match (self.last, self.running) {
            (Some(last), _) => (last, UsageSource::Final),
            (None, Some(running)) => (running, UsageSource::Continuous),
            (None, None) if self.pieces > 0 => {
                let usage = Usage {
                    input: bounds.input,
                    output: self.counted().min(bounds.output),
                };
                return Judged {
                    usage: Some(usage),
                    source: UsageSource::Counted,
                    flagged: self.counted() > bounds.output,
                };
            }
            (None, None) => {
                return Judged {
                    usage: None,
                    source: UsageSource::Bound,
                    flagged: false,
                };
            }
        };
        let (input, input_flagged) = settle(claim.input, bounds.input, bounds.input);
        let (output, output_flagged) = settle(claim.output, self.counted().min(bounds.output), bounds.output);
        Judged {
            usage: Some(Usage { input, output }),
            source,
            flagged: input_flagged || output_flagged,
        }
    }
}

/// A number within what can be, and whether it had to be changed or lies above `bound`.
fn settle(number: Option<Number>, absent: u64, bound: u64) -> (u64, bool) {
    match number {
        None => (absent, false),
        Some(Number::Whole(number)) => (number, number > bound),
        Some(Number::Negative) => (0, true),
        Some(Number::Absurd) => (bound, true),
    }
}

impl Number {
    const fn of(number: u64) -> Self {
        if number > TOKENS_MAX {
            Self::Absurd
        } else {
            Self::Whole(number)
        }
    }

    fn read(value: &Value) -> Option<Self> {
        if value.is_null() {
            return None;
        }
        Some(match (value.as_u64(), value.as_i64(), value.as_f64()) {
            (Some(number), _, _) => Self::of(number),
            (None, Some(_), _) => Self::Negative,
            (None, None, Some(number)) if number < 0.0 => Self::Negative,
            (None, None, _) => Self::Absurd,
        })
    }
}

/// Reads a `usage` object, in the names of either kind of endpoint.
fn claim(usage: &Value) -> Option<Claim> {
    let usage = usage.as_object()?;
    let number = |names: [&str; 2]| names.iter().find_map(|name| Number::read(usage.get(*name)?));
    let claim = Claim {
        input: number(["prompt_tokens", "input_tokens"]),
        output: number(["completion_tokens", "output_tokens"]),
    };
    (claim.input.is_some() || claim.output.is_some()).then_some(claim)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BOUNDS: Bounds = Bounds { input: 100, output: 50 };

    fn judged(last: Option<Value>, running: Option<Value>, pieces: u64) -> (Option<(u64, u64)>, UsageSource, bool) {
        let mut evidence = Evidence {
            pieces,
            ..Evidence::default()
        };
        if let Some(last) = last {
            evidence.note_final(&last);
        }
        if let Some(running) = running {
            evidence.note_running(&running);
        }
        let judged = evidence.judge(BOUNDS);
        (
            judged.usage.map(|usage| (usage.input, usage.output)),
            judged.source,
            judged.flagged,
        )
    }

    fn usage(input: impl Into<Value>, output: impl Into<Value>) -> Option<Value> {
        Some(json!({"prompt_tokens": input.into(), "completion_tokens": output.into()}))
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn the_best_evidence_decides_and_nonsense_is_brought_back_to_what_can_be() {
        let (last, running, counted) = (UsageSource::Final, UsageSource::Continuous, UsageSource::Counted);
        let cases = [
            (
                "the last word",
                judged(usage(7, 5), usage(7, 3), 4),
                (Some((7, 5)), last, false),
            ),
            (
                "the last word on the way",
                judged(None, usage(7, 3), 4),
                (Some((7, 3)), running, false),
            ),
            ("what arrived", judged(None, None, 4), (Some((100, 4)), counted, false)),
            (
                "more pieces than were allowed",
                judged(None, None, 400),
                (Some((100, 50)), counted, true),
            ),
            ("nothing", judged(None, None, 0), (None, UsageSource::Bound, false)),
            (
                "an explicit zero is zero",
                judged(usage(0, 0), None, 4),
                (Some((0, 0)), last, false),
            ),
            (
                "null is no word",
                judged(usage(Value::Null, Value::Null), None, 4),
                (Some((100, 4)), counted, false),
            ),
            (
                "half a word",
                judged(Some(json!({"prompt_tokens": 7})), None, 4),
                (Some((7, 4)), last, false),
            ),
            (
                "names of responses",
                judged(Some(json!({"input_tokens": 7, "output_tokens": 5})), None, 4),
                (Some((7, 5)), last, false),
            ),
            ("negative", judged(usage(-7, -5), None, 4), (Some((0, 0)), last, true)),
            (
                "more than was held",
                judged(usage(7, 51), None, 4),
                (Some((7, 51)), last, true),
            ),
            (
                "2^63",
                judged(usage(7, 1_u64 << 63), None, 4),
                (Some((7, 50)), last, true),
            ),
            (
                "a float of any size",
                judged(usage(7, 1e300), None, 4),
                (Some((7, 50)), last, true),
            ),
            (
                "a negative float",
                judged(usage(7, -1e300), None, 4),
                (Some((7, 0)), last, true),
            ),
            (
                "a text",
                judged(usage("7", "5"), None, 4),
                (Some((100, 50)), last, true),
            ),
            (
                "no object",
                judged(Some(json!([7, 5])), None, 4),
                (Some((100, 4)), counted, false),
            ),
        ];
        for (name, judged, expected) in cases {
            assert_eq!(judged, expected, "{name}");
        }
    }

    #[test]
    fn a_piece_is_as_many_tokens_as_its_bytes_need_at_least() {
        let mut evidence = Evidence::default();
        let mut counted = |bytes| {
            evidence.note_piece(bytes);
            evidence.output_at_least()
        };
        assert_eq!([counted(1), counted(1), counted(254)], [1, 2, 3]);
        assert_eq!(counted(1_024), 5, "1,280 bytes");
        assert_eq!(evidence.judge(BOUNDS).usage.map(|usage| usage.output), Some(5));
    }

    #[test]
    fn timings_of_llama_cpp_count_what_was_cached_as_input() {
        let mut evidence = Evidence::default();
        evidence.note_timings(&json!({"prompt_n": 3, "cache_n": 20, "predicted_n": 9}));
        let judged = evidence.judge(BOUNDS);
        assert_eq!(judged.usage, Some(Usage { input: 23, output: 9 }));
        assert_eq!(
            (judged.source, evidence.output_at_least()),
            (UsageSource::Continuous, 9)
        );
    }
}
