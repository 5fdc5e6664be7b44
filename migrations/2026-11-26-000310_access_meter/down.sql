DROP FUNCTION access_sweep(uuid, integer);
DROP FUNCTION access_renew(uuid, uuid[], integer);
DROP FUNCTION access_settle(uuid, uuid, text, text, bigint, bigint, boolean, boolean);
DROP FUNCTION access_book(access_hold, text, text, bigint, bigint, boolean, boolean);
DROP FUNCTION access_admit(uuid, uuid, bytea[], text, text, text, bigint, bigint, bigint, bigint, integer, uuid);
