//! What a node says when it is handed a transaction. Every client has its own words; this is the one table of them.

/// What became of handing signed bytes to a node.
///
/// Only `Accepted` and `Known` say that the node holds them. `NonceLow` and `Unknown` mean "look at the chain": the bytes may
/// be mined already, or never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The node took them.
    Accepted,
    /// The node had them already.
    Known,
    /// Another transaction with this nonce is mined, ours or not.
    NonceLow,
    /// A nonce before this one is missing.
    NonceHigh,
    /// Another transaction with this nonce waits and pays too much to be replaced by this one.
    Underpriced,
    /// The fee is below what the chain asks for now.
    FeeTooLow,
    /// The account cannot pay.
    NoFunds,
    /// The node tried the call and the contract refused it.
    Reverts,
    /// Anything else, a lost answer included.
    Unknown(String),
}

/// The longest part of a node's words that is kept.
pub(crate) const MESSAGE_CHARACTERS_MAX: usize = 300;

/// Pieces of messages in lower case, looked for in this order: "replacement transaction underpriced" must be found before
/// "transaction underpriced", which means something else.
const TABLE: &[(&str, SendOutcome)] = &[
    ("already known", SendOutcome::Known),
    ("already imported", SendOutcome::Known),
    ("already exists in the pool", SendOutcome::Known),
    ("known transaction", SendOutcome::Known),
    ("alreadyknown", SendOutcome::Known),
    ("nonce too low", SendOutcome::NonceLow),
    ("invalid transaction nonce", SendOutcome::NonceLow),
    ("oldnonce", SendOutcome::NonceLow),
    ("nonce too high", SendOutcome::NonceHigh),
    ("nonce gap", SendOutcome::NonceHigh),
    ("noncegap", SendOutcome::NonceHigh),
    ("replacement transaction underpriced", SendOutcome::Underpriced),
    ("replacementnotallowed", SendOutcome::Underpriced),
    ("could not replace existing tx", SendOutcome::Underpriced),
    ("max fee per gas less than block base fee", SendOutcome::FeeTooLow),
    ("transaction underpriced", SendOutcome::FeeTooLow),
    ("feetoolow", SendOutcome::FeeTooLow),
    ("gas price below", SendOutcome::FeeTooLow),
    ("insufficient funds", SendOutcome::NoFunds),
    ("insufficientfunds", SendOutcome::NoFunds),
    ("execution reverted", SendOutcome::Reverts),
];

impl SendOutcome {
    /// Reads a node's error message.
    #[must_use]
    pub fn from_message(message: &str) -> Self {
        let lower = message.to_lowercase();
        TABLE
            .iter()
            .find(|(piece, _)| lower.contains(piece))
            .map_or_else(|| Self::Unknown(shortened(message)), |(_, outcome)| outcome.clone())
    }

    /// A short name, for logs and the database.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Known => "known",
            Self::NonceLow => "nonce_low",
            Self::NonceHigh => "nonce_high",
            Self::Underpriced => "underpriced",
            Self::FeeTooLow => "fee_too_low",
            Self::NoFunds => "no_funds",
            Self::Reverts => "reverts",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The outcome with this name; `text` is kept where the outcome is unknown.
    #[must_use]
    pub fn from_name(name: &str, text: &str) -> Option<Self> {
        let known = [
            Self::Accepted,
            Self::Known,
            Self::NonceLow,
            Self::NonceHigh,
            Self::Underpriced,
            Self::FeeTooLow,
            Self::NoFunds,
            Self::Reverts,
            Self::Unknown(shortened(text)),
        ];
        known.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// A node's words cut to the bound, so that a page of HTML does not end up in a log or a row.
pub(crate) fn shortened(message: &str) -> String {
    message.chars().take(MESSAGE_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_observed_message_is_understood() {
        // Left: the words of anvil 1.7, geth, reth, Nethermind and Besu as they stand in their sources or were seen on the wire.
        let observed = [
            ("transaction already imported", SendOutcome::Known),
            ("already known", SendOutcome::Known),
            ("AlreadyKnown", SendOutcome::Known),
            ("Known transaction", SendOutcome::Known),
            ("nonce too low", SendOutcome::NonceLow),
            ("nonce too low: next nonce 5, tx nonce 4", SendOutcome::NonceLow),
            ("OldNonce", SendOutcome::NonceLow),
            ("nonce too high", SendOutcome::NonceHigh),
            ("NonceGap, Future nonce. Expected nonce: 3", SendOutcome::NonceHigh),
            ("replacement transaction underpriced", SendOutcome::Underpriced),
            ("ReplacementNotAllowed", SendOutcome::Underpriced),
            ("transaction underpriced", SendOutcome::FeeTooLow),
            (
                "transaction underpriced: tip needed 1, tip permitted 0",
                SendOutcome::FeeTooLow,
            ),
            ("max fee per gas less than block base fee", SendOutcome::FeeTooLow),
            (
                "max fee per gas less than block base fee: address 0xab, maxFeePerGas: 1, baseFee: 7",
                SendOutcome::FeeTooLow,
            ),
            ("FeeTooLow, MaxFeePerGas too low", SendOutcome::FeeTooLow),
            ("Insufficient funds for gas * price + value", SendOutcome::NoFunds),
            (
                "insufficient funds for gas * price + value: balance 0, tx cost 42",
                SendOutcome::NoFunds,
            ),
            (
                "InsufficientFunds, Balance is 0 less than sending value",
                SendOutcome::NoFunds,
            ),
            ("execution reverted: custom error 0x12345678", SendOutcome::Reverts),
            ("rate limited", SendOutcome::Unknown("rate limited".to_owned())),
        ];
        for (message, outcome) in observed {
            assert_eq!(SendOutcome::from_message(message), outcome, "{message}");
        }
    }

    #[test]
    fn an_unknown_message_is_kept_but_cut() {
        let SendOutcome::Unknown(kept) = SendOutcome::from_message(&"x".repeat(5000)) else {
            panic!("a page of anything was understood");
        };
        assert_eq!(kept.len(), MESSAGE_CHARACTERS_MAX);
    }

    #[test]
    fn every_outcome_is_found_again_by_its_name() {
        for (_, outcome) in TABLE {
            assert_eq!(SendOutcome::from_name(outcome.name(), "").as_ref(), Some(outcome));
        }
        let unknown = SendOutcome::Unknown("why".to_owned());
        assert_eq!(SendOutcome::from_name("unknown", "why"), Some(unknown));
        assert_eq!(SendOutcome::from_name("perhaps", ""), None);
    }
}
