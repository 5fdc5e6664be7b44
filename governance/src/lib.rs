//! The pure domain of Rochdale: records, rules, counting. It computes and never touches the world.
