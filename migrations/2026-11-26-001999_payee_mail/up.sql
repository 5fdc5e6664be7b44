-- A member is told by mail that where to be paid was changed: whoever took over a sign-in is seen before the money goes.

-- The kinds that were known stay known.
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
        (SELECT string_agg(quote_literal(each), ', ') FROM unnest(known || 'payee_changed'::text) AS each),
        (SELECT string_agg(quote_literal(each), ', ') FROM unnest(in_coops || 'payee_changed'::text) AS each));
END
$$;
COMMENT ON COLUMN outgoing_mail.coop_id IS 'The co-op that invites, reminds, gives notice or pays; NULL for all other kinds.';
COMMENT ON COLUMN outgoing_mail.subject_id IS
    'The id behind the link, the invitation, the reminder, the notice, for payee_changed the member, or for password_changed, passkeys_changed and wallets_changed the account.';
