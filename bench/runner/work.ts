import type { Attempt, Site } from "../common/site.ts";

/** One piece of work that every peer does in its own way. */
export interface Work {
  readonly id: string;
  readonly title: string;
  readonly hosts: number;
  /** `touch` makes one file a task; `copy` puts one file of 2 KB a task, and is then run again with nothing to do. */
  readonly kind: "touch" | "copy";
  readonly tasks: number;
  /** Behind the 20 ms line. */
  readonly far: boolean;
  /** How many times faster than a peer Mailferry shall be. */
  readonly reach: Readonly<Partial<Record<ReachName, number>>>;
  /** Peers without a bar, of which it is told all the same how many times faster Mailferry was. */
  readonly told?: readonly ReachName[];
}

/** What a reach is measured against; pyinfra's is estimated when it is not in the run. */
export type ReachName = "ansible" | "pipelining" | "mitogen" | "pyinfra";

/** One way of doing the work. */
export interface Peer {
  readonly id: string;
  readonly title: string;
  /** Writes what it needs into `directory`; undefined when it has no way to do this work, or is not worth the wait. */
  prepare(work: Work, site: Site, directory: string): Attempt | undefined;
}

/** The work of the table, in its order. */
export const works: readonly Work[] = [
  {
    id: "1x50",
    title: "1 host × 50 tasks",
    hosts: 1,
    kind: "touch",
    tasks: 50,
    far: false,
    reach: { pyinfra: 4, mitogen: 8, ansible: 20 },
  },
  {
    id: "10x50",
    title: "10 × 50",
    hosts: 10,
    kind: "touch",
    tasks: 50,
    far: false,
    reach: { pyinfra: 4, mitogen: 15 },
  },
  {
    id: "50x10",
    title: "50 × 10",
    hosts: 50,
    kind: "touch",
    tasks: 10,
    far: false,
    reach: { pyinfra: 2.5, mitogen: 20, ansible: 30 },
    told: ["pipelining"],
  },
  {
    id: "copies",
    title: "20 copies of 2 KB",
    hosts: 1,
    kind: "copy",
    tasks: 20,
    far: false,
    reach: { pyinfra: 4, mitogen: 5, ansible: 15 },
  },
  {
    id: "far",
    title: "20 ms RTT, 1 × 50",
    hosts: 1,
    kind: "touch",
    tasks: 50,
    far: true,
    reach: { pyinfra: 4 },
  },
];
