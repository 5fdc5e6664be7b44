DROP TABLE payment_attempt, payment_file, payment, payment_issue;
DROP FUNCTION check_payment_issue(), check_payments(), check_payment_attempts(), check_payment_attempt_change(), check_payment_file_change();
