//! Addresses of a chain as people type them.

use anyhow::{Context as _, ensure};
use chain::Address;
use governance::hash::from_hex;
use server::services::siwe::checksummed;

/// Reads an address; one with capitals must have those of EIP-55, which tell a slip.
///
/// # Errors
/// If it is none, or misspelt.
pub fn address(text: &str) -> anyhow::Result<Address> {
    let bytes = from_hex(&text.to_ascii_lowercase()).and_then(|bytes| <[u8; 20]>::try_from(bytes).ok());
    let bytes = bytes.with_context(|| format!("{text} is no address"))?;
    let is_plain = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    ensure!(
        is_plain || checksummed(&bytes) == text,
        "{text} is misspelt: its capitals are not those of EIP-55"
    );
    Ok(Address::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_in_small_letters_or_in_its_own_capitals() {
        let own = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
        let read = address(own).unwrap();
        assert_eq!(address(&own.to_ascii_lowercase()).unwrap(), read);
        for wrong in [
            "0x70997970c51812dc3A010C7d01b50e0d17dc79C8",
            "0x70997970C51812dc3A010C7d01b50e0d17dc79",
            "somebody",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
