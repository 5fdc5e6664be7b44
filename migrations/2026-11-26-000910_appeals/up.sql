-- Several members may have to appeal against the dismissal of an objection: each does once.

CREATE UNIQUE INDEX objection_step_appeals_once ON objection_step (coop_id, proposal_id, ballot_hash, actor_id) WHERE step = 'appeal';
