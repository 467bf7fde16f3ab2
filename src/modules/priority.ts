import type { JsonSchema } from "../contract/json.ts";

/** How far work steps back for others who want its host's processor and disk: levels of nice(1) and ionice(1). */
export interface Priority {
  /** 0, not at all, to 19. */
  readonly nice: number;
  /** A level of the best-effort class, 0 to 7, or only when the disk is idle. */
  readonly ionice: number | "idle";
}

/** The arguments of a module for it. `when` begins the sentence that says for what. */
export function priorityArguments(when: string): Readonly<Record<keyof Priority, JsonSchema>> {
  return {
    nice: {
      type: "integer",
      minimum: 0,
      maximum: 19,
      default: usual.nice,
      description: `${when} steps back for others who want the processor, as nice(1) has it.`,
    },
    ionice: {
      anyOf: [{ type: "integer", minimum: 0, maximum: 7 }, { const: "idle" }],
      default: usual.ionice,
      description:
        "The same for the disk, as ionice(1) has it: a level of its best-effort class, or only when it is idle.",
    },
  };
}

const usual: Priority = { nice: 10, ionice: 7 };

/** What is asked of work beside which a host is in use; nothing of what a downtime waits for. */
export function priorityOf(
  args: Partial<Priority> & { readonly phase?: "hot" | "cold" },
): Priority | undefined {
  return args.phase === "hot"
    ? { nice: args.nice ?? usual.nice, ionice: args.ionice ?? usual.ionice }
    : undefined;
}

/** The first line of a shell script that steps back, with all it starts. Where the system refuses, it goes on as it is. */
export function lowerPriorityLine(priority: Priority | undefined): string {
  if (priority === undefined) return "";
  const { nice, ionice } = priority;
  const level = ionice === "idle" ? "-c 3" : `-c 2 -n ${ionice}`;
  return `{ renice -n ${nice} -p $$; ionice ${level} -p $$; } >/dev/null 2>&1\n`;
}
