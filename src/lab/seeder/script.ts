import { type ImapAction, stateAfter } from "./imap-actions.ts";
import { imapStory } from "./imap-story.ts";
import { type LetterPlan, planLetters } from "./letters.ts";
import { planSeed, richUsers, type SeedPlan, type SeedSize } from "./plan.ts";
import { planSieve, type SeedSieve } from "./sieve.ts";

/** All that a seeding will do, decided before anything is done. */
export interface SeedScript {
  readonly plan: SeedPlan;
  readonly letters: LetterPlan;
  /** What each rich user does by IMAP, in the order of the users. */
  readonly stories: readonly (readonly ImapAction[])[];
  readonly sieve: readonly SeedSieve[];
}

/** Decides who lives on a host, as `planSeed` does. */
export type Planner = (size: SeedSize, volume: number) => SeedPlan;

/** Writes the script for a size: what the front doors don't bring is left to the volume. */
export function writeScript(size: SeedSize, makePlan: Planner = planSeed): SeedScript {
  const people = makePlan(size, 0).users.slice(0, richUsers);
  const stories = people.map((user) => imapStory(user, size));
  const letters = planLetters(people, size.seed);
  const made = stories.reduce((sum, actions) => sum + countState(stateAfter(actions)), letters.count);
  const plan = makePlan(size, Math.max(0, size.messages - made));
  return { plan, letters, stories, sieve: planSieve(plan) };
}

/** How many messages a mailbox holds. */
export function countState(state: ReturnType<typeof stateAfter>): number {
  return Object.values(state).reduce((sum, messages) => sum + messages.length, 0);
}
