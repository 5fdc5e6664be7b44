//! Aim: files of payments are what banks' own definitions allow. Method: xmllint with the published schemas, and the same files
//! spoiled, which it must refuse.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a failed test says so by panicking"
)]

mod shared;

use std::path::Path;
use std::process::Command;

use governance::bank::{Bic, FileVersion, Iban, PartyToTransfer, Transfer, TransferFile, attempt};
use governance::hash::keccak256;
use governance::ledger::Currency;
use governance::time::Timestamp;

const NAME: &str = "payment files against their schemas";

fn file(code: &str, with_banks: bool) -> TransferFile {
    let party = |name: &str| PartyToTransfer {
        name: name.to_owned(),
        iban: Iban::parse("DE89370400440532013000").unwrap(),
        bic: with_banks.then(|| Bic::parse("BANKDEFFXXX").unwrap()),
    };
    let transfer = |number: u32| Transfer {
        attempt: attempt(keccak256(b"a payment"), number),
        payee: party(&"Demo Müller & søn ".repeat(6)),
        // Whole yen, and a cent more for the others.
        amount: i64::from(number) * 100_000_000 + if code == "JPY" { 0 } else { 1_000_000 },
        about: "Share of cycle 7 ".repeat(usize::try_from(number).unwrap() - 1),
    };
    TransferFile {
        created_at: Timestamp(1_795_651_201),
        pay_on: "2026-11-27".parse().unwrap(),
        currency: Currency::money(code).unwrap(),
        payer: party("Demo co-op"),
        transfers: (1..=12).map(transfer).collect(),
    }
}

fn accepts(schema: &Path, xml: &str) -> bool {
    let path = std::env::temp_dir().join(format!("payments-{}.xml", std::process::id()));
    std::fs::write(&path, xml).unwrap();
    let checked = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(schema)
        .arg(&path)
        .output()
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    checked.status.success()
}

#[test]
fn banks_own_definitions_allow_what_is_written_and_refuse_it_spoiled() {
    if Command::new("xmllint").arg("--version").output().is_err() {
        shared::not_run(NAME, "xmllint is not installed (Debian: libxml2-utils)");
        return;
    }
    for (version, name) in [
        (FileVersion::V03, "pain.001.001.03"),
        (FileVersion::V09, "pain.001.001.09"),
    ] {
        let Some(schema) = shared::find(NAME, &format!("ledger/iso20022/{name}.xsd")) else {
            return;
        };
        for code in ["EUR", "CHF", "JPY"] {
            for with_banks in [true, false] {
                let xml = file(code, with_banks).write(version).unwrap().xml;
                assert!(accepts(&schema, &xml), "{name} {code} {with_banks}: {xml}");
                for (from, to) in [
                    ("<PmtMtd>TRF</PmtMtd>", ""),
                    ("<ChrgBr>SLEV", "<ChrgBr>SLEW"),
                    ("DE89", "de89"),
                    ("<Nm>Demo co-op", &format!("<Nm>{}", "x".repeat(200))),
                ] {
                    assert!(xml.contains(from), "{from}");
                    assert!(
                        !accepts(&schema, &xml.replacen(from, to, 1)),
                        "{name} {code} without {from}"
                    );
                }
            }
        }
    }
}
