import { Ajv } from "ajv";
import { expect } from "vitest";
import type { Applied, Change, Look } from "../../contract/change.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { ApplyContext, ChangingModule, LookingModule } from "../../contract/module.ts";
import { fakeContext } from "./fake-context.ts";
import { FakeHost } from "./fake-host.ts";

/** What came of a changing module: what it found, what it did, and what it finds afterwards. */
export interface ModuleRun<Found extends Change> {
  readonly change: Found | undefined;
  readonly applied: Applied | undefined;
  /** What a second check finds: undefined when the module is idempotent. */
  readonly left: Found | undefined;
}

/** Validates, checks on a reader (which must write nothing), applies, and checks again. */
export async function runModule<Args, Found extends Change>(
  module: ChangingModule<Args, Found>,
  args: Args,
  host: FakeHost = new FakeHost(),
  context: ApplyContext = fakeContext(),
): Promise<ModuleRun<Found>> {
  expect(refuses(module, args)).toBeUndefined();
  const change = await checkOnly(module, args, host, context);
  if (change === undefined) return { change, applied: undefined, left: undefined };
  const applied = await module.apply(change, host, context);
  return { change, applied, left: await checkOnly(module, args, host, context) };
}

/**
 * What `register` keeps of such a run; of a change alone, in check mode; of neither, when there was nothing to do. It is
 * found out on a reader.
 */
export async function registeredBy<Args, Found extends Change>(
  module: ChangingModule<Args, Found>,
  args: Args,
  host: FakeHost,
  { change, applied }: Partial<ModuleRun<Found>> = {},
  context: ApplyContext = fakeContext(),
): Promise<JsonObject> {
  const current = await module.current?.(args, host.reader(), context, change);
  if (applied === undefined) return { ...current, ...change?.result };
  return { ...change?.result, ...current, ...applied.result };
}

/** Validates and looks, on a reader. */
export async function lookWith<Args>(
  module: LookingModule<Args>,
  args: Args,
  host: FakeHost = new FakeHost(),
  context: ApplyContext = fakeContext(),
): Promise<Look> {
  expect(refuses(module, args)).toBeUndefined();
  return module.look(args, host.reader(), context);
}

/** What the module's schema has against the arguments, in one line; undefined when it takes them. */
export function refuses(module: { readonly args: object }, args: unknown): string | undefined {
  const validate = ajv.compile(module.args);
  return validate(args) ? undefined : ajv.errorsText(validate.errors);
}

const ajv = new Ajv({ allErrors: true, strict: true, ownProperties: true, allowUnionTypes: true });

export async function checkOnly<Args, Found extends Change>(
  module: ChangingModule<Args, Found>,
  args: Args,
  host: FakeHost,
  context: ApplyContext,
): Promise<Found | undefined> {
  const before = { writes: host.writes.length, changes: host.changesRun().length };
  const change = await module.check(args, host.reader(), context);
  expect({ writes: host.writes.length, changes: host.changesRun().length }).toEqual(before);
  return change;
}
