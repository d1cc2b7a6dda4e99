create table agents.agent_outputs (
    output_id text primary key,
    store_id integer references raw.store_attributes (store_id) on delete cascade,
    dept_id integer,
    analysis_type text not null,
    agent_name text not null,
    agent_response text not null,
    execution_time_seconds double precision not null,
    tokens_used integer not null,
    model text not null,
    grounded_share double precision not null check (grounded_share between 0 and 1),
    unsupported_numbers text not null default '',
    is_clean boolean not null,
    tool_results jsonb not null default '{}',
    run_id text not null,
    created_at timestamptz not null default now()
);
create index agent_outputs_pair on agents.agent_outputs (store_id, dept_id, created_at desc);
create index agent_outputs_run on agents.agent_outputs (run_id);
comment on table agents.agent_outputs is 'One row per answer of an agent.';
comment on column agents.agent_outputs.output_id is 'Identifier of the answer.';
comment on column agents.agent_outputs.store_id is 'Number of the store; empty for a report on the chain.';
comment on column agents.agent_outputs.dept_id is 'Number of the department; empty for a report on the chain.';
comment on column agents.agent_outputs.analysis_type is 'anomaly_detection, forecasting, inventory_optimization or report.';
comment on column agents.agent_outputs.agent_name is 'Agent that answered.';
comment on column agents.agent_outputs.agent_response is 'The answer, with unsupported numbers marked.';
comment on column agents.agent_outputs.execution_time_seconds is 'Seconds it took.';
comment on column agents.agent_outputs.tokens_used is 'Tokens in and out; counted words for the deterministic narrator.';
comment on column agents.agent_outputs.model is 'Language model, or narrator for the deterministic one.';
comment on column agents.agent_outputs.grounded_share is 'Share of the numbers in the answer that stand in the tool results, a fraction.';
comment on column agents.agent_outputs.unsupported_numbers is 'Numbers that do not, separated by commas.';
comment on column agents.agent_outputs.is_clean is 'Whether every number was supported.';
comment on column agents.agent_outputs.tool_results is 'What the tools returned: the evidence.';
comment on column agents.agent_outputs.run_id is 'Run that last changed the row.';
comment on column agents.agent_outputs.created_at is 'When the row was first written (UTC).';
