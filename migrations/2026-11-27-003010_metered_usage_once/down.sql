DROP TRIGGER metered_usage_is_counted_once ON contribution_snapshot;
DROP FUNCTION check_metered_usage();
