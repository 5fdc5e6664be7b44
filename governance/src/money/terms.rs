//! What members decided about money, as data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::units_of_minor;
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::ledger::Currency;
use crate::membership::Class;
use crate::record::tag;
use crate::revenue::{Amount, Label};
use crate::rule::{Language, Ratio};

/// The longest time for a payment or a refund, in days: five years.
const DAYS_MAX: u16 = 1_830;
/// The most shares of one member; a share costs a unit of 10^-8 at least, so that no product overflows.
const SHARES_MAX: u32 = 1_000_000;
/// The most that a share or a due costs, in units of 10^-8: a million.
const PRICE_UNITS_MAX: u64 = 100_000_000_000_000;
/// The most rates of VAT.
const RATES_MAX: usize = 10;

/// One version of what members decided about money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyTerms {
    /// 1 for the first version, then one more each time.
    pub version: u64,
    /// The hash of the version before; the zero word for the first.
    #[serde(default)]
    pub supersedes: Hash32,
    /// The code of the currency of every amount here, three capitals (ISO 4217).
    pub currency: String,
    /// The shares of members; a co-op may have none.
    #[serde(default)]
    pub shares: Option<ShareTerms>,
    /// What is paid once for becoming a member.
    #[serde(default)]
    pub entrance_fee: Option<Amount>,
    /// What members pay for each period.
    #[serde(default)]
    pub dues: Vec<DuesTerms>,
    /// The rates of VAT that invoices may name.
    #[serde(default)]
    pub vat: Vec<VatRate>,
    /// In how many days an invoice is due.
    pub payment_days: u16,
}

/// The terms of members' shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareTerms {
    /// What a share costs. It stays what it was in the first version, since shares are counted and not valued.
    pub price: Amount,
    /// The fewest shares of a member who has any.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// How many days after it was given back a share is refunded, at the earliest.
    pub refund_days: u16,
    /// The interest for a year on paid-up shares.
    #[serde(default)]
    pub interest: Option<Ratio>,
}

/// What members of a class pay for each period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DuesTerms {
    /// Which class.
    pub class: Class,
    /// For which period.
    pub period: Period,
    /// How much, without VAT.
    pub amount: Amount,
    /// The rate of VAT, by its name.
    #[serde(default)]
    pub vat: Option<Label>,
}

/// A period of dues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A month, written `2026-11`.
    Month,
    /// Three months, written `2026-Q4`.
    Quarter,
    /// A year, written `2026`.
    Year,
}

impl Period {
    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

/// A rate of VAT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VatRate {
    /// Its name.
    pub name: Label,
    /// The rate.
    pub rate: Ratio,
}

/// Why terms are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyTermsRefusal {
    /// No currency.
    #[error("the currency is three capitals after ISO 4217")]
    Currency,
    /// An amount that nobody can pay.
    #[error("{what} is an amount above zero, up to a million, in whole minor units of {currency}")]
    Amount {
        /// Which.
        what: &'static str,
        /// The currency.
        currency: String,
    },
    /// Numbers of shares that contradict each other.
    #[error("a member with shares has 1 to {SHARES_MAX} of them, and the fewest are not more than the most")]
    Shares,
    /// A time that is too long.
    #[error("{0} is at most {DAYS_MAX} days")]
    Days(&'static str),
    /// Two dues of a class for one kind of period.
    #[error("the class {0} has dues twice for the same kind of period")]
    Dues(&'static str),
    /// A rate of VAT that is not there, or twice.
    #[error("the rate of VAT {0} is named once, and dues name one that is there; there are at most {RATES_MAX}")]
    Vat(String),
}

impl MoneyTerms {
    /// Whether they can be applied.
    ///
    /// # Errors
    /// [`MoneyTermsRefusal`] with the first reason found.
    pub fn check(&self) -> Result<(), MoneyTermsRefusal> {
        let currency = Currency::money(&self.currency).map_err(|_| MoneyTermsRefusal::Currency)?;
        let payable = |what: &'static str, amount: Amount| {
            let is_whole = amount.units().is_multiple_of(units_of_minor(&currency));
            if is_whole && (1..=PRICE_UNITS_MAX).contains(&amount.units()) {
                return Ok(());
            }
            Err(MoneyTermsRefusal::Amount {
                what,
                currency: self.currency.clone(),
            })
        };
        let days = |what: &'static str, days: u16| {
            if days <= DAYS_MAX {
                Ok(())
            } else {
                Err(MoneyTermsRefusal::Days(what))
            }
        };
        days("the time for a payment", self.payment_days)?;
        if let Some(shares) = &self.shares {
            payable("the price of a share", shares.price)?;
            days("the time before a refund", shares.refund_days)?;
            if !(1..=shares.most).contains(&shares.least) || shares.most > SHARES_MAX {
                return Err(MoneyTermsRefusal::Shares);
            }
        }
        if let Some(fee) = self.entrance_fee {
            payable("the entrance fee", fee)?;
        }
        let mut names = BTreeSet::new();
        for rate in &self.vat {
            if !names.insert(rate.name.as_str()) || names.len() > RATES_MAX {
                return Err(MoneyTermsRefusal::Vat(rate.name.as_str().to_owned()));
            }
        }
        let mut classes = BTreeSet::new();
        for dues in &self.dues {
            payable("a due", dues.amount)?;
            if !classes.insert((dues.class, dues.period)) {
                return Err(MoneyTermsRefusal::Dues(dues.class.name()));
            }
            if let Some(missing) = dues.vat.as_ref().filter(|name| !names.contains(name.as_str())) {
                return Err(MoneyTermsRefusal::Vat(missing.as_str().to_owned()));
            }
        }
        Ok(())
    }

    /// The rate of VAT with a name.
    #[must_use]
    pub fn rate(&self, name: &str) -> Option<Ratio> {
        let found = self.vat.iter().find(|rate| rate.name.as_str() == name);
        found.map(|rate| rate.rate)
    }

    /// What proposals bind: Keccak-256 of the words of every part, of the co-op's namespace before them.
    #[must_use]
    pub fn hash(&self, namespace: Hash32) -> Hash32 {
        let number = |value: u64| Hash32::from_u128(u128::from(value));
        let text = |text: &str| keccak256(text.as_bytes());
        let ratio = |ratio: Option<Ratio>| {
            let terms = ratio.map(|ratio| [number(ratio.share()), number(ratio.whole())]);
            terms.unwrap_or_default()
        };
        let shares = self.shares.as_ref().map_or(Hash32::ZERO, |shares| {
            let mut words = vec![number(shares.price.units()), number(u64::from(shares.least))];
            words.extend([u64::from(shares.most), u64::from(shares.refund_days)].map(number));
            words.extend(ratio(shares.interest));
            keccak256_words(&words)
        });
        let dues = self.dues.iter().flat_map(|dues| {
            let vat = dues.vat.as_ref().map_or(Hash32::ZERO, |name| text(name.as_str()));
            let amount = number(dues.amount.units());
            [text(dues.class.name()), text(dues.period.name()), amount, vat]
        });
        let vat = self.vat.iter().flat_map(|rate| {
            let [share, whole] = ratio(Some(rate.rate));
            [text(rate.name.as_str()), share, whole]
        });
        keccak256_words(&[
            tag("MoneyTermsV1"),
            namespace,
            number(self.version),
            self.supersedes,
            text(&self.currency),
            shares,
            number(self.entrance_fee.map_or(0, Amount::units)),
            keccak256_words(&dues.collect::<Vec<_>>()),
            keccak256_words(&vat.collect::<Vec<_>>()),
            number(u64::from(self.payment_days)),
        ])
    }

    /// In plain sentences.
    #[must_use]
    pub fn sentences(&self, language: Language) -> Vec<String> {
        match language {
            Language::English => self.english(),
            Language::Chinese => self.chinese(),
        }
    }

    fn english(&self) -> Vec<String> {
        let code = &self.currency;
        let mut said = vec![format!("An invoice is due in {} days.", self.payment_days)];
        if let Some(shares) = &self.shares {
            said.push(format!(
                "A share costs {} {code}; a member with shares has {} to {} of them. A share that is given back is refunded after {} days.",
                shares.price, shares.least, shares.most, shares.refund_days
            ));
            if let Some(rate) = shares.interest {
                said.push(format!("Paid-up shares bear interest of {rate} a year."));
            }
        }
        if let Some(fee) = self.entrance_fee {
            said.push(format!("Who becomes a member pays {fee} {code} once."));
        }
        for dues in &self.dues {
            let vat = dues.vat.as_ref();
            let vat = vat.map_or_else(String::new, |name| format!(", and VAT at the rate {}", name.as_str()));
            let (class, period) = (dues.class.name(), dues.period.name());
            said.push(format!(
                "Members of the class {class} pay {} {code} each {period}{vat}.",
                dues.amount
            ));
        }
        for rate in &self.vat {
            said.push(format!("The rate of VAT {} is {}.", rate.name.as_str(), rate.rate));
        }
        said
    }

    fn chinese(&self) -> Vec<String> {
        let code = &self.currency;
        let mut said = vec![format!("账单在 {} 天内到期。", self.payment_days)];
        if let Some(shares) = &self.shares {
            said.push(format!(
                "每股价格为 {} {code}；持股的社员持有 {} 至 {} 股。退回的股份在 {} 天后退款。",
                shares.price, shares.least, shares.most, shares.refund_days
            ));
            if let Some(rate) = shares.interest {
                said.push(format!("已缴股份的年利率为 {rate}。"));
            }
        }
        if let Some(fee) = self.entrance_fee {
            said.push(format!("成为社员时一次性缴纳 {fee} {code}。"));
        }
        for dues in &self.dues {
            let vat = dues.vat.as_ref();
            let vat = vat.map_or_else(String::new, |name| format!("，另加税率为 {} 的增值税", name.as_str()));
            let period = match dues.period {
                Period::Month => "每月",
                Period::Quarter => "每季",
                Period::Year => "每年",
            };
            said.push(format!(
                "{} 类社员{period}缴纳 {} {code}{vat}。",
                dues.class.name(),
                dues.amount
            ));
        }
        for rate in &self.vat {
            said.push(format!("增值税率 {} 为 {}。", rate.name.as_str(), rate.rate));
        }
        said
    }
}
