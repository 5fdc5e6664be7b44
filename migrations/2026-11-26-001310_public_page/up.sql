-- What a co-op shows to people who are not signed in, as its stewards set it. The newest row stands; the others are its history.

CREATE TABLE public_page (
    coop_id uuid NOT NULL REFERENCES coop (id),
    version bigint NOT NULL CONSTRAINT public_page_version_is_positive CHECK (version >= 1),
    is_public boolean NOT NULL,
    about text NOT NULL CONSTRAINT public_page_about_is_bounded CHECK (length(about) <= 4000),
    shown text[] NOT NULL
        CONSTRAINT public_page_shows_known_parts CHECK (shown <@ ARRAY['members', 'bylaws', 'decisions', 'payouts', 'keys']),
    set_by uuid NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (coop_id, version),
    CONSTRAINT public_page_is_set_by_a_member FOREIGN KEY (coop_id, set_by) REFERENCES member (coop_id, id)
);
COMMENT ON TABLE public_page IS 'What strangers see of a co-op. The highest version stands. Rows are never changed.';
COMMENT ON COLUMN public_page.coop_id IS 'The co-op.';
COMMENT ON COLUMN public_page.version IS '1 for the first, then one more each time; of two at once only one can be the next.';
COMMENT ON COLUMN public_page.is_public IS 'Whether there is a page at all.';
COMMENT ON COLUMN public_page.about IS 'What the co-op says of itself.';
COMMENT ON COLUMN public_page.shown IS 'Which parts are shown beside name and words.';
COMMENT ON COLUMN public_page.set_by IS 'The steward who set it.';
COMMENT ON COLUMN public_page.set_at IS 'When.';
COMMENT ON COLUMN public_page.recorded_by IS 'The name of the transaction that wrote the row.';
CREATE INDEX public_page_of_steward ON public_page (coop_id, set_by);

ALTER TABLE public_page ENABLE ROW LEVEL SECURITY;
ALTER TABLE public_page FORCE ROW LEVEL SECURITY;
CREATE POLICY public_page_of_this_coop ON public_page
    USING (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid))
    WITH CHECK (coop_id = (SELECT nullif(current_setting('app.coop_id', true), '')::uuid));
CREATE TRIGGER public_page_only_grows BEFORE UPDATE OR DELETE ON public_page FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_page_is_never_emptied BEFORE TRUNCATE ON public_page FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE public_page ENABLE ALWAYS TRIGGER public_page_only_grows;
ALTER TABLE public_page ENABLE ALWAYS TRIGGER public_page_is_never_emptied;
GRANT SELECT, INSERT ON public_page TO rochdale_app;
