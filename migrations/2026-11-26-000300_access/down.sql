DROP FUNCTION access_charge(text, text, bigint, bigint, bigint, bigint, bigint, bigint, bigint, boolean);
DROP FUNCTION access_limits(jsonb, jsonb, uuid, text, text[]);
DROP FUNCTION access_rank(jsonb);
DROP FUNCTION access_has(jsonb, uuid, text, text[]);
DROP TABLE access_usage, access_hold, access_account, access_key, access_policy, access_model, access_upstream;
DROP FUNCTION check_access_key_change();
DROP FUNCTION check_access_hold_change();
