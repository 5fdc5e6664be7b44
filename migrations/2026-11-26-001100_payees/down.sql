DROP TABLE bank_account, payee_confirmation, payee;
DROP FUNCTION check_payee_change();
