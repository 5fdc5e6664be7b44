DROP TRIGGER halt_is_ended_by_a_carried_decision ON halt;
DROP TRIGGER halt_is_of_a_carried_decision ON halt;
DROP FUNCTION check_halt_was_carried();
