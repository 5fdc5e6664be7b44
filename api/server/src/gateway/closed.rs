//! The meter of a deployment in which no tools are registered: it knows no key.

use async_trait::async_trait;
use governance::id::HoldId;

use super::meter::{
    Admission, AllowanceView, Ask, Meter, MeterFault, ModelView, Outcome, PolicyView, Refusal, Settlement,
};

/// Admits nobody.
pub struct Closed;

#[async_trait]
impl Meter for Closed {
    async fn admit(&self, _: &Ask<'_>) -> Result<Admission, Refusal> {
        Err(Refusal::BadKey)
    }

    async fn settle(&self, _: HoldId, _: &Outcome) -> Result<Settlement, MeterFault> {
        Err(MeterFault(String::from("nothing was admitted")))
    }

    async fn renew(&self, holds: &[HoldId]) -> Result<Vec<HoldId>, MeterFault> {
        Ok(holds.to_vec())
    }

    async fn models(&self, _: &str) -> Result<Vec<ModelView>, Refusal> {
        Err(Refusal::BadKey)
    }

    async fn allowance(&self, _: &str) -> Result<AllowanceView, Refusal> {
        Err(Refusal::BadKey)
    }

    async fn policy(&self, _: &str) -> Result<PolicyView, Refusal> {
        Err(Refusal::BadKey)
    }
}
