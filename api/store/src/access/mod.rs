//! Shared AI tools: keys, the registry, policies, and the books of what is held and spent.
//!
//! Admitting and settling are each one statement that is a transaction of its own; see [`meter`].

mod key;
pub mod meter;
mod owed;
mod past;
mod policy;
mod registry;
mod total;
pub mod turns;
mod view;

pub use key::{KeyRow, NewKey, key_by_mac, key_count, key_get, key_insert, key_list, key_revoke};
pub use owed::{CarryRow, MeteredRow, NewOwed, OwedRow, owed_carries, owed_insert, owed_of_member, usage_metered};
pub use past::{PastCall, usage_insert_past};
pub use policy::{
    NewPolicy, PolicyRow, SubjectRow, permission_origin, policy_in_force, policy_insert, policy_last, policy_list,
    subject_get, subjects,
};
pub use registry::{
    ModelRow, NewModel, NewTool, Probed, ToolRow, model_probed, model_retire, model_set, models, models_to_probe,
    tool_key_set, tool_retire, tool_sealed_key, tool_set, tools, tools_lock,
};
pub use total::{NewTotal, UntoldRow, total_insert, totalling_begin, totalling_lock, totalling_put_off, usage_untold};
pub use view::{
    AccountRow, InvariantsRow, UsageGroupRow, UsageRow, accounts_of_key, accounts_of_member, invariants, usage_groups,
    usage_of_member,
};
