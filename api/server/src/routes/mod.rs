//! The routes, one file for each area and verb. A route parses and hands over to a service; it never touches the store.

pub mod access;
pub mod contact;
pub mod coops;
pub mod decisions;
pub mod delegations;
pub mod identity;
pub mod ledger;
pub mod live;
pub mod money;
pub mod payments;
pub mod payouts;
pub mod revenue;
pub mod system;
