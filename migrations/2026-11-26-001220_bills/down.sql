DROP TRIGGER journal_bill_undoing_is_refused ON journal;
DROP FUNCTION check_bill_undoing();
DROP TABLE bill_approval, bill;
DROP FUNCTION check_bill_approval();
DROP FUNCTION check_bill_change();
