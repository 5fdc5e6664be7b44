DROP INDEX ballot_in_order, roll_entry_of_member, invitation_of_host, proposal_under_bylaws, proposal_of_author,
    voting_key_ever_of_member;
