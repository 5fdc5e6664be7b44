DROP TABLE objection_step;
