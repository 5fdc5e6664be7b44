-- Interest on shares is counted once for a year: by the terms of money, or by a step of the revenue rule in a payout cycle. Whoever credits it and
-- whoever freezes a cycle holds the book, so each sees what the other did.

CREATE FUNCTION rule_gives_interest(coop uuid, wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM revenue_rule AS rule CROSS JOIN LATERAL jsonb_array_elements(rule.content -> 'steps') AS step
        WHERE rule.coop_id = coop AND rule.version = wanted AND step -> 'does' ->> 'op' = 'capital_interest')
$$;
COMMENT ON FUNCTION rule_gives_interest(uuid, bigint) IS 'Whether a version of the revenue rule has a step that gives interest on shares.';

CREATE FUNCTION check_interest_of_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payout_cycle AS cycle WHERE cycle.coop_id = NEW.coop_id AND cycle.state NOT IN ('open', 'cancelled')
               AND extract(year FROM cycle.ends_on) = NEW.year AND rule_gives_interest(cycle.coop_id, cycle.rule_version))
    THEN
        RAISE EXCEPTION 'a payout cycle of that year gives interest on shares'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'share_interest_is_counted_once';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_interest_of_terms() IS 'Refuses interest by the terms of money where a payout cycle of the year gives it.';
CREATE TRIGGER share_interest_is_counted_once AFTER INSERT ON share_interest FOR EACH ROW EXECUTE FUNCTION check_interest_of_terms();
ALTER TABLE share_interest ENABLE ALWAYS TRIGGER share_interest_is_counted_once;

CREATE FUNCTION check_interest_of_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF rule_gives_interest(NEW.coop_id, NEW.rule_version) AND EXISTS (SELECT FROM share_interest AS interest
        WHERE interest.coop_id = NEW.coop_id AND interest.year = extract(year FROM NEW.ends_on))
    THEN
        RAISE EXCEPTION 'the interest on shares of that year was credited by the terms of money'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_cycle_counts_interest_once';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION check_interest_of_rule() IS 'Refuses a payout cycle that gives interest on shares for a year in which the terms of money gave it.';
CREATE TRIGGER payout_cycle_counts_interest_once AFTER UPDATE OF state ON payout_cycle FOR EACH ROW WHEN (NEW.state = 'frozen')
    EXECUTE FUNCTION check_interest_of_rule();
ALTER TABLE payout_cycle ENABLE ALWAYS TRIGGER payout_cycle_counts_interest_once;
