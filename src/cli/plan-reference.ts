import type { Foreseen, Plan, PlanNode, PlanPlay, PlanStage } from "./plan-data.ts";

type Fields<Type> = { readonly [Name in keyof Type]-?: string };

/** Every field of a plan: one that is forgotten here does not compile. */
const parts: {
  readonly plan: Fields<Plan>;
  readonly stage: Fields<PlanStage>;
  readonly play: Fields<PlanPlay>;
  readonly task: Fields<Extract<PlanNode, { kind: "task" }>>;
  readonly block: Fields<Extract<PlanNode, { kind: "block" }>>;
  readonly meta: Fields<Extract<PlanNode, { kind: "meta" }>>;
  readonly foreseen: Fields<Foreseen>;
} = {
  plan: {
    version: "1; raised when a field goes or changes its meaning",
    playbook: "the playbook's file",
    name: "the playbook's name",
    migration: "the migration's name",
    stages: "the stages in order, or the one that `--stage` names",
  },
  stage: {
    name: "its name",
    description: "what the playbook says of it; may be missing",
    repeatable: "true: it may run as often as one likes",
    requires: "stages that must have been done: `stage`, and `withinSeconds` where that is limited",
    asksFirst: "true: a word has to be typed before it begins",
    downtime:
      "of a stage that has one, by the times of earlier runs: `aboutSeconds`, `atMostSeconds`, and `untimed`, the tasks whose time is not known",
    plays: "its plays in order",
    rollback: "the plays that undo it",
    stopped: "with `--check`: why the look at the hosts ended early; missing when it did not",
  },
  play: {
    name: "its name",
    hosts: "the hosts that it runs on, as far as that is known before",
    tasks: "its nodes in order",
    handlers: "its handlers; with `--check`, those have `hosts` that would be called",
  },
  task: {
    kind: "`task`",
    id: "the same as `task.id` in the [events](events.md)",
    name: "its name; may be missing",
    module: "its module",
    role: "the role that it is from; may be missing",
    tags: "its own tags",
    loop: "true: it runs once per item",
    hosts: "with `--check`: by host, what was foreseen, one entry for each item of a loop",
  },
  block: {
    kind: "`block`: a block, a role or an include",
    name: "its name; may be missing",
    block: "its nodes",
    rescue: "what runs after a failure in it",
    always: "what runs in the end",
  },
  meta: { kind: "`meta`", name: "its name; may be missing", action: "what it tells the engine" },
  foreseen: {
    status:
      "`would change`, `nothing to do`, `skipped`, `known after` (only once an earlier task was done) or `fails`",
    text: "what would change, why it is skipped, what has to be done first, why it fails; missing under `no_log`",
  },
};

/** The data of `plan --json` as a page of Markdown. */
export function planReference(): string {
  const sections = Object.entries(parts).map(([name, fields]) => {
    const rows = Object.entries<string>(fields).map(([field, text]) => `| \`${field}\` | ${text} |`);
    return `## ${name}\n\n| field | |\n|---|---|\n${rows.join("\n")}`;
  });
  return `${[opening, ...sections].join("\n\n")}\n`;
}

const opening = `# The data of a plan

\`mailferry plan PLAYBOOK -i INVENTORY --json\` writes one JSON object. Without \`--check\` no host is touched, and only what the
files say is in it. With \`--check\` each stage is run in check mode, which changes nothing: what a stage would find once the
one before it was done is not known then.

This page is made from the code: \`npm run reference\` writes it.`;
