DROP TABLE account_effect, siwe_nonce, single_use_link, refresh_token, session, account;
DROP FUNCTION refuse_change();
