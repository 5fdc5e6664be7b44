//! What a call costs, and the most it can cost.
//!
//! The bound is sound because each of its parts is: a byte of text is at most one token (the registration of a model proves it on
//! adversarial texts, see docs/access.md), the template adds a constant for the call and for each message, and the output is cut at
//! the limit that is sent along.

use serde::{Deserialize, Serialize};

use super::ANSWERS_MAX;

/// The price of a model, in micro-credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// A token of input.
    pub input: u64,
    /// A token of output.
    pub output: u64,
    /// Each call, beside its tokens.
    pub call: u64,
}

/// What the template of a model adds to the texts of a call, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overhead {
    /// For each call.
    pub call: u64,
    /// For each message.
    pub message: u64,
}

/// Tokens used; the output over all answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Of the input.
    pub input: u64,
    /// Of the output.
    pub output: u64,
}

impl Price {
    /// What so much costs. Saturates, where no bound of this module lets it come.
    #[must_use]
    pub const fn cost(&self, usage: Usage) -> u64 {
        let input = self.input.saturating_mul(usage.input);
        let output = self.output.saturating_mul(usage.output);
        self.call.saturating_add(input).saturating_add(output)
    }
}

/// What is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// The bytes of every text of the input.
    pub bytes: u64,
    /// Its messages.
    pub messages: u64,
    /// How many answers.
    pub answers: u32,
    /// The most output tokens of one answer, where the client set a limit.
    pub output: Option<u64>,
}

/// What a model allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Its price.
    pub price: Price,
    /// Its template.
    pub overhead: Overhead,
    /// The most tokens of input and output together.
    pub context: u64,
    /// The most tokens of one answer.
    pub output: u64,
}

/// What is set aside for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// The most tokens of input.
    pub input_max: u64,
    /// The most tokens of one answer.
    pub output_max: u64,
    /// Whether that is less than the client asked for.
    pub clamped: bool,
    /// What the call can cost at most.
    pub units: u64,
}

/// Why a call does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Input and one token of output are more than the model reads.
    #[error("the input has up to {asked} tokens with one for the answer, and the model reads {limit}")]
    Context {
        /// What the model reads.
        limit: u64,
        /// What was asked for.
        asked: u64,
    },
    /// More answers than one call may ask for, or none.
    #[error("a call asks for 1 to {ANSWERS_MAX} answers")]
    Answers,
    /// Not even one token of output for each answer is affordable.
    #[error("the call costs at least {least}, and {affordable} are left")]
    Affordable {
        /// What the smallest call costs.
        least: u64,
        /// What is left.
        affordable: u64,
    },
}

/// The most a call can cost, clamped to what is left. An answer has one token at least, except where a model gives none.
///
/// # Errors
/// [`Unfit`].
pub fn fit(bound: &Bound, ask: &Ask, affordable: u64) -> Result<Fit, Unfit> {
    let answers = u64::from(ask.answers);
    if ask.answers == 0 || ask.answers > ANSWERS_MAX {
        return Err(Unfit::Answers);
    }
    let messages = bound.overhead.message.saturating_mul(ask.messages);
    let input_max = ask.bytes.saturating_add(bound.overhead.call).saturating_add(messages);
    let least_output = bound.output.min(1);
    let room = bound.context.saturating_sub(input_max);
    if input_max > bound.context || room < least_output {
        return Err(Unfit::Context {
            limit: bound.context,
            asked: input_max.saturating_add(least_output),
        });
    }
    let wanted = ask.output.unwrap_or(bound.output);
    let possible = wanted.max(least_output).min(bound.output).min(room);
    let fixed = bound.price.cost(Usage {
        input: input_max,
        output: 0,
    });
    let one = bound.price.output.saturating_mul(answers);
    let left = affordable.checked_sub(fixed).ok_or(Unfit::Affordable {
        least: fixed.saturating_add(one.saturating_mul(least_output)),
        affordable,
    })?;
    let output_max = left.checked_div(one).map_or(possible, |paid| paid.min(possible));
    if output_max < least_output {
        return Err(Unfit::Affordable {
            least: fixed.saturating_add(one),
            affordable,
        });
    }
    Ok(Fit {
        input_max,
        output_max,
        clamped: output_max < possible || ask.output.is_some_and(|asked| output_max < asked),
        units: fixed.saturating_add(one.saturating_mul(output_max)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUND: Bound = Bound {
        price: Price {
            input: 3,
            output: 15,
            call: 100,
        },
        overhead: Overhead { call: 10, message: 4 },
        context: 1_000,
        output: 200,
    };
    const ASK: Ask = Ask {
        bytes: 90,
        messages: 2,
        answers: 1,
        output: Some(50),
    };

    fn check(name: &str, ask: Ask, affordable: u64, expected: Result<(u64, u64, bool, u64), Unfit>) {
        let found = fit(&BOUND, &ask, affordable).map(|fit| (fit.input_max, fit.output_max, fit.clamped, fit.units));
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn what_is_set_aside_is_the_most_a_call_can_cost_and_what_is_left_clamps_it() {
        let input = 108;
        check("as asked", ASK, 10_000, Ok((input, 50, false, 100 + 324 + 750)));
        check(
            "no limit asked",
            Ask { output: None, ..ASK },
            10_000,
            Ok((input, 200, false, 424 + 3_000)),
        );
        check(
            "more than the model gives",
            Ask {
                output: Some(900),
                ..ASK
            },
            10_000,
            Ok((input, 200, true, 3_424)),
        );
        check(
            "three answers",
            Ask { answers: 3, ..ASK },
            10_000,
            Ok((input, 50, false, 424 + 2_250)),
        );
        check(
            "what is left is small",
            ASK,
            424 + 15 * 7 + 14,
            Ok((input, 7, true, 424 + 105)),
        );
        check("exactly one token", ASK, 439, Ok((input, 1, true, 439)));
        check(
            "not one token",
            ASK,
            438,
            Err(Unfit::Affordable {
                least: 439,
                affordable: 438,
            }),
        );
        check(
            "not the input",
            ASK,
            423,
            Err(Unfit::Affordable {
                least: 439,
                affordable: 423,
            }),
        );
        check(
            "room for less than asked",
            Ask { bytes: 962, ..ASK },
            99_999,
            Ok((980, 20, true, 100 + 2_940 + 300)),
        );
        check(
            "no room",
            Ask { bytes: 982, ..ASK },
            99_999,
            Err(Unfit::Context {
                limit: 1_000,
                asked: 1_001,
            }),
        );
        check(
            "absurd",
            Ask { bytes: u64::MAX, ..ASK },
            9,
            Err(Unfit::Context {
                limit: 1_000,
                asked: u64::MAX,
            }),
        );
        check("no answers", Ask { answers: 0, ..ASK }, 9_999, Err(Unfit::Answers));
        check(
            "too many answers",
            Ask { answers: 129, ..ASK },
            9_999,
            Err(Unfit::Answers),
        );
    }

    #[test]
    fn a_model_without_output_holds_for_its_input_alone() {
        let bound = Bound { output: 0, ..BOUND };
        let found = fit(&bound, &Ask { output: None, ..ASK }, 10_000).unwrap();
        assert_eq!((found.output_max, found.units, found.clamped), (0, 424, false));
    }

    proptest! {
        #[test]
        fn no_usage_within_the_limits_costs_more_than_what_is_set_aside(
            price in (0..100_u64, 0..100_u64, 0..1_000_u64), bytes in 0..2_000_u64, messages in 0..20_u64,
            answers in 1..8_u32, output in proptest::option::of(0..500_u64), affordable in 0..200_000_u64,
            used in (0..=100_u64, 0..=100_u64),
        ) {
            let price = Price { input: price.0, output: price.1, call: price.2 };
            let ask = Ask { bytes, messages, answers, output };
            if let Ok(fit) = fit(&Bound { price, ..BOUND }, &ask, affordable) {
                let most = fit.output_max * u64::from(answers);
                let usage = Usage { input: fit.input_max * used.0 / 100, output: most * used.1 / 100 };
                prop_assert!(price.cost(usage) <= fit.units);
                prop_assert!(fit.units <= affordable);
                prop_assert!(fit.input_max + fit.output_max <= BOUND.context);
            }
        }
    }
}
