DROP INDEX proposal_open_by_deadline;
DROP TABLE comment_removal, comment_version, comment;
DROP FUNCTION check_comment_words_leave, check_comment_removal_change;
