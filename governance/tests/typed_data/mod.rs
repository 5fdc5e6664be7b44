//! EIP-712 for any types, as plain as the standard states it: an oracle for tests. Records of the product are encoded by
//! `governance::record`, which knows its types beforehand.

use std::collections::{BTreeMap, BTreeSet};

use governance::hash::{Hash32, from_hex, keccak256, keccak256_words};
use serde_json::Value;

/// The fields of the domain, in the order of the standard.
const DOMAIN: [(&str, &str); 5] = [
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
];

/// The types of a message: name and type of each field.
pub struct TypedData(BTreeMap<String, Vec<(String, String)>>);

impl TypedData {
    /// The types that stand in the member `types`.
    pub fn of(vector: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let fields = |value: &Value| {
            let fields = value.as_array().unwrap().iter();
            fields
                .map(|field| (text(&field["name"]), text(&field["type"])))
                .collect()
        };
        let types = vector["types"].as_object().unwrap().iter();
        Self(types.map(|(name, value)| (name.clone(), fields(value))).collect())
    }

    /// The domain's separator: only the fields that it has are part of its type.
    pub fn separator(&self, domain: &Value) -> Hash32 {
        let present = DOMAIN.into_iter().filter(|(name, _)| domain.get(*name).is_some());
        let (mut types, mut words) = (Vec::new(), vec![Hash32::ZERO]);
        for (name, kind) in present {
            types.push(format!("{kind} {name}"));
            words.push(self.word(kind, &domain[name]));
        }
        words[0] = keccak256(format!("EIP712Domain({})", types.join(",")).as_bytes());
        keccak256_words(&words)
    }

    /// `hashStruct`.
    pub fn struct_hash(&self, name: &str, value: &Value) -> Hash32 {
        let mut words = vec![keccak256(self.type_text(name).as_bytes())];
        words.extend(self.0[name].iter().map(|(field, kind)| self.word(kind, &value[field])));
        keccak256_words(&words)
    }

    /// The type with the types it is made of, those sorted by name.
    fn type_text(&self, name: &str) -> String {
        let mut parts = BTreeSet::new();
        self.parts_of(name, &mut parts);
        parts.remove(name);
        let one = |name: &str| {
            let fields: Vec<String> = self.0[name]
                .iter()
                .map(|(field, kind)| format!("{kind} {field}"))
                .collect();
            format!("{name}({})", fields.join(","))
        };
        let rest: String = parts.iter().map(|part| one(part)).collect();
        one(name) + &rest
    }

    fn parts_of(&self, name: &str, parts: &mut BTreeSet<String>) {
        let name = name.split('[').next().unwrap_or(name);
        let Some(fields) = self.0.get(name) else {
            return;
        };
        if parts.insert(name.to_owned()) {
            for (_, kind) in fields {
                self.parts_of(kind, parts);
            }
        }
    }

    /// A value as one word of `encodeData`.
    fn word(&self, kind: &str, value: &Value) -> Hash32 {
        if let Some(list) = kind.strip_suffix(']') {
            let element = &list[..list.rfind('[').unwrap()];
            let words: Vec<Hash32> = value
                .as_array()
                .unwrap()
                .iter()
                .map(|value| self.word(element, value))
                .collect();
            return keccak256_words(&words);
        }
        if self.0.contains_key(kind) {
            return self.struct_hash(kind, value);
        }
        match kind {
            "string" => keccak256(value.as_str().unwrap().as_bytes()),
            "bytes" => keccak256(&bytes(value)),
            "bool" => Hash32::from_u128(u128::from(value.as_bool().unwrap())),
            "address" => Hash32::left_padded(&bytes(value)),
            _ if kind.starts_with("bytes") => {
                let mut padded = [0; 32];
                let bytes = bytes(value);
                padded[..bytes.len()].copy_from_slice(&bytes);
                Hash32::from_bytes(padded)
            }
            _ => integer(value),
        }
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    from_hex(&value.as_str().unwrap().to_ascii_lowercase()).unwrap()
}

/// An integer of up to 256 bits, in decimal or hexadecimal digits; a negative one in two's complement.
fn integer(value: &Value) -> Hash32 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (is_negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text.as_str()), |digits| (true, digits));
    let (base, digits) = digits.strip_prefix("0x").map_or((10, digits), |digits| (16, digits));
    let mut number = [0_u8; 32];
    for digit in digits.chars() {
        let mut carry = digit.to_digit(base).unwrap();
        for byte in number.iter_mut().rev() {
            let sum = u32::from(*byte) * base + carry;
            let [.., low] = sum.to_be_bytes();
            *byte = low;
            carry = sum >> 8;
        }
        assert_eq!(carry, 0, "{text} has more than 256 bits");
    }
    if is_negative {
        let mut carry = true;
        for byte in number.iter_mut().rev() {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    Hash32::from_bytes(number)
}
