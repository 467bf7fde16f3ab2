import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join, relative, resolve } from "node:path";
import { Failure } from "../../contract/errors.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { connectionWords, secretWords } from "../../language/inventory/connection-words.ts";
import { loadInventory } from "../../language/inventory/load-inventory.ts";
import type { Line } from "../../report/line.ts";
import type { Keyring } from "../../secrets/keyring.ts";
import { createConnect } from "../../transport/connect.ts";
import type { CommandContext } from "../context.ts";
import { readExtraVariables } from "../extra-variables.ts";
import { findPlaybook, shippedPlaybooks } from "../find-playbook.ts";
import { homeDirectory } from "../home-directory.ts";
import { schemaLine } from "../init-files.ts";
import { copySchemas, projectSchemas, writeNew } from "../init-project.ts";
import { keyringOf } from "../keys.ts";
import { registerSecrets } from "../load-project.ts";
import type { InventoryOptions } from "../options.ts";
import { printLines } from "../print-lines.ts";
import { watchSignals } from "../signals.ts";
import { composedFrom, composePlaybook } from "./composed-playbook.ts";
import { foundVariables, movedNames } from "./found-variables.ts";
import { type GivenHost, readGivenHost, withGiven } from "./given-hosts.ts";
import { type InventoryEntry, inventoryText } from "./inventory-text.ts";
import { exchangersOf, type LookedAt, lookAtPair, pairOf, whereNamesLead } from "./look-at-pair.ts";
import { fitPlaybook, type SurveyedPair } from "./playbook-fit.ts";
import { fitLines, surveyLines } from "./survey-lines.ts";

export interface InitPairOptions extends InventoryOptions {
  readonly output: string;
}

/** `init OLD NEW`: looks at both hosts, says which playbook fits, and writes an inventory of what was found. */
export async function initPair(
  oldGiven: string,
  newGiven: string,
  options: InitPairOptions,
  context: CommandContext,
): Promise<number> {
  const { cwd } = context.surroundings;
  const file = join(resolve(cwd, options.output), "inventory.yml");
  refuseToOverwrite(file, cwd);
  const hosts = [readGivenHost(oldGiven), readGivenHost(newGiven)] as const;
  const keyring = keyringOf(options, context);
  const extraVariables = await readExtraVariables(options.extraVars, cwd, keyring);
  const looked = await look(hosts, { extraVariables, keyring }, options, context);
  const pair = pairOf(looked);
  const fit = fitPlaybook(pair, shippedPlaybooks());
  const composed = fit.playbook === undefined ? compose(pair) : undefined;
  const target = resolve(cwd, options.output);
  const playbook = fit.playbook ?? (composed && relative(cwd, join(target, "playbook.yml")));
  const names = movedNames(pair, await exchangersOf(pair.old.mailDomains));
  const text = inventoryText({
    playbook: playbook ?? "PLAYBOOK",
    says: [
      "What `mailferry init` found on the two servers. Look through it: what is right for you, nobody else knows.",
    ],
    connection: options.inventory.length > 0 ? {} : connectionIn(extraVariables),
    groups: foundVariables(pair, await whereNamesLead(names)),
    old: entryOf(hosts[0], looked.old, options),
    new: entryOf(hosts[1], looked.new, options),
  });
  const lines = [
    ...surveyLines("old", pair.old),
    ...surveyLines("new", pair.new),
    ...rightsLines(looked),
    ...fitLines(fit, composed !== undefined),
  ];
  printLines(lines, context, "stdout");
  context.out(`${writeNew(file, schemaLine(join(projectSchemas, "inventory.json")) + text, cwd)}\n`);
  if (composed !== undefined) {
    const head = schemaLine(join(projectSchemas, "playbook.json"));
    context.out(`${writeNew(join(target, "playbook.yml"), head + composed, cwd)}\n`);
  }
  copySchemas(join(target, projectSchemas));
  const inventories = [...options.inventory, relative(cwd, file)].map((name) => `-i ${name}`).join(" ");
  if (playbook !== undefined)
    context.out(`next: read it, then: mailferry check ${playbook} ${inventories}\n`);
  return 0;
}

function compose(pair: SurveyedPair): string | undefined {
  return composePlaybook(pair, readFileSync(findPlaybook(composedFrom, "/"), "utf8"));
}

/** Before anybody is asked anything: the looking would be for nothing. */
function refuseToOverwrite(file: string, cwd: string): void {
  if (!existsSync(file)) return;
  throw new Failure("bad-input", `${relative(cwd, file)} is there already, and is not written over`, {
    next: "Choose another directory with -o.",
  });
}

async function look(
  hosts: readonly [GivenHost, GivenHost],
  reading: { readonly extraVariables: JsonObject; readonly keyring: Keyring },
  options: InitPairOptions,
  context: CommandContext,
): Promise<{ readonly old: LookedAt; readonly new: LookedAt }> {
  const { cwd, environment, signals } = context.surroundings;
  const [old, fresh] = [hosts[0].name, hosts[1].name];
  const files = options.inventory.map((given) => resolve(cwd, given));
  const inventory = await loadInventory(files.length === 0 ? [`${old},${fresh},`] : files, reading);
  registerSecrets(inventory, context);
  const connect = createConnect({ environment, homeDirectory: homeDirectory(environment) });
  const watch = watchSignals(signals, () => undefined);
  try {
    return await lookAtPair(withGiven(inventory, hosts), [old, fresh], connect, watch.stopping);
  } finally {
    watch.close();
  }
}

/** What `-e` says of how to log in. A password never goes into the file. */
function connectionIn(variables: JsonObject): Record<string, Json> {
  const isWritten = (name: string) =>
    Object.hasOwn(connectionWords, name) && !secretWords.includes(name) && name !== "address";
  return Object.fromEntries(Object.entries(variables).filter(([name]) => isWritten(name)));
}

function entryOf(
  { name, user, port }: GivenHost,
  { survey, user: loginUser, knownAs }: LookedAt,
  options: InitPairOptions,
): InventoryEntry {
  if (options.inventory.length > 0) return { name, settings: {}, says: "" };
  const settings = { ...(port === undefined ? {} : { port }), ...(user === undefined ? {} : { user }) };
  if (isIP(name) !== 0) {
    return {
      name: survey.fqdn.includes(".") ? survey.fqdn : name,
      settings: { address: name, ...settings },
      says: "",
    };
  }
  const [address] = survey.addresses;
  if (knownAs.length > 0 || address === undefined) return { name, settings, says: "" };
  // For the other host and in the DNS it needs an address; what ssh_config says of the name no longer counts then.
  const says = `${name} is a name of ssh_config alone: what it says there of keys and users has to stand here too.`;
  return { name, settings: { address, user: loginUser, ...settings }, says };
}

function rightsLines(looked: { readonly old: LookedAt; readonly new: LookedAt }): Line[] {
  const short = [looked.old, looked.new].filter(({ isRoot }) => !isRoot).map(({ survey }) => survey.name);
  if (short.length === 0) return [];
  const text = `Not as root on ${short.join(" and ")}: what only root may read was not found. -e become=true looks as root, by sudo.`;
  return [{ tone: "warning", text }];
}
