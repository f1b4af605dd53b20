-- The calls of the step that runs go with their turn, and the turn with its session.

DROP INDEX agent_calls_turn;
ALTER TABLE agent_calls DROP CONSTRAINT agent_calls_pkey;
ALTER TABLE agent_calls DROP COLUMN session_id;
DELETE FROM agent_calls WHERE NOT EXISTS (SELECT 1 FROM agent_turns WHERE agent_turns.id = agent_calls.turn_id);
ALTER TABLE agent_calls ADD PRIMARY KEY (turn_id, id);
ALTER TABLE agent_calls ADD FOREIGN KEY (turn_id) REFERENCES agent_turns (id) ON DELETE CASCADE;
