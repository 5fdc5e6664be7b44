DROP FUNCTION contribution_digest(contribution_snapshot) CASCADE;
DROP TABLE contribution_ruling, contribution_dispute, contribution_line, contribution_snapshot;
DROP FUNCTION check_contribution_lines(), check_contribution_snapshot(), check_contribution_dispute(), check_contribution_ruling();
