-- An index behind every foreign key, and behind what a close asks under its lock.

-- All keys of a member, ended ones too.
CREATE INDEX voting_key_ever_of_member ON voting_key (coop_id, member_id, id);
CREATE INDEX proposal_of_author ON proposal (coop_id, author_id);
CREATE INDEX proposal_under_bylaws ON proposal (coop_id, bylaws_version);
CREATE INDEX invitation_of_host ON invitation (coop_id, created_by);
CREATE INDEX roll_entry_of_member ON roll_entry (coop_id, member_id);
-- The close marker is the highest sequence number of a proposal's ballots; the first one stands in the tally.
CREATE INDEX ballot_in_order ON ballot (coop_id, proposal_id, sequence);
