DROP TABLE halt;
DROP FUNCTION check_halt_change;
