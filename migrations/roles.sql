-- The roles of the database. `rochdale migrate` runs this before the migrations whenever it is connected as a role that may
-- create roles; where roles are made by other means, they must hold the same rights, and `rochdale serve` checks that they do.
-- Every statement can be run again.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rochdale_owner') THEN
        CREATE ROLE rochdale_owner NOLOGIN NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rochdale_migrator') THEN
        CREATE ROLE rochdale_migrator LOGIN NOBYPASSRLS IN ROLE rochdale_owner;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rochdale_app') THEN
        CREATE ROLE rochdale_app LOGIN NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rochdale_global') THEN
        CREATE ROLE rochdale_global LOGIN NOBYPASSRLS;
    END IF;
EXCEPTION
    -- Two migrations of two databases of one server may run at once.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

ALTER ROLE rochdale_app SET lock_timeout = '3s';
ALTER ROLE rochdale_app SET statement_timeout = '15s';
ALTER ROLE rochdale_app SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE rochdale_global SET lock_timeout = '3s';
ALTER ROLE rochdale_global SET statement_timeout = '15s';
ALTER ROLE rochdale_global SET idle_in_transaction_session_timeout = '10s';

-- The server's messages are read by the program, so they must be in one language; only a superuser may say so for a role.
DO $$
BEGIN
    ALTER ROLE rochdale_app SET lc_messages = 'C';
    ALTER ROLE rochdale_global SET lc_messages = 'C';
EXCEPTION
    WHEN insufficient_privilege THEN NULL;
END
$$;
