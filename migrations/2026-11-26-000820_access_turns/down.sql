DROP FUNCTION access_turns(uuid, uuid, integer, integer, integer, jsonb, jsonb, uuid[]);
DROP TABLE access_turn;
DROP TABLE access_flow;
DROP TABLE access_lane;
