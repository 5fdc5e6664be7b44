DROP TABLE job, effect, record, record_head, bylaws, application, invitation, voting_key, member_role, member_event, member,
    account_coop, coop_directory, coop;
DROP FUNCTION check_member_status();
