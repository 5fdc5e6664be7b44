DROP TRIGGER journal_payment_undoing_is_possible ON journal;
DROP FUNCTION check_payment_undoing();
DROP TABLE settlement, incoming_payment, money_document;
DROP FUNCTION check_settlement();
DROP FUNCTION check_credit_of_member(uuid, uuid);
DROP FUNCTION check_money_document();
