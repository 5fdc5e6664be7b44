DELETE FROM outgoing_mail WHERE kind = 'payee_changed';
DO $$
DECLARE
    known text[] := ARRAY(SELECT (regexp_matches(pg_get_constraintdef(oid), '''([a-z_]+)''', 'g'))[1] FROM pg_constraint
                          WHERE conname = 'outgoing_mail_kind_is_known' AND conrelid = 'outgoing_mail'::regclass);
    in_coops text[] := ARRAY(SELECT (regexp_matches(pg_get_constraintdef(oid), '''([a-z_]+)''', 'g'))[1] FROM pg_constraint
                             WHERE conname = 'outgoing_mail_of_a_coop_names_it' AND conrelid = 'outgoing_mail'::regclass);
BEGIN
    ALTER TABLE outgoing_mail DROP CONSTRAINT outgoing_mail_kind_is_known, DROP CONSTRAINT outgoing_mail_of_a_coop_names_it;
    EXECUTE format('ALTER TABLE outgoing_mail ADD CONSTRAINT outgoing_mail_kind_is_known CHECK (kind IN (%s)),
        ADD CONSTRAINT outgoing_mail_of_a_coop_names_it CHECK ((kind IN (%s)) = (coop_id IS NOT NULL))',
        (SELECT string_agg(quote_literal(each), ', ') FROM unnest(array_remove(known, 'payee_changed')) AS each),
        (SELECT string_agg(quote_literal(each), ', ') FROM unnest(array_remove(in_coops, 'payee_changed')) AS each));
END
$$;
COMMENT ON COLUMN outgoing_mail.coop_id IS 'The co-op that invites, reminds or gives notice; NULL for all other kinds.';
COMMENT ON COLUMN outgoing_mail.subject_id IS
    'The id behind the link, the invitation, the reminder, the notice, or for password_changed, passkeys_changed and wallets_changed the account.';
