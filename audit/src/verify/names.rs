//! Names stand once in each JSON object. Where one stands twice, programs differ in which they believe.
//!
//! Records refuse a repeated name by themselves, maps such as the totals of a stage would take the last one.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Reads a line for its names alone.
pub(crate) fn unique_names(line: &[u8]) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_slice(line);
    Names.deserialize(&mut reader)?;
    reader.end()
}

#[derive(Clone, Copy)]
struct Names;

impl<'de> DeserializeSeed<'de> for Names {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Names {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(self)?;
            if seen.contains(&name) {
                return Err(A::Error::custom(format_args!("the name {name} stands twice")));
            }
            seen.insert(name);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_refused_however_deep_and_however_spelt() {
        for (line, is_fine) in [
            (r#"{"a":1,"b":[null,true,-1,1.5,"x"],"c":{"a":{}}}"#, true),
            (r#"{"a":{"x":1},"b":{"x":1}}"#, true),
            (r#"{"a":1,"a":1}"#, false),
            (r#"{"a":1,"\u0061":1}"#, false),
            (r#"[{"b":{"c":[{"1":"2","1":"2"}]}}]"#, false),
            (r#"{"a":1} {}"#, false),
        ] {
            assert_eq!(unique_names(line.as_bytes()).is_ok(), is_fine, "{line}");
        }
    }
}
