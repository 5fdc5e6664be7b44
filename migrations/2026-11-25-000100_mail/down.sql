DROP INDEX refresh_token_of_session, session_by_expiry, siwe_nonce_by_expiry, single_use_link_by_expiry, single_use_link_by_email;
DROP TABLE outgoing_mail;
